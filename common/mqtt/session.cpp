#include "common/mqtt/session.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <array>
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
// What a broker may send: the library makes room for as much as a packet says it has. The largest
// that is read is a discovery message, by ir-meterctl. MQTT 3.1.1 has no such limit.
constexpr int max_packet = 262'144;
constexpr int max_unacknowledged = 20;

int number_of(MqttVersion version) {
  return version == MqttVersion::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

// Before its first client. By default the library keeps a record of each call of its functions,
// which nobody reads, and loads all texts of OpenSSL, which does so by itself where there is TLS.
void set_up_library() {
  static const bool once = [] {
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 0;
    MQTTAsync_global_init(&options);
    return true;
  }();
  (void)once;
}

// The library has brackets in the name that it compares with a certificate; without them it still
// finds the port, behind the last colon.
std::string uri(const MqttUrl& url) {
  return (url.tls ? "ssl://" : "tcp://") + url.broker.host + ":" + std::to_string(url.broker.port);
}

mqtt::create_options create_options(MqttVersion version) {
  return mqtt::create_options_builder()
      .mqtt_version(number_of(version))
      .send_while_disconnected(false)
      .max_buffered_messages(max_waiting)
      .finalize();
}

mqtt::connect_options connect_options(const MqttSettings& settings, MqttVersion version) {
  const MqttMessage& will = settings.will;
  mqtt::connect_options options;
  options.set_mqtt_version(number_of(version));
  if (version == MqttVersion::v5) {
    options.set_clean_start(true);  // and the session ends with the connection
    options.set_properties({{mqtt::property::MAXIMUM_PACKET_SIZE, max_packet},
                            {mqtt::property::RECEIVE_MAXIMUM, max_unacknowledged}});
  } else {
    options.set_clean_session(true);
  }
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

// Of a reason code in the words of MQTT 5.
std::string reason(int code) {
  const std::string words = mqtt::exception::reason_code_str(code);
  return words.empty() ? "reason code " + std::to_string(code) : words;
}

// The return codes of CONNACK in MQTT 3.1.1, as reason codes.
int reason_code(int code) {
  constexpr std::array<int, 6> codes{0,
                                     MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION,
                                     MQTTREASONCODE_CLIENT_IDENTIFIER_NOT_VALID,
                                     MQTTREASONCODE_SERVER_UNAVAILABLE,
                                     MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD,
                                     MQTTREASONCODE_NOT_AUTHORIZED};
  const auto index = static_cast<std::size_t>(code);
  return index < codes.size() ? codes.at(index) : code;
}

// Of the session itself.
MqttFailure refusal(int code) {
  const bool unfit =
      code == MQTTREASONCODE_QOS_NOT_SUPPORTED || code == MQTTREASONCODE_RETAIN_NOT_SUPPORTED;
  return {unfit ? MqttFault::unfit : MqttFault::refused, reason(reason_code(code))};
}

}  // namespace

class MqttSession::Client : private mqtt::iaction_listener {
 public:
  Client(const MqttSettings& settings, MqttVersion version, MqttMailbox mailbox, unsigned number)
      : mailbox_(std::move(mailbox)),
        number_(number),
        max_mail_(settings.max_mail),
        client_(uri(settings.url), settings.client_id, create_options(version)) {
    client_.set_connection_lost_handler([this](const std::string&) { lost(""); });
    // The library does not call the other handler where the broker takes its leave.
    client_.set_disconnected_handler(
        [this](const mqtt::properties&, mqtt::ReasonCode code) { lost(reason(code)); });
    client_.set_message_callback(
        [this](const mqtt::const_message_ptr& message) { receive(*message); });
    client_.connect(connect_options(settings, version), nullptr, *this);
  }

  void publish(const MqttMessage& message) {
    auto copy = mqtt::make_message(message.topic, message.payload, message.qos, message.retained);
    if (message.qos > 0) {
      client_.publish(std::move(copy), nullptr, *this);
    } else {
      client_.publish(std::move(copy));
    }
  }

  void subscribe(const std::string& topic, bool kept) {
    mqtt::subscribe_options options;
    if (!kept) {
      options.set_retain_handling(mqtt::subscribe_options::DONT_SEND_RETAINED);
    }
    client_.subscribe(topic, 1, nullptr, *this, options);
  }

  mqtt::async_client& library() { return client_; }

 private:
  void lost(std::string why) {
    mailbox_->post({.kind = MqttEvent::Kind::lost,
                    .session = number_,
                    .failure = MqttFailure{MqttFault::lost, std::move(why)}});
  }

  void answered(const mqtt::token& token, MqttEvent::Kind kind,
                std::optional<MqttFailure> failure = {}) {
    mailbox_->post({.kind = kind,
                    .session = number_,
                    .failure = std::move(failure),
                    .subscription = token.get_type() == mqtt::token::SUBSCRIBE,
                    .message = {.topic = (*token.get_topics())[0]}});
  }

  void on_success(const mqtt::token& token) override {
    if (token.get_type() != mqtt::token::CONNECT) {
      answered(token, MqttEvent::Kind::accepted);
      return;
    }
    MqttEvent connected{.kind = MqttEvent::Kind::connected, .session = number_};
    const mqtt::properties properties = token.get_connect_response().get_properties();
    if (properties.contains(mqtt::property::MAXIMUM_PACKET_SIZE)) {
      connected.max_packet =
          mqtt::get<std::uint32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE);
    }
    mailbox_->post(std::move(connected));
  }

  // A code below zero is the library's: nobody has answered.
  void on_failure(const mqtt::token& token) override {
    const int own = token.get_return_code();
    const int code = own > 0 ? own : token.get_reason_code();
    if (token.get_type() == mqtt::token::CONNECT) {
      mailbox_->post({.kind = MqttEvent::Kind::failed,
                      .session = number_,
                      .failure = own < 0 ? MqttFailure{MqttFault::closed} : refusal(code)});
    } else if (own >= 0) {
      answered(token, MqttEvent::Kind::rejected, MqttFailure{MqttFault::refused, reason(code)});
    }
  }

  void receive(const mqtt::message& message) {
    const mqtt::binary_ref& payload = message.get_payload_ref();
    mailbox_->post(
        {.kind = MqttEvent::Kind::message,
         .session = number_,
         .message = {.topic = message.get_topic(),
                     .payload = std::string(payload.data(),
                                            std::min(payload.length(), MqttEvent::max_payload)),
                     .qos = message.get_qos(),
                     .retained = message.is_retained()}},
        max_mail_);
  }

  // What the callbacks use stands before the client, and so outlives it.
  MqttMailbox mailbox_;
  unsigned number_;
  std::size_t max_mail_;
  mqtt::async_client client_;
};

MqttSession::MqttSession(const MqttSettings& settings, MqttVersion version, MqttMailbox mailbox,
                         unsigned number)
    : client_([&] {
        check_for_two_threads();
        set_up_library();
        return std::make_unique<Client>(settings, version, std::move(mailbox), number);
      }()) {}

MqttSession::~MqttSession() = default;

void MqttSession::publish(const MqttMessage& message) {
  client_->publish(message);
}

void MqttSession::subscribe(const std::string& topic, bool kept) {
  client_->subscribe(topic, kept);
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
