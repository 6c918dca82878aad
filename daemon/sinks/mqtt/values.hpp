// What the broker is told of a meter's readings: registers, live values, status and diagnostics,
// each a document on a topic of its own.
#pragma once

#include <map>
#include <string>

#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttValues final : public Sink {
  using Rank = MqttTable::Rank;

 public:
  MqttValues(MqttTable& table, const MqttTopics& topics, const MqttPresence& presence)
      : table_(table), topics_(topics), presence_(presence) {}

  void meter_added(const MeterSnapshot& meter) noexcept override { show(meter); }
  void meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept override {
    show(after);
  }

  // The quantities that the documents of this meter have keys for: all seen since the first one.
  [[nodiscard]] const QuantitySet& seen(const std::string& id) const { return seen_.at(id); }
  void forget(const std::string& id) {
    seen_.erase(id);
    table_.erase(Rank::values, topics_.registers(id));
    table_.erase(Rank::values, topics_.live(id));
    table_.erase(Rank::values, topics_.status(id));
    table_.erase(Rank::values, topics_.diagnostics(id));
  }

 private:
  void show(const MeterSnapshot& meter) {
    const std::string& id = presence_.id(meter.name);
    if (id.empty()) {
      return;
    }
    QuantitySet& seen = seen_[id];
    if (meter.reading) {
      seen |= present_quantities(*meter.reading);
      table_.set(Rank::values, retained(topics_.registers(id), registers_json(meter, seen)));
    }
    if (meter.stale) {
      table_.erase(Rank::values, topics_.live(id));
    } else {
      table_.set(Rank::values, passing(topics_.live(id), live_json(meter, seen)));
    }
    if (meter.tells_status()) {
      table_.set(Rank::values, retained(topics_.status(id), status_json(meter)));
    }
    table_.set(Rank::values, retained(topics_.diagnostics(id), diagnostics_json(meter)));
  }

  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttPresence& presence_;
  std::map<std::string, QuantitySet> seen_;  // by id
};

}  // namespace irmeterd
