#include "common/line/open.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/accounts.hpp"
#include "common/line/port_users.hpp"

namespace irmeterd {
namespace {

// What the kernel shows of accounts that the user namespace of the service (PrivateUsers=) lacks.
constexpr unsigned overflow_id = 65534;

// "/dev/pts/2 belongs to group tty; the service needs dialout or ir-meterd"; empty if even that
// cannot be seen.
std::string ownership(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return {};
  }
  if (status.st_gid == overflow_id) {
    return path + " belongs to another group; the service needs dialout or ir-meterd";
  }
  const std::string group = group_name(status.st_gid);
  if (group != "dialout" && group != "ir-meterd") {
    return path + " belongs to group " + group + "; the service needs dialout or ir-meterd";
  }
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U);
  return path + " belongs to group " + group + " with mode " + mode + "; the service needs 0660";
}

// A pseudo-terminal has no modem lines and no sysfs entry, so libserialport refuses it.
OpenedLine open_pseudo_terminal(const std::string& path, const std::string& device) {
  FileDescriptor fd(open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  termios settings{};
  if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || tcgetattr(fd.get(), &settings) != 0) {
    return line_failure(errno, device, path);
  }
  cfmakeraw(&settings);
  cfsetspeed(&settings, B9600);
  if (tcsetattr(fd.get(), TCSANOW, &settings) != 0 || tcflush(fd.get(), TCIOFLUSH) != 0) {
    return line_failure(errno, device, path);
  }
  return fd;
}

}  // namespace

OpenedLine open_path(const MeterConfig& meter) {
  const std::unique_ptr<char, decltype(&std::free)> canonical(
      realpath(meter.device.c_str(), nullptr), &std::free);
  if (!canonical) {
    return line_failure(errno, meter.device);
  }
  const std::string path = canonical.get();
  if (path.starts_with("/dev/pts/")) {
    return open_pseudo_terminal(path, meter.device);
  }
  if (const auto users = find_lock_file_owner(path); !users.empty()) {
    return irmeter::Failure{irmeter::Fault::device_busy, path + ": " + names_of(users)};
  }
  return open_serial_port(path, meter);
}

irmeter::Failure line_failure(int error, const std::string& device,
                              const std::string& canonical_path) {
  using irmeter::Fault;
  const std::string& path = canonical_path.empty() ? device : canonical_path;
  const std::string reason = path + ": " + std::strerror(error);
  if (is_tcp_url(device)) {
    return {Fault::no_server, reason};
  }
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
    case ENOTDIR:
      return {Fault::no_device, reason};
    case EACCES: {
      const std::string owner = ownership(path);
      return {Fault::no_permission, owner.empty() ? reason : owner};
    }
    case EPERM:  // by the service's sandbox, whatever the mode
      return {Fault::no_permission, reason};
    case EWOULDBLOCK:  // by its lock
    case EBUSY:        // by exclusive use
      return {Fault::device_busy, path};
    default:
      return {Fault::unusable_device, reason};
  }
}

irmeter::Failure line_ended(const std::string& device) {
  return is_tcp_url(device)
             ? irmeter::Failure{irmeter::Fault::no_server, device + ": closed by the server"}
             : irmeter::Failure{irmeter::Fault::no_device, device + ": unplugged"};
}

}  // namespace irmeterd
