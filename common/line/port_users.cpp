#include "common/line/port_users.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string_view>

#include "common/file_descriptor.hpp"

namespace irmeterd {
namespace {

namespace fs = std::filesystem;

// The number that text is from its first to its last character.
std::optional<pid_t> to_pid(std::string_view text) {
  pid_t pid = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), pid);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() && pid > 0
             ? std::optional(pid)
             : std::nullopt;
}

// Any process may call itself anything; what it is called goes to D-Bus and into JSON.
std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name.empty() ? "?" : name;
}

// Whether a process runs for a user, or with the rights of that user.
bool is_of(uid_t user, pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    uid_t real = 0;
    uid_t effective = 0;
    if (words >> name >> real >> effective && name == "Uid:") {
      return user == real || user == effective;
    }
  }
  return false;
}

void add(std::vector<PortUser>& users, pid_t pid) {
  const bool known = std::any_of(users.begin(), users.end(),
                                 [pid](const PortUser& user) { return user.pid == pid; });
  const bool alive = kill(pid, 0) == 0 || errno == EPERM;
  if (!known && alive && pid != getpid()) {
    users.push_back({pid, name_of(pid)});
  }
}

bool is_pseudo_terminal(dev_t device) {
  return major(device) >= 136 && major(device) <= 143;  // as the kernel's list of devices has it
}

// Whether an open file, as /proc/PID/fdinfo has it, is the other end of this pseudo-terminal.
bool is_other_end(const fs::path& information, dev_t device) {
  std::ifstream file(information);
  for (std::string name, value; file >> name >> value;) {
    if (name == "tty-index:") {
      return is_pseudo_terminal(device) && value == std::to_string(minor(device));
    }
  }
  return false;
}

void for_each_entry(const fs::path& directory, const std::function<void(const fs::path&)>& handle) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    handle(entry->path());
  }
}

}  // namespace

std::vector<PortUser> find_lock_owners(const std::string& path) {
  std::vector<PortUser> users;
  struct stat node {};
  if (stat(path.c_str(), &node) != 0) {
    return users;
  }
  char place[64];  // as in "1: FLOCK  ADVISORY  WRITE 1234 00:05:678 0 EOF"
  std::snprintf(place, sizeof place, "%02x:%02x:%ju", major(node.st_dev), minor(node.st_dev),
                std::uintmax_t{node.st_ino});
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, manner, access, process, file;
    words >> number >> kind >> manner >> access >> process >> file;
    if (const auto pid = to_pid(process); pid && kind == "FLOCK" && file == place) {
      add(users, *pid);
    }
  }
  return users;
}

std::vector<PortUser> find_openers(const std::string& path) {
  std::vector<PortUser> users;
  struct stat node {};
  if (stat(path.c_str(), &node) != 0 || !S_ISCHR(node.st_mode)) {
    return users;
  }
  for_each_entry("/proc", [&](const fs::path& process) {
    const auto pid = to_pid(process.filename().native());
    if (!pid || *pid == getpid()) {
      return;
    }
    bool has_it = false;
    bool made_it = false;
    for_each_entry(process / "fd", [&](const fs::path& link) {
      std::error_code error;
      struct stat open {};
      const std::string target = fs::read_symlink(link, error).native();
      made_it = made_it || (target.ends_with("ptmx") &&
                            is_other_end(process / "fdinfo" / link.filename(), node.st_rdev));
      // A container may have a node of its own for the device; the pseudo-terminals of another one
      // only have the same numbers.
      if (target.starts_with("/dev/") && stat(link.c_str(), &open) == 0 && S_ISCHR(open.st_mode) &&
          open.st_rdev == node.st_rdev &&
          (open.st_dev == node.st_dev || !is_pseudo_terminal(node.st_rdev))) {
        has_it = true;
      }
    });
    if (has_it && !made_it) {
      add(users, *pid);
    }
  });
  return users;
}

std::vector<PortUser> find_lock_file_owner(const std::string& path, const std::string& directory) {
  std::vector<PortUser> users;
  const std::string name = directory + "/LCK.." + fs::path(path).filename().string();
  // Everybody may write there: a link or a pipe is as good as no file.
  const FileDescriptor file(
      open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return users;
  }
  std::array<char, 64> content{};  // "      1234", perhaps with the program and the user behind
  const ssize_t size = read(file.get(), content.data(), content.size());
  std::istringstream words(
      std::string(content.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
  std::string process;
  words >> process;
  const auto pid = to_pid(process);
  if (pid && (status.st_uid == 0 || is_of(status.st_uid, *pid))) {
    add(users, *pid);
  }
  return users;
}

std::vector<PortUser> find_users(const std::string& path, const std::string& lock_files) {
  std::vector<PortUser> users = find_openers(path);
  for (const auto& more : {find_lock_owners(path), find_lock_file_owner(path, lock_files)}) {
    for (const PortUser& user : more) {
      add(users, user.pid);
    }
  }
  return users;
}

std::string names_of(const std::vector<PortUser>& users) {
  std::string text;
  for (const PortUser& user : users) {
    text += (text.empty() ? "" : "; ") + user.name + ", PID " + std::to_string(user.pid);
  }
  return text;
}

}  // namespace irmeterd
