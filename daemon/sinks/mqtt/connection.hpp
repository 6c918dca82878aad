// A lasting connection to the MQTT broker: made again whenever it fails, for ever, and never
// waited for.
//
// All of it runs on the loop. Nothing is buffered while the broker is away; whoever publishes keeps
// the latest values and sends them from the connected handler. Signals must be blocked before the
// first connection is made, or the library's threads take them.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/back_off.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/session.hpp"
#include "daemon/service/progress.hpp"

namespace irmeterd {

class MqttConnection {
 public:
  struct Handlers {
    std::function<void()> connected;  // every time; nothing is subscribed yet
    std::function<void(const MqttMessage&)> message;
    std::function<void()> status;  // status() reads differently now
  };

  // Begins to connect. A broker that is absent or refuses is a state, not an exception.
  MqttConnection(Loop& loop, const Log& log, MqttSettings settings, Handlers handlers);
  ~MqttConnection() { close(); }
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // The state in words: "MQTT connected", "MQTT: localhost:1883 refuses the user name or password".
  [[nodiscard]] std::string status() const;

  // False when the message was not taken: not connected, or too much is waiting already.
  bool publish(const MqttMessage& message) noexcept;
  // For this connection; after the next connected() it is due again.
  void subscribe(const std::string& topic) noexcept;

  // For the watchdog: an attempt to connect ends, and the next one follows; a connection that was
  // given up goes away.
  [[nodiscard]] std::vector<Step> steps() const;

  // Lets what was published go out, disconnects and stays so. Takes at most close_limit.
  void close() noexcept;
  static constexpr std::chrono::milliseconds close_limit{450};

 private:
  void attempt() noexcept;
  void handle(const MqttEvent& event);
  void lost();
  void retry_later(const std::string& reason);

  // A session that ends beside the loop.
  struct Leaving {
    irmeter::Instant since;
    std::future<void> gone;
  };

  Loop& loop_;
  const Log& log_;
  MqttSettings settings_;
  Handlers handlers_;
  MqttMailbox mailbox_;
  std::unique_ptr<MqttSession> session_;
  unsigned sessions_ = 0;  // the number of the present one; events of earlier ones are history
  bool connected_ = false;
  irmeter::Instant connected_at_;
  unsigned short_connections_ = 0;                 // in a row
  std::string reason_;                             // why there is no connection, once it is known
  BackOff wait_;                                   // before the next attempt
  irmeter::Instant last_attempt_;                  // when it began, or failed
  std::optional<irmeter::Instant> refused_since_;  // nothing published was taken since
  std::vector<Leaving> leaving_;
  EventSource mail_;
  EventSource retry_;
};

}  // namespace irmeterd
