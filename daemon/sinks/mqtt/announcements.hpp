// The meters as Home Assistant is told of them: when a discovery message is due, and what Home
// Assistant's own start asks for.
//
// There are two forms of discovery, of which one is configured. Where the broker keeps the other
// one, Home Assistant is asked to let go of those entities, then told of them in the form that is
// configured, and then the old messages are removed; so no entity loses its name or its history.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/home_assistant.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/mqtt/timing.hpp"
#include "daemon/sinks/mqtt/values.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttAnnouncements final : public Sink {
 public:
  MqttAnnouncements(Loop& loop, MqttTable& table, const MqttTopics& topics,
                    const MqttTiming& timing, const MqttPresence& presence,
                    const MqttValues& values, Discovery form);

  void meter_added(const MeterSnapshot& meter) noexcept override { show(meter); }
  void meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept override {
    show(after);
  }
  void forget(const std::string& id);

  // With discovery turned off, Home Assistant is to know nothing of the device with this id.
  void withdraw(const std::string& id);

  // Where the broker may keep the form that is not configured, for the device with this id.
  [[nodiscard]] std::string other_form(const std::string& id) const;
  // The broker keeps something there.
  void replace(const std::string& topic);

  // The first time, what is announced waits a moment for what the broker keeps. The daemon is a
  // device too, which the meters hang on.
  void connected();

  // Home Assistant's birth message: after a random delay everything is due once more.
  void born();

 private:
  // Makes the message of a device, of which a meter's is the longest by far.
  using Device = std::function<std::string()>;
  struct Meter {
    // Making the message is the most expensive part of a poll, and nearly always it would be the
    // same again.
    MeterDescription described;
    bool waits = false;                   // to be announced, until the gap is over
    std::optional<irmeter::Instant> set;  // when the one before went into the table
    std::vector<std::string> topics;      // of those in the table
  };

  void show(const MeterSnapshot& snapshot);
  void set_what_is_due();
  void begin();
  void remove_replaced();
  std::vector<std::string> set(MqttTable::Rank rank, const std::string& id, const Device& device);

  Loop& loop_;
  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttTiming& timing_;
  const MqttPresence& presence_;
  const MqttValues& values_;
  const Discovery form_;
  bool begun_ = false;                   // it is known which form the broker keeps
  bool late_ = false;                    // it was known too late: Home Assistant did not take ours
  std::set<std::string> replaced_;       // topics of the other form, not removed yet
  std::map<std::string, Meter> meters_;  // by id
  bool birth_pending_ = false;           // Home Assistant has started and waits for an answer
  EventSource birth_;
  EventSource gap_over_;
  EventSource looked_;
  EventSource taken_over_;
};

}  // namespace irmeterd
