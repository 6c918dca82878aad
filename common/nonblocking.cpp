#include "common/nonblocking.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string>

namespace irmeterd {

DatagramOutput::DatagramOutput(std::string_view address) noexcept
    : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const bool abstract = address.starts_with('@');
  if ((!abstract && !address.starts_with('/')) || address.size() >= sizeof address_.sun_path) {
    return;
  }
  address_.sun_family = AF_UNIX;
  address.copy(address_.sun_path, address.size());
  if (abstract) {
    address_.sun_path[0] = '\0';
  }
  size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
}

int DatagramOutput::send(std::string_view datagram) const noexcept {
  if (size_ == 0) {
    return EDESTADDRREQ;
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface asks for it
  const auto* const to = reinterpret_cast<const sockaddr*>(&address_);
  return sendto(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL, to, size_) < 0
             ? errno
             : 0;
}

bool ErrorOutput::write(std::string_view text) noexcept {
  const ssize_t count = try_write(cut_ ? "\n" + std::string(text) : std::string(text));
  if (count <= 0) {
    return false;
  }
  cut_ = static_cast<std::size_t>(count) < text.size() + (cut_ ? 1U : 0U);
  return !cut_;
}

ssize_t ErrorOutput::try_write(std::string_view text) noexcept {
  struct stat status {};
  if (fstat(STDERR_FILENO, &status) != 0) {
    return -1;
  }
  if (S_ISSOCK(status.st_mode)) {
    return send(STDERR_FILENO, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return ::write(STDERR_FILENO, text.data(), text.size());
  }
  if (!own_ || status.st_dev != device_ || status.st_ino != inode_) {
    own_ = FileDescriptor(open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
  if (own_) {
    return ::write(own_.get(), text.data(), text.size());
  }
  // It belongs to somebody else. A pipe that is ready takes this much.
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  return poll(&ready, 1, 0) == 1
             ? ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF))
             : -1;
}

}  // namespace irmeterd
