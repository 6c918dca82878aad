// A lasting connection to the MQTT broker: made again whenever it fails, for ever, and never
// waited for.
//
// All of it runs on the loop. What is to be told goes into the table, and from there to the broker
// in the loop's next turn, or as soon as there is one. Signals must be blocked before the first
// connection is made, or the library's threads take them.
//
// What the broker does not take is left out and named once, and the rest goes out.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/back_off.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/session.hpp"
#include "daemon/service/progress.hpp"
#include "daemon/sinks/mqtt/delivery.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/mqtt/timing.hpp"

namespace irmeterd {

class MqttConnection {
 public:
  struct Handlers {
    std::function<void()> connected;  // every time; nothing is subscribed yet
    std::function<void(const MqttMessage&)> message;
    std::function<void()> status;  // status() reads differently now
  };

  // Begins to connect. A broker that is absent or refuses is a state, not an exception. Of the
  // times, settle is how long all but discovery waits after connecting, and after a discovery
  // message; close is how long close() takes at most.
  MqttConnection(Loop& loop, const Log& log, MqttSettings settings, const MqttTiming& timing,
                 Handlers handlers);
  ~MqttConnection() { close(); }
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // The state in words: "MQTT connected", "MQTT: localhost:1883: refused (Not authorized)".
  [[nodiscard]] std::string status() const;

  [[nodiscard]] MqttTable& table() { return table_; }
  // For this connection; after the next connected() it is due again. kept: whether what the broker
  // keeps there is wanted too; with MQTT 3.1.1 it comes anyway.
  void subscribe(const std::string& topic, bool kept);
  // On these topics nothing is sent any more, so nothing lacks.
  void forget(const std::function<bool(std::string_view topic)>& is_one);

  // For the watchdog: an attempt to connect ends, and the next one follows; a connection that was
  // given up goes away.
  [[nodiscard]] std::vector<Step> steps() const;

  // Sends what is due, disconnects and stays so.
  void close() noexcept;

 private:
  struct Subscription {
    std::string topic;
    bool kept = false;
  };

  void attempt() noexcept;
  void handle(const MqttEvent& event);
  void on_connected(const MqttEvent& event);
  void on_failed(const MqttFailure& failure);
  void on_lost(const MqttFailure& failure);
  void on_answer(const MqttEvent& event);
  void steady();
  void flush_what_is_due();
  void flush();
  void send_subscriptions() noexcept;
  void settle();
  bool publish(const MqttMessage& message) noexcept;
  bool send(const Subscription& subscription) noexcept;
  bool send(MqttRequest request, const std::function<void()>& hand_over) noexcept;
  void leave_out(const MqttRequest& request, const std::string& why);
  void report(const MqttFailure& failure);
  void retry_later(const MqttFailure& failure);

  // A session that ends beside the loop.
  struct Leaving {
    irmeter::Instant since;
    std::future<void> gone;
  };

  Loop& loop_;
  const Log& log_;
  MqttSettings settings_;
  std::chrono::milliseconds settle_;
  std::chrono::milliseconds close_limit_;
  Handlers handlers_;
  MqttMailbox mailbox_;
  std::unique_ptr<MqttSession> session_;
  unsigned sessions_ = 0;  // the number of the present one; events of earlier ones are history
  std::optional<MqttVersion> version_;  // that the broker speaks; unknown: look before connecting
  std::optional<MqttFailure> unexplained_;  // of a session; a look is to tell more
  bool connected_ = false;
  irmeter::Instant connected_at_;
  unsigned short_connections_ = 0;          // in a row
  std::optional<MqttFailure> failure_;      // why there is no steady connection, once it is known
  std::size_t max_packet_ = SIZE_MAX;       // that the broker takes, in bytes
  std::deque<Subscription> subscriptions_;  // to be made
  MqttDelivery delivery_;
  BackOff wait_;                                   // before the next attempt
  irmeter::Instant last_attempt_;                  // when it began, or failed
  std::optional<irmeter::Instant> refused_since_;  // nothing published was taken since
  std::vector<Leaving> leaving_;
  bool settling_ = false;  // after connecting, or a discovery message
  EventSource mail_;
  EventSource retry_;
  EventSource settled_;
  EventSource proven_;
  EventSource turn_end_;
  bool due_ = false;  // something is to be sent
  MqttTable table_;
};

}  // namespace irmeterd
