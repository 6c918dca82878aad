#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/config/url.hpp"
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

// Names are looked up by glibc's asynchronous resolver, whose thread writes to an eventfd when it
// is through. It cannot always be stopped, so what it writes to lives until then.
struct TcpConnect::Lookup {
  std::string host;
  std::string port;
  addrinfo hints{};
  gaicb query{};
  FileDescriptor done{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  static int start(const std::shared_ptr<Lookup>& lookup) {
    lookup->hints.ai_socktype = SOCK_STREAM;
    lookup->hints.ai_flags = AI_ADDRCONFIG;
    lookup->query.ar_name = lookup->host.c_str();
    lookup->query.ar_service = lookup->port.c_str();
    lookup->query.ar_request = &lookup->hints;
    auto share = std::make_unique<std::shared_ptr<Lookup>>(lookup);
    sigevent notification{};
    notification.sigev_notify = SIGEV_THREAD;
    notification.sigev_notify_function = [](sigval value) {
      const std::unique_ptr<std::shared_ptr<Lookup>> mine(
          static_cast<std::shared_ptr<Lookup>*>(value.sival_ptr));
      (void)eventfd_write((*mine)->done.get(), 1);
    };
    notification.sigev_value.sival_ptr = share.get();
    gaicb* list[] = {&lookup->query};
    const int result = getaddrinfo_a(GAI_NOWAIT, list, 1, &notification);
    if (result == 0) {
      (void)share.release();  // the notification's from here on
    }
    return result;
  }

  ~Lookup() {
    if (query.ar_result != nullptr) {
      freeaddrinfo(query.ar_result);
    }
  }
};

TcpConnect::TcpConnect(Loop& loop, const std::string& device, Done done)
    : loop_(loop), device_(device), done_(std::move(done)), lookup_(std::make_shared<Lookup>()) {
  time_limit_ = loop.timer([this] { on_time_limit(); });
  Loop::arm(time_limit_, loop.now() + look_up_limit);
  const Endpoint server = *parse_tcp_url(device);
  lookup_->host = server.host;
  lookup_->port = std::to_string(server.port);
  watch_ = loop.io(lookup_->done.get(), EPOLLIN, [this](std::uint32_t) { on_looked_up(); });
  if (Lookup::start(lookup_) != 0) {
    // Reported from the loop, as every other outcome is.
    Loop::arm(time_limit_, loop.now());
  }
}

TcpConnect::~TcpConnect() = default;

void TcpConnect::on_looked_up() {
  watch_.reset();
  const int result = gai_error(&lookup_->query);
  if (result != 0) {
    finish(no_server(device_, gai_strerror(result)));
    return;
  }
  address_ = lookup_->query.ar_result;
  connect_next();
}

void TcpConnect::connect_next() {
  for (; address_ != nullptr; address_ = address_->ai_next) {
    socket_ =
        FileDescriptor(socket(address_->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket_ && (connect(socket_.get(), address_->ai_addr, address_->ai_addrlen) == 0 ||
                    errno == EINPROGRESS)) {
      watch_ = loop_.io(socket_.get(), EPOLLOUT, [this](std::uint32_t) { on_connected(); });
      Loop::arm(time_limit_, loop_.now() + connect_limit);
      return;
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
    finish(no_server(device_, "its name cannot be looked up"));
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
