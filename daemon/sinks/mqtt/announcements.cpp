#include "daemon/sinks/mqtt/announcements.hpp"

#include <algorithm>
#include <utility>

#include "common/random.hpp"
#include "daemon/sinks/mqtt/home_assistant.hpp"

namespace irmeterd {

using Rank = MqttTable::Rank;

MqttAnnouncements::MqttAnnouncements(Loop& loop, MqttTable& table, const MqttTopics& topics,
                                     const MqttTiming& timing, const std::function<void()>& due)
    : loop_(loop),
      table_(table),
      topics_(topics),
      timing_(timing),
      settled_(loop.timer([this, due] {
        settling_ = false;
        due();
      })),
      birth_(loop.timer([this, due] {
        birth_pending_ = false;
        table_.renew();
        due();
      })),
      gap_over_(loop.timer([this, due] {
        set_what_is_due();
        due();
      })) {}

void MqttAnnouncements::set(const std::string& id, const MeterSnapshot& meter,
                            const QuantitySet& announced) {
  Meter& known = meters_[id];
  Described described{meter.identity, announced, meter.interval};
  if (described != known.described) {
    known.described = std::move(described);
    known.waiting = discovery_json(meter, announced, topics_);
    set_what_is_due();
  }
}

void MqttAnnouncements::forget(const std::string& id) {
  meters_.erase(id);
  table_.erase(Rank::discovery, topics_.discovery(id));
}

void MqttAnnouncements::set_what_is_due() {
  const irmeter::Instant now = loop_.now();
  std::optional<irmeter::Instant> next;
  for (auto& [id, meter] : meters_) {
    if (!meter.waiting) {
      continue;
    }
    if (meter.set && now < *meter.set + timing_.discovery_gap) {
      const irmeter::Instant due = *meter.set + timing_.discovery_gap;
      next = std::min(next.value_or(due), due);
      continue;
    }
    table_.set(Rank::discovery, retained(topics_.discovery(id), *std::move(meter.waiting)));
    meter.waiting.reset();
    meter.set = now;
  }
  if (next) {
    Loop::arm(gap_over_, *next);
  }
}

void MqttAnnouncements::born() {
  if (!std::exchange(birth_pending_, true)) {
    Loop::arm(birth_, loop_.now() + random_between(timing_.birth_least, timing_.birth_most));
  }
}

void MqttAnnouncements::sent() {
  settling_ = true;
  Loop::arm(settled_, loop_.now() + timing_.settle);
}

}  // namespace irmeterd
