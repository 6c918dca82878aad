#include "common/mqtt/look.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "common/background.hpp"
#include "common/file_descriptor.hpp"

namespace irmeterd {
namespace {

using std::chrono::steady_clock;
using namespace std::string_view_literals;

// CONNECT without client id, user or will, with a clean start; from MQTT 5.0 and 3.1.1, 3.1.
constexpr std::string_view connect_5 = "\x10\x0d\0\x04MQTT\x05\x02\0\x1e\0\0\0"sv;
constexpr std::string_view connect_3_1_1 = "\x10\x0c\0\x04MQTT\x04\x02\0\x1e\0\0"sv;
constexpr std::string_view disconnect = "\xe0\0"sv;
constexpr char connack = '\x20';
constexpr std::size_t answer_size = 4;  // of CONNACK: header, length, flags, reason
constexpr char unsupported_version = '\x84';

template <auto free>
struct Freed {
  template <typename Thing>
  void operator()(Thing* thing) const {
    free(thing);
  }
};

std::string tls_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return reason != nullptr ? reason : "";
}

class Line {
 public:
  explicit Line(const MqttSettings& settings)
      : settings_(settings), end_(steady_clock::now() + settings.retry.connect_timeout) {}

  // What is wrong, or nothing once bytes can be sent.
  std::optional<MqttFailure> open() {
    if (auto failure = reach()) {
      return failure;
    }
    return settings_.url.tls ? begin_tls() : std::nullopt;
  }

  // So little fits at once, or the line is of no use; then there is no answer.
  void send(std::string_view message) const {
    if (tls_) {
      (void)SSL_write(tls_.get(), message.data(), static_cast<int>(message.size()));
    } else {
      (void)::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    }
  }

  // What TLS has ended with after open(), which is where a broker misses a certificate.
  [[nodiscard]] const std::optional<MqttFailure>& refusal() const { return refusal_; }

  // The beginning of what comes back for a message; less than asked for where the line ends, and
  // nothing where nothing comes in time.
  std::optional<std::string> ask(std::string_view message) {
    send(message);
    std::string answer;
    const steady_clock::duration patience = (end_ - steady_clock::now()) / 2;
    end_ -= patience;
    bool nudged = false;
    while (answer.size() < answer_size) {
      std::array<char, answer_size> part{};
      const int size = receive(part);
      if (size == 0) {
        return answer;
      }
      if (size > 0) {
        answer.append(part.data(), static_cast<std::size_t>(size));
      } else if (std::exchange(nudged, true)) {
        return answer.empty() ? std::nullopt : std::optional(answer);
      } else {
        end_ = steady_clock::now() + patience;
        send("\r\n\r\n");  // a server of lines answers once there is one
      }
    }
    return answer;
  }

