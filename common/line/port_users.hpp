// Who has the device that this process cannot have: name and PID, so that it can be stopped.
//
// Linux has no call for this, so it is looked for where a process leaves traces: locks
// (/proc/locks, open to everybody), open files (/proc/PID/fd, open to root and to the same user)
// and the lock files of serial programs. What cannot be seen is left out: nobody found does not
// mean nobody there. This process itself is never among them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace irmeterd {

struct PortUser {
  pid_t pid;
  std::string name;  // printable ASCII; "?" if the process does not show it
};

// Those that have locked the terminal at path with flock().
[[nodiscard]] std::vector<PortUser> find_lock_owners(const std::string& path);

// Those that have the terminal at path open. Who made a pseudo-terminal has its other end open,
// which does not count.
[[nodiscard]] std::vector<PortUser> find_openers(const std::string& path);

// The one that a lock file of the UUCP kind names, such as minicom writes: LCK..ttyUSB0 for
// /dev/ttyUSB0. Everybody may write such files, so only one of root or of the user that the process
// runs for counts. A file left behind by a process that has ended does not.
[[nodiscard]] std::vector<PortUser> find_lock_file_owner(
    const std::string& path, const std::string& directory = "/run/lock");

// All of these, each once.
[[nodiscard]] std::vector<PortUser> find_users(const std::string& path,
                                               const std::string& lock_files = "/run/lock");

// "minicom, PID 1234; cat, PID 1240"
[[nodiscard]] std::string names_of(const std::vector<PortUser>& users);

}  // namespace irmeterd
