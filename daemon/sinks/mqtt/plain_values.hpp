// Each value on a topic of its own, as text, for programs that read no JSON. Registers are retained
// and sent when they change; momentary values are sent with each reading of them. What a reading
// lacks is not sent.
#pragma once

#include <string>
#include <utility>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttPlainValues final : public Sink {
  using Rank = MqttTable::Rank;

 public:
  MqttPlainValues(MqttTable& table, const MqttTopics& topics, const MqttPresence& presence)
      : table_(table), topics_(topics), presence_(presence) {}

  void meter_added(const MeterSnapshot& meter) noexcept override { show(nullptr, meter); }
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override {
    show(&before, after);
  }

  void forget(const std::string& id) {
    for (const Face& face : faces) {
      table_.erase(Rank::values, topic(id, face));
    }
  }

 private:
  [[nodiscard]] std::string topic(const std::string& id, const Face& face) const {
    return topics_.value(id, irmeter::info(face.id).key);
  }

  // before: null where there was none.
  void show(const MeterSnapshot* before, const MeterSnapshot& meter) {
    const std::string& id = presence_.id(meter.name);
    if (id.empty()) {
      return;
    }
    const bool new_reading = before == nullptr || before->read_at != meter.read_at;
    const bool new_details = before == nullptr || before->details_at != meter.details_at;
    const irmeter::Values values = meter.true_values();
    for (const Face& face : faces) {
      const auto value = values.get(face.id);
      const bool lasts = irmeter::is_register(face.id);
      if (value) {
        std::string text = JsonWriter().fixed(*value, face.json_decimals).take();
        table_.set(Rank::values, lasts ? retained(topic(id, face), std::move(text))
                                       : passing(topic(id, face), std::move(text)));
        const bool is_slow = meter.slow.test(static_cast<std::size_t>(face.id));
        if (!lasts && (is_slow ? new_details : new_reading)) {
          table_.renew(Rank::values, topic(id, face));
        }
      } else if (!lasts) {
        table_.erase(Rank::values, topic(id, face));
      }
    }
  }

  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttPresence& presence_;
};

}  // namespace irmeterd
