// What the broker is told of a meter's readings: registers, live values and diagnostics, each a
// document on a topic of its own.
#pragma once

#include <map>
#include <string>

#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttValues final : public Sink {
 public:
  MqttValues(MqttTable& table, const MqttTopics& topics, const MqttPresence& presence)
      : table_(table), topics_(topics), presence_(presence) {}

  void meter_added(const MeterSnapshot& meter) noexcept override { show(meter); }
  void meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept override {
    show(after);
  }

  // The quantities that the documents of this meter have keys for: all seen since the first one.
  [[nodiscard]] const irmeter::QuantitySet& seen(const std::string& id) const {
    return seen_.at(id);
  }
  void forget(const std::string& id);

 private:
  void show(const MeterSnapshot& meter);

  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttPresence& presence_;
  std::map<std::string, irmeter::QuantitySet> seen_;  // by id
};

}  // namespace irmeterd
