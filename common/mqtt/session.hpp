// One attempt to reach the MQTT broker and, where it succeeds, the connection until it is lost.
//
// This is the edge to the client library (paho), which brings two threads. Its callbacks post into
// a mailbox and do nothing else. Every attempt has a client of its own, because a client keeps
// unsent messages and unanswered tokens over a loss, for ever if need be.
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>

#include "common/config/config.hpp"
#include "common/config/secret.hpp"
#include "common/config/url.hpp"
#include "common/mailbox.hpp"

namespace irmeterd {

struct MqttMessage {
  std::string topic;
  std::string payload;
  int qos = 0;  // 0 or 1
  bool retained = false;

  friend bool operator==(const MqttMessage&, const MqttMessage&) = default;
};

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
  MqttMessage will;  // what the broker publishes when it loses us; without a topic: nothing
  MqttRetry retry;
};

struct MqttEvent {
  enum class Kind {
    connected,
    refused,  // the attempt has failed; reason says why
    lost,     // a connection has ended
    message,  // something arrived; the payload is cut after max_payload bytes
  };
  static constexpr std::size_t max_payload = 4096;

  Kind kind;
  unsigned session;  // the number of the session it belongs to
  std::string reason{};
  bool answered = false;  // refused, by a broker that speaks MQTT with us
  MqttMessage message{};
};

// Shared with the library's threads, which may outlive whoever reads it.
using MqttMailbox = std::shared_ptr<Mailbox<MqttEvent>>;

class MqttSession {
 public:
  // Begins to connect and returns at once. Throws std::exception where the library refuses even
  // that. Exactly one `connected` or `refused` follows.
  MqttSession(const MqttSettings& settings, MqttMailbox mailbox, unsigned number);
  ~MqttSession();
  MqttSession(const MqttSession&) = delete;
  MqttSession& operator=(const MqttSession&) = delete;

  // These throw std::exception when the library does not take it: not connected, or too much is
  // waiting to be sent already.
  void publish(const MqttMessage& message);
  void subscribe(const std::string& topic);  // with QoS 1

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
