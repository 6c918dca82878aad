// One attempt to reach the MQTT broker and, where it succeeds, the connection until it is lost.
//
// This is the edge to the client library (paho), which brings two threads. Its callbacks post into
// a mailbox and do nothing else. Every attempt has a client of its own, because a client keeps
// unsent messages and unanswered tokens over a loss, for ever if need be.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "common/config/config.hpp"
#include "common/config/secret.hpp"
#include "common/config/url.hpp"
#include "common/mailbox.hpp"
#include "common/mqtt/faults.hpp"

namespace irmeterd {

struct MqttMessage {
  std::string topic;
  std::string payload{};
  int qos = 0;  // 0 or 1
  bool retained = false;

  friend bool operator==(const MqttMessage&, const MqttMessage&) = default;
};

enum class MqttVersion : std::uint8_t { v3_1_1, v5 };

struct MqttRetry {
  std::chrono::seconds connect_timeout{20};
  // The wait after a failure doubles from the first to the longest, give or take a fifth.
  std::chrono::milliseconds first_wait{1000};
  std::chrono::milliseconds longest_wait{60'000};
};

struct MqttSettings {
  MqttConfig config;  // user name and certificates are taken from it
  MqttUrl url;
  std::string client_id;
  Secret password;
  std::optional<MqttFailure> lacking;  // why it is of no use to connect
  MqttMessage will;  // what the broker publishes when it loses us; without a topic: nothing
  MqttRetry retry;
  std::size_t max_mail = 256;  // messages that wait to be looked at; more are dropped
};

struct MqttEvent {
  enum class Kind : std::uint8_t {
    speaks,     // of look_at_broker(): this version of MQTT
    connected,  // and the broker takes no packet of more than max_packet bytes
    failed,     // the attempt has; failure says why
    lost,       // a connection has ended, with a failure; may come twice
    message,    // something arrived; the payload is cut after max_payload bytes
    accepted,   // what was published or subscribed with QoS 1, by the topic of message
    rejected,   // likewise; failure says why, and the connection stays
  };
  static constexpr std::size_t max_payload = 4096;

  Kind kind{};
  unsigned session = 0;  // the number of the session it belongs to
  MqttVersion version{};
  std::size_t max_packet = SIZE_MAX;
  std::optional<MqttFailure> failure{};
  bool subscription = false;  // accepted or rejected, rather than a message
  MqttMessage message{};
};

// Shared with the library's threads, which may outlive whoever reads it.
using MqttMailbox = std::shared_ptr<Mailbox<MqttEvent>>;

class MqttSession {
 public:
  // Begins to connect and returns at once. Throws std::exception where the library refuses even
  // that. Exactly one `connected` or `failed` follows. version: what look_at_broker() has found.
  MqttSession(const MqttSettings& settings, MqttVersion version, MqttMailbox mailbox,
              unsigned number);
  ~MqttSession();
  MqttSession(const MqttSession&) = delete;
  MqttSession& operator=(const MqttSession&) = delete;

  // These throw std::exception when the library does not take it: not connected, or too much is
  // waiting to be sent already.
  void publish(const MqttMessage& message);
  // With QoS 1. kept: whether what the broker keeps there is wanted too; only MQTT 5 can ask for
  // the rest alone.
  void subscribe(const std::string& topic, bool kept);

  // Waits until what was published has been acknowledged and the connection is closed, at most to
  // the deadline.
  void disconnect(std::chrono::steady_clock::time_point deadline);

  // Ends a session without waiting beyond the deadline: where the library is not done by then (it
  // resolves host names under the lock that this needs), a thread is left behind that ends it.
  // Where no thread is to be had, the session stays until the process ends, and there is no future.
  // It is ready once the session has ended.
  static std::future<void> end(std::unique_ptr<MqttSession> session,
                               std::chrono::steady_clock::time_point deadline) noexcept;

 private:
  class Client;
  std::unique_ptr<Client> client_;
};

}  // namespace irmeterd
