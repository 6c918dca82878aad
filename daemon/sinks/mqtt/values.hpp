// What the broker is told of a meter's readings: registers, live values, status, diagnostics and
// the entries of its log, each a document on a topic of its own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/mqtt/timing.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttValues final : public Sink {
  using Rank = MqttTable::Rank;

 public:
  MqttValues(Loop& loop, MqttTable& table, const MqttTopics& topics, const MqttTiming& timing,
             const MqttPresence& presence)
      : loop_(loop), table_(table), topics_(topics), timing_(timing), presence_(presence) {}

  void meter_added(const MeterSnapshot& meter) noexcept override { show(nullptr, meter); }
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override {
    show(&before, after);
  }

  void event_logged(const MeterSnapshot& meter, const irmeter::LogEntry& entry) noexcept override {
    if (const std::string& id = presence_.id(meter.name); !id.empty()) {
      MqttMessage message = passing(topics_.event(id), event_json(meter, entry));
      message.qos = 1;
      table_.add(std::move(message));
    }
  }

  // The quantities that the documents of this meter have keys for: all seen since the first one.
  [[nodiscard]] const QuantitySet& seen(const std::string& id) const { return meters_.at(id).seen; }
  void forget(const std::string& id) {
    meters_.erase(id);
    table_.erase(Rank::values, topics_.registers(id));
    table_.erase(Rank::live, topics_.live(id));
    table_.erase(Rank::values, topics_.status(id));
    table_.erase(Rank::values, topics_.details(id));
    table_.erase(Rank::values, topics_.history(id));
    table_.erase(Rank::values, topics_.diagnostics(id));
  }

 private:
  struct Meter {
    QuantitySet seen;
    QuantitySet told;  // those that its documents were told with last
    std::optional<irmeter::Instant> registers_told;
    std::optional<irmeter::Instant> diagnostics_told;
  };

  // before: null where there was none.
  void show(const MeterSnapshot* before, const MeterSnapshot& now) {
    const std::string& id = presence_.id(now.name);
    if (id.empty()) {
      return;
    }
    Meter& meter = meters_[id];
    if (now.reading) {
      const QuantitySet present = now.reading->values.present() | now.details.present();
      const bool same =
          before != nullptr && (present & ~meter.seen).none() && same_registers(*before, now);
      meter.seen |= present;
      tell(meter.registers_told, same,
           [&] { return retained(topics_.registers(id), registers_json(now, meter.seen)); });
    }
    if (now.stale) {
      table_.erase(Rank::live, topics_.live(id));
    } else {
      table_.set(Rank::live, passing(topics_.live(id), live_json(now, meter.seen)));
    }
    const bool first = std::exchange(meter.told, meter.seen) != meter.seen || before == nullptr;
    if (now.tells_status() && (first || !same_status(*before, now))) {
      table_.set(Rank::values, retained(topics_.status(id), status_json(now)));
    }
    if (now.details_stale || (meter.seen & now.slow & ~irmeter::registers()).none()) {
      table_.erase(Rank::values, topics_.details(id));
    } else if (first || before->details_stale || before->details_at != now.details_at) {
      table_.set(Rank::values, passing(topics_.details(id), details_json(now, meter.seen)));
    }
    const bool closed = first || before->newest_interval != now.newest_interval;
    if (now.newest_interval && closed) {
      table_.set(Rank::values, retained(topics_.history(id), history_json(now)));
    }
    tell(meter.diagnostics_told, before != nullptr && same_diagnostics(*before, now),
         [&] { return retained(topics_.diagnostics(id), diagnostics_json(now)); });
  }

  template <typename Message>
  void tell(std::optional<irmeter::Instant>& told, bool same, const Message& message) {
    const irmeter::Instant now = loop_.now();
    if (!same || !told || now - *told >= timing_.unchanged) {
      told = now;
      table_.set(Rank::values, message());
    }
  }

  Loop& loop_;
  MqttTable& table_;
  const MqttTopics& topics_;
  const MqttTiming& timing_;
  const MqttPresence& presence_;
  std::map<std::string, Meter> meters_;  // by id
};

}  // namespace irmeterd
