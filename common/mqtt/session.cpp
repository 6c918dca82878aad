#include "common/mqtt/session.hpp"

#include <mqtt/async_client.h>

#include <exception>
#include <memory>
#include <utility>

#include "common/background.hpp"

namespace irmeterd {
namespace {

// Messages that wait in the library to be sent, or in our mailbox to be read.
constexpr int max_waiting = 256;
// A dead connection is noticed after this and half of it again.
constexpr std::chrono::seconds keep_alive{30};

mqtt::create_options create_options() {
  return mqtt::create_options_builder()
      .send_while_disconnected(false)
      .max_buffered_messages(max_waiting)
      .finalize();
}

mqtt::connect_options connect_options(const MqttSettings& settings) {
  const MqttMessage& will = settings.will;
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_3_1_1);
  options.set_clean_session(true);
  options.set_connect_timeout(settings.retry.connect_timeout);
  options.set_keep_alive_interval(keep_alive);
  options.set_max_inflight(max_waiting);
  if (!will.topic.empty()) {
    options.set_will_message(mqtt::message(will.topic, will.payload, will.qos, will.retained));
  }
  if (!settings.config.username.empty()) {
    options.set_user_name(settings.config.username);
  }
  if (!settings.password.empty()) {
    options.set_password(std::string(settings.password.reveal()));
  }
  if (settings.url.tls) {
    mqtt::ssl_options tls;
    tls.set_trust_store(settings.config.ca_file);
    tls.set_key_store(settings.config.cert_file);
    tls.set_private_key(settings.config.client_key_file);
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);  // also that the certificate names this host
    options.set_ssl(std::move(tls));
  }
  return options;
}

// What a failed attempt means. Codes from 1 are those of MQTT's CONNACK.
std::string refusal(int code, const MqttUrl& url) {
  const std::string broker = url.broker.text();
  switch (code) {
    case 1:
      return broker + " does not speak MQTT 3.1.1";
    case 2:
      return broker + " refuses the client id";
    case 3:
      return broker + " is not available at the moment";
    case 4:
      return broker + " refuses the user name or password";
    case 5:
      return broker + " does not authorise this user or client";
    default:
      return "cannot connect to " + broker +
             (url.tls ? " (no broker there, unknown host, or its certificate is not trusted)"
                      : " (no broker there, or unknown host)");
  }
}

}  // namespace

class MqttSession::Client : private mqtt::iaction_listener {
 public:
  Client(const MqttSettings& settings, MqttMailbox mailbox, unsigned number)
      : mailbox_(std::move(mailbox)),
        number_(number),
        url_(settings.url),
        client_((url_.tls ? "ssl://" : "tcp://") + url_.broker.text(), settings.client_id,
                create_options()) {
    client_.set_connection_lost_handler([this](const std::string&) {
      mailbox_->post({.kind = MqttEvent::Kind::lost, .session = number_});
    });
    client_.set_message_callback(
        [this](const mqtt::const_message_ptr& message) { receive(*message); });
    client_.connect(connect_options(settings), nullptr, *this);
  }

  mqtt::async_client& library() { return client_; }

 private:
  void on_success(const mqtt::token&) override {
    mailbox_->post({.kind = MqttEvent::Kind::connected, .session = number_});
  }

  void on_failure(const mqtt::token& token) override {
    mailbox_->post({.kind = MqttEvent::Kind::refused,
                    .session = number_,
                    .reason = refusal(token.get_return_code(), url_),
                    .answered = token.get_return_code() > 0});
  }

  void receive(const mqtt::message& message) {
    mailbox_->post({.kind = MqttEvent::Kind::message,
                    .session = number_,
                    .message = {.topic = message.get_topic(),
                                .payload = message.to_string().substr(0, MqttEvent::max_payload),
                                .qos = message.get_qos(),
                                .retained = message.is_retained()}},
                   max_waiting);
  }

  // What the callbacks use stands before the client, and so outlives it.
  MqttMailbox mailbox_;
  unsigned number_;
  MqttUrl url_;
  mqtt::async_client client_;
};

MqttSession::MqttSession(const MqttSettings& settings, MqttMailbox mailbox, unsigned number)
    : client_([&] {
        check_for_two_threads();
        return std::make_unique<Client>(settings, std::move(mailbox), number);
      }()) {}

MqttSession::~MqttSession() = default;

void MqttSession::publish(const MqttMessage& message) {
  client_->library().publish(
      mqtt::make_message(message.topic, message.payload, message.qos, message.retained));
}

void MqttSession::subscribe(const std::string& topic) {
  client_->library().subscribe(topic, 1);
}

void MqttSession::disconnect(std::chrono::steady_clock::time_point deadline) {
  for (const auto& token : client_->library().get_pending_delivery_tokens()) {
    token->wait_until(deadline);
  }
  client_->library().disconnect(0)->wait_until(deadline);
}

std::future<void> MqttSession::end(std::unique_ptr<MqttSession> session,
                                   std::chrono::steady_clock::time_point deadline) noexcept {
  // Outlives the thread that may not come.
  const auto leaving = std::make_shared<std::unique_ptr<MqttSession>>(std::move(session));
  try {
    auto ended = run_in_background([leaving] { leaving->reset(); });
    ended.wait_until(deadline);
    return ended;
  } catch (const std::exception&) {
    // Ending it here might hold up the loop for minutes: it stays for as long as the process does.
    (void)leaving->release();
    return {};
  }
}

}  // namespace irmeterd
