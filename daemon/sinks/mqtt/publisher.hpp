// The MQTT sink: availability, registers, live values and diagnostics of every meter, Home
// Assistant's discovery, and the command read_now.
//
// Each snapshot is turned into one message per topic in a table of latest messages; what is due
// goes out as soon as there is a broker. Nothing about a meter is published before it was
// identified.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/mqtt/connection.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

struct MqttTiming {
  MqttRetry retry;
  // After Home Assistant's birth message: a random delay, so that not all its devices answer at
  // once.
  std::chrono::milliseconds birth_least{1000};
  std::chrono::milliseconds birth_most{5000};
  // After discovery, until Home Assistant has subscribed to the topics it names.
  std::chrono::milliseconds settle{2000};
  // Between two different discovery messages of a meter; sooner, Home Assistant may miss parts.
  std::chrono::milliseconds discovery_gap{10'000};
  std::chrono::milliseconds command_gap{1000};  // between two commands to a meter that are heeded
};

class MqttPublisher : public Sink {
 public:
  // Begins to connect. The configuration has been checked; password belongs to its username.
  MqttPublisher(Loop& loop, const MqttConfig& config, const Secret& password,
                CommandQueue& commands, const Log& log, MqttTiming timing = {});
  ~MqttPublisher() override { stop(); }
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;

  void meter_added(const MeterSnapshot& meter) noexcept override;
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;
  void meter_removed(const MeterSnapshot& meter) noexcept override;

  // Calls the handler whenever status() reads differently.
  void on_change(std::function<void()> handler) { changed_ = std::move(handler); }

  [[nodiscard]] bool connected() const { return connection_.connected(); }
  // For people: "MQTT connected", or why it is not.
  [[nodiscard]] std::string status() const { return connection_.status(); }

  // For the watchdog.
  [[nodiscard]] std::vector<Step> steps() const { return connection_.steps(); }

  // Tells the broker that daemon and meters are offline, and disconnects. Takes at most half a
  // second; the publisher is of no further use.
  void stop() noexcept;

  // Topics whose latest message is kept, however many were published.
  [[nodiscard]] std::size_t remembered() const { return table_.size(); }

 private:
  // All of a meter that its discovery message depends on; making the message is the most expensive
  // part of a poll, and nearly always it would be the same again.
  struct Described {
    irmeter::Identity identity;
    QuantitySet announced;
    std::chrono::milliseconds interval{0};

    friend bool operator==(const Described&, const Described&) = default;
  };

  struct Meter {
    MeterSnapshot snapshot;
    std::string id;          // empty: not identified, nothing is published
    std::string refused_id;  // of another meter that has the same
    QuantitySet announced;   // every quantity seen since it was identified
    Described described;     // what the latest discovery message was made of
    std::optional<irmeter::Instant> discovered;
    std::optional<irmeter::Instant> commanded;
  };

  void update(const MeterSnapshot& snapshot);
  void identify(Meter& meter, const std::string& id);
  void announce(Meter& meter);
  void set_values(const Meter& meter);
  void set_availability(const std::string& id, bool online);
  [[nodiscard]] bool published(const std::string& id) const;
  void give_up(const std::string& id);
  void list_online();
  void flush();

  void on_connected();
  void on_message(const MqttMessage& message);
  void on_list(const std::string& list);
  void on_command(Meter& meter, const MqttMessage& message);

  Loop& loop_;
  CommandQueue& commands_;
  const Log& log_;
  MqttTiming timing_;
  bool discovery_;
  MqttTopics topics_;
  std::function<void()> changed_ = [] {};
  std::map<std::string, Meter> meters_;  // by name
  std::set<std::string> online_;         // ids told to be online
  MqttTable table_;
  bool settling_ = false;       // discovery is out, everything else waits
  bool birth_pending_ = false;  // Home Assistant has started and waits for an answer
  EventSource settled_;
  EventSource birth_;
  EventSource discovery_due_;
  MqttConnection connection_;  // last: its handlers use all the rest
};

}  // namespace irmeterd
