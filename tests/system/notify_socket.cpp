#include "tests/system/notify_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace irmeterd {
namespace {

bool has_line(const std::string& message, std::string_view line) {
  return ("\n" + message + "\n").find("\n" + std::string(line) + "\n") != std::string::npos;
}

}  // namespace

NotifySocket::NotifySocket(Loop& loop, const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface asks for it
  if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::system_category(), "bind " + path);
  }
  source_ = loop.io(socket_.get(), EPOLLIN, [this](std::uint32_t) {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size > 0) {
      messages_.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
  });
}

std::size_t NotifySocket::count(std::string_view assignment) const {
  std::size_t count = 0;
  for (const std::string& message : messages_) {
    count += has_line(message, assignment) ? 1U : 0U;
  }
  return count;
}

std::string NotifySocket::status() const {
  constexpr std::string_view name = "STATUS=";
  for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
    const auto at = ("\n" + *message).find("\n" + std::string(name));
    if (at != std::string::npos) {
      const std::string value = message->substr(at + name.size());
      return value.substr(0, value.find('\n'));
    }
  }
  return {};
}

}  // namespace irmeterd
