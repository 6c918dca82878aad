#include "daemon/line/open.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "daemon/config/url.hpp"

namespace irmeterd {
namespace {

// "It belongs to root:dialout with mode 0660."
std::string ownership(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return {};
  }
  const passwd* user = getpwuid(status.st_uid);
  const group* owner_group = getgrgid(status.st_gid);
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U);
  return " It belongs to " +
         (user != nullptr ? std::string(user->pw_name) : std::to_string(status.st_uid)) + ":" +
         (owner_group != nullptr ? std::string(owner_group->gr_name)
                                 : std::to_string(status.st_gid)) +
         " with mode " + mode + ".";
}

// A pseudo-terminal has no modem lines and no sysfs entry, so libserialport refuses it.
OpenedLine open_pseudo_terminal(const std::string& path, const std::string& device) {
  FileDescriptor fd(open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  termios settings{};
  if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || tcgetattr(fd.get(), &settings) != 0) {
    return line_failure(errno, device);
  }
  cfmakeraw(&settings);
  cfsetspeed(&settings, B9600);
  if (tcsetattr(fd.get(), TCSANOW, &settings) != 0 || tcflush(fd.get(), TCIOFLUSH) != 0) {
    return line_failure(errno, device);
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
  return path.starts_with("/dev/pts/") ? open_pseudo_terminal(path, meter.device)
                                       : open_serial_port(path, meter);
}

LineFailure line_failure(int error, const std::string& device) {
  using irmeter::State;
  if (is_tcp_url(device)) {
    return {State::no_device, "The serial server at " + device + " closed the connection (" +
                                  std::strerror(error) +
                                  "): see that it runs, and that nobody else uses it."};
  }
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
    case ENOTDIR:
      return {State::no_device, "There is no device at " + device + ": plug in the probe."};
    case EACCES:
    case EPERM:
      return {State::no_permission, "The service may not open " + device + "." + ownership(device)};
    case EBUSY:
    case EWOULDBLOCK:
      return {State::device_busy,
              "Another process has " + device + ": stop the other program that reads the meter."};
    default:
      return {State::error, "Cannot use " + device + ": " + std::strerror(error) + "."};
  }
}

}  // namespace irmeterd
