#include "daemon/sinks/mqtt/values.hpp"

#include "daemon/sinks/reading_json.hpp"

namespace irmeterd {

using Rank = MqttTable::Rank;

void MqttValues::show(const MeterSnapshot& meter) {
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
  table_.set(Rank::values, passing(topics_.diagnostics(id), diagnostics_json(meter)));
}

void MqttValues::forget(const std::string& id) {
  seen_.erase(id);
  table_.erase(Rank::values, topics_.registers(id));
  table_.erase(Rank::values, topics_.live(id));
  table_.erase(Rank::values, topics_.diagnostics(id));
}

}  // namespace irmeterd