 private:
  // The library takes the first IPv4 address, or else the first of all.
  std::optional<MqttFailure> reach() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const Endpoint& broker = settings_.url.broker;
    const int error =
        getaddrinfo(broker.host.c_str(), std::to_string(broker.port).c_str(), &hints, &found);
    if (error != 0) {
      return MqttFailure{MqttFault::name_unknown, gai_strerror(error)};
    }
    const std::unique_ptr<addrinfo, Freed<&freeaddrinfo>> addresses(found);
    const addrinfo* address = found;
    while (address != nullptr && address->ai_family != AF_INET) {
      address = address->ai_next;
    }
    address = address != nullptr ? address : found;
    end_ = steady_clock::now() + settings_.retry.connect_timeout;
    socket_ =
        FileDescriptor(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) {
      return MqttFailure{MqttFault::impossible, std::strerror(errno)};
    }
    if (connect(socket_.get(), address->ai_addr, address->ai_addrlen) == 0) {
      return std::nullopt;
    }
    int failed = errno;
    if (failed == EINPROGRESS) {
      socklen_t size = sizeof failed;
      failed = !wait(POLLOUT)                                                         ? ETIMEDOUT
               : getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failed, &size) != 0 ? errno
                                                                                      : failed;
    }
    return failed == 0 ? std::nullopt
                       : std::optional(MqttFailure{MqttFault::not_reached, std::strerror(failed)});
  }

  std::optional<MqttFailure> begin_tls() {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_ || !load_files()) {
      return MqttFailure{MqttFault::tls_own_files, tls_error()};
    }
    SSL_CTX_set_security_level(context_.get(), 1);  // as the library does
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_.reset(SSL_new(context_.get()));
    std::string host = settings_.url.broker.host;
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) {
      return MqttFailure{MqttFault::impossible, tls_error()};
    }
    // What SSL_set_tlsext_host_name() stands for.
    (void)SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   host.data());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str()) != 1) {
      (void)SSL_set1_host(tls_.get(), host.c_str());
    }
    int result = 0;
    do {
      ERR_clear_error();
      result = SSL_connect(tls_.get());
    } while (result != 1 && wait_for_tls(result));
    return result == 1 ? std::nullopt : std::optional(why_no_tls(result));
  }

  bool load_files() {
    const auto& [ca, certificate, key] = std::tie(
        settings_.config.ca_file, settings_.config.cert_file, settings_.config.client_key_file);
    SSL_CTX* context = context_.get();
    // A key with a pass phrase is not asked for it.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    const bool trusts = ca.empty()
                            ? SSL_CTX_set_default_verify_paths(context) == 1
                            : SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) == 1;
    return trusts && (certificate.empty() ||
                      (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1 &&
                       SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1));
  }

  [[nodiscard]] MqttFailure why_no_tls(int result) const {
    const int error = SSL_get_error(tls_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      return {MqttFault::tls_failed, "no answer"};
    }
    const long verified = SSL_get_verify_result(tls_.get());
    switch (verified) {
      case X509_V_OK:
        break;
      case X509_V_ERR_HOSTNAME_MISMATCH:
      case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return {MqttFault::tls_name, settings_.url.broker.host};
      case X509_V_ERR_CERT_HAS_EXPIRED:
      case X509_V_ERR_CERT_NOT_YET_VALID:
        return {MqttFault::tls_expired, X509_verify_cert_error_string(verified)};
      default:
        return {MqttFault::tls_untrusted, X509_verify_cert_error_string(verified)};
    }
    const unsigned long reason = ERR_peek_error();
    // Alerts of the other side are numbered from 1000 on; whoever sends one speaks TLS.
    const bool is_alert = ERR_GET_REASON(reason) >= SSL_AD_REASON_OFFSET;
    const bool closed = reason == 0 || ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (closed || (ERR_GET_LIB(reason) == ERR_LIB_SSL && !is_alert)) {
      return {MqttFault::tls_none, closed ? "closed without an answer" : tls_error()};
    }
    return {MqttFault::tls_failed, tls_error()};
  }

  // Whether to try again: the call wanted to wait, and what it waits for has come in time.
  [[nodiscard]] bool wait_for_tls(int result) const {
    const int error = SSL_get_error(tls_.get(), result);
    return (error == SSL_ERROR_WANT_READ && wait(POLLIN)) ||
           (error == SSL_ERROR_WANT_WRITE && wait(POLLOUT));
  }

  // Until the end.
  [[nodiscard]] bool wait(short events) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end_ - steady_clock::now()).count();
    pollfd ready{socket_.get(), events, 0};
    return poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
  }

  // How many bytes came; 0 at the end of the line, less where nothing came in time.
  int receive(std::array<char, answer_size>& part) {
    while (true) {
      if (tls_) {
        ERR_clear_error();
      }
      const int size = tls_ ? SSL_read(tls_.get(), part.data(), static_cast<int>(part.size()))
                            : static_cast<int>(recv(socket_.get(), part.data(), part.size(), 0));
      if (size > 0) {
        return size;
      }
      const bool waits = tls_ ? SSL_get_error(tls_.get(), size) == SSL_ERROR_WANT_READ
                              : size < 0 && errno == EAGAIN;
      if (!waits) {
        if (tls_ && ERR_GET_REASON(ERR_peek_error()) >= SSL_AD_REASON_OFFSET) {
          refusal_ = why_no_tls(size);  // an alert
        }
        return 0;
      }
      if (!wait(POLLIN)) {
        return -1;
      }
    }
  }

  const MqttSettings& settings_;
  std::optional<MqttFailure> refusal_;
  steady_clock::time_point end_;
  FileDescriptor socket_;
  std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Freed<&SSL_free>> tls_;
};

std::string spoken_instead(std::string_view answer) {
  return answer.starts_with("HTTP"sv) || answer.starts_with("<"sv) ? "HTTP"
         : answer.starts_with("\x15\x03"sv)                        ? "TLS"
                                                                   : "";
}

// One that closes instead of an answer is asked in the older version too.
std::variant<MqttVersion, MqttFailure> look(const MqttSettings& settings) {
  for (const MqttVersion version : {MqttVersion::v5, MqttVersion::v3_1_1}) {
    Line line(settings);
    if (auto failure = line.open()) {
      return *std::move(failure);
    }
    const auto answer = line.ask(version == MqttVersion::v5 ? connect_5 : connect_3_1_1);
    if (line.refusal()) {
      return *line.refusal();
    }
    if (!answer) {
      return MqttFailure{MqttFault::no_answer};
    }
    if (!answer->empty() && answer->front() != connack) {
      return MqttFailure{MqttFault::not_mqtt, spoken_instead(*answer)};
    }
    if (answer->size() == answer_size) {
      line.send(disconnect);
      // Without properties behind the reason it is none of version 5.
      const bool older = (*answer)[1] == 2 || (*answer)[3] == unsupported_version;
      return older ? MqttVersion::v3_1_1 : version;
    }
  }
  return MqttFailure{MqttFault::closed};
}

}  // namespace

void look_at_broker(const MqttSettings& settings, MqttMailbox mailbox, unsigned number) {
  (void)run_in_background([settings, mailbox = std::move(mailbox), number] {
    // A look may go on while the process ends.
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    MqttEvent event{.kind = MqttEvent::Kind::speaks, .session = number};
    auto seen = look(settings);
    if (const auto* version = std::get_if<MqttVersion>(&seen)) {
      event.version = *version;
    } else {
      event.kind = MqttEvent::Kind::failed;
      event.failure = std::get<MqttFailure>(std::move(seen));
    }
    mailbox->post(std::move(event));
  });
}

}  // namespace irmeterd
