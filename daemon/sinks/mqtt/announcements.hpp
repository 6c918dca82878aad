// The meters as Home Assistant is told of them: when a discovery message is due, how long
// everything else waits after it, and what Home Assistant's own start asks for.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/mqtt/timing.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/snapshot.hpp"

namespace irmeterd {

class MqttAnnouncements {
 public:
  // due: called from the loop when the table has something to send that waited.
  MqttAnnouncements(Loop& loop, MqttTable& table, const MqttTopics& topics,
                    const MqttTiming& timing, const std::function<void()>& due);

  // Describes the meter with this id and the quantities that get entities, unless the latest
  // message says the same.
  void set(const std::string& id, const MeterSnapshot& meter, const QuantitySet& announced);
  void forget(const std::string& id);

  // Home Assistant's birth message: after a random delay everything is due once more.
  void born();

  // Discovery messages went out. Until Home Assistant has subscribed to what they name it would
  // miss whatever is not retained.
  void sent();
  [[nodiscard]] bool settling() const { return settling_; }
  // Of another connection there is nothing to wait for yet.
  void connected() { settling_ = false; }

 private:
  // All that a discovery message depends on; making the message is the most expensive part of a
  // poll, and nearly always it would be the same again.
  struct Described {
    irmeter::Identity identity;
    QuantitySet announced;
    std::chrono::milliseconds interval{0};

    friend bool operator==(const Described&, const Described&) = default;
  };
  struct Meter {
    Described described;
    std::optional<std::string> waiting;   // the message of that, until the gap is over
    std::optional<irmeter::Instant> set;  // when the one before went into the table
  };

  void set_what_is_due();

  Loop& loop_;
  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttTiming& timing_;
  std::map<std::string, Meter> meters_;  // by id
  bool settling_ = false;
  bool birth_pending_ = false;  // Home Assistant has started and waits for an answer
  EventSource settled_;
  EventSource birth_;
  EventSource gap_over_;
};

}  // namespace irmeterd
