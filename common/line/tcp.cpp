#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "common/line/open.hpp"

namespace irmeterd {
namespace {

// A resolver asks a second server after 5 s.
constexpr std::chrono::seconds look_up_limit{10};
// Of each address: the kernel knocks a second time after 1 s, and the meter's state is to be right
// within 2 s.
constexpr std::chrono::milliseconds connect_limit{1500};

// A connection that nobody speaks on is found dead after 25 s.
constexpr int keep_alive_after_s = 10;
constexpr int keep_alive_every_s = 5;
constexpr int keep_alive_count = 3;

void set_option(int socket, int level, int option, int value) {
  (void)setsockopt(socket, level, option, &value, sizeof value);
}

irmeter::Failure no_server(const std::string& device, const std::string& why) {
  return {irmeter::Fault::no_server, device + ": " + why};
}

}  // namespace

TcpConnect::Found TcpConnect::look_up(const Endpoint& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* first = nullptr;
  const std::string port = std::to_string(server.port);
  const int error = getaddrinfo(server.host.c_str(), port.c_str(), &hints, &first);
  return {error, {first, &freeaddrinfo}};
}

TcpConnect::TcpConnect(Loop& loop, const std::string& device, Done done)
    : loop_(loop), device_(device), done_(std::move(done)) {
  time_limit_ = loop.timer([this] { on_time_limit(); });
  Loop::arm(time_limit_, loop.now() + look_up_limit);
  const Endpoint server = *parse_tcp_url(device);
  try {
    look_up_.emplace(
        loop, [server] { return look_up(server); },
        [this](Found found) { on_looked_up(std::move(found)); });
  } catch (const std::system_error& error) {
    no_look_up_ = error.what();
    Loop::arm(time_limit_, loop.now());  // reported from the loop, as every other outcome is
  }
}

void TcpConnect::on_looked_up(Found found) {
  found_ = std::move(found);
  if (found_.error != 0) {
    finish(no_server(device_, gai_strerror(found_.error)));
    return;
  }
  address_ = found_.first.get();
  connect_next();
}

void TcpConnect::connect_next() {
  for (; address_ != nullptr; address_ = address_->ai_next) {
    socket_ =
        FileDescriptor(socket(address_->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket_ && (connect(socket_.get(), address_->ai_addr, address_->ai_addrlen) == 0 ||
                    errno == EINPROGRESS)) {
      try {
        watch_ = loop_.io(socket_.get(), EPOLLOUT, [this](std::uint32_t) { on_connected(); });
        Loop::arm(time_limit_, loop_.now() + connect_limit);
        return;
      } catch (const std::system_error& error) {
        errno = error.code().value();
      }
    }
    last_error_ = errno;
  }
  finish(no_server(device_, std::strerror(last_error_)));
}

void TcpConnect::on_connected() {
  watch_.reset();
  socklen_t size = sizeof last_error_;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &last_error_, &size) != 0 ||
      last_error_ != 0) {
    address_ = address_->ai_next;
    connect_next();
    return;
  }
  set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket_.get(), IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_after_s);
  set_option(socket_.get(), IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_every_s);
  set_option(socket_.get(), IPPROTO_TCP, TCP_KEEPCNT, keep_alive_count);
  finish(std::move(socket_));
}

void TcpConnect::on_time_limit() {
  if (address_ == nullptr) {
    finish(no_server(device_, no_look_up_.empty() ? "its name cannot be looked up" : no_look_up_));
    return;
  }
  watch_.reset();
  last_error_ = ETIMEDOUT;
  address_ = address_->ai_next;
  connect_next();
}

unsigned times_unacknowledged(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool known = getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return known && info.tcpi_unacked > 0 ? info.tcpi_retransmits + 1U : 0U;
}

void TcpConnect::finish(OpenedLine result) {
  watch_.reset();
  time_limit_.reset();
  const Done done = std::move(done_);
  done(std::move(result));  // may destroy this
}

}  // namespace irmeterd
