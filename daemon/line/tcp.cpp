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

#include "daemon/config/url.hpp"
#include "daemon/line/open.hpp"

namespace irmeterd {
namespace {

constexpr std::chrono::seconds time_limit{10};

LineFailure no_server(const std::string& device, const std::string& why) {
  return {irmeter::State::no_device,
          "Cannot reach the serial server at " + device + ": " + why + "."};
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
  time_limit_ = loop.timer([this] { finish(no_server(device_, "no answer")); });
  Loop::arm(time_limit_, loop.now() + time_limit);
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
  const int on = 1;
  (void)setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)setsockopt(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  finish(std::move(socket_));
}

void TcpConnect::finish(OpenedLine result) {
  watch_.reset();
  time_limit_.reset();
  const Done done = std::move(done_);
  done(std::move(result));  // may destroy this
}

}  // namespace irmeterd
