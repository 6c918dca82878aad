#include "daemon/sinks/mqtt/announcements.hpp"

#include <algorithm>
#include <utility>

#include "common/random.hpp"
#include "daemon/sinks/mqtt/home_assistant.hpp"

namespace irmeterd {

using Rank = MqttTable::Rank;

MqttAnnouncements::MqttAnnouncements(Loop& loop, MqttTable& table, const MqttTopics& topics,
                                     const MqttTiming& timing, const MqttPresence& presence,
                                     const MqttValues& values)
    : loop_(loop),
      table_(table),
      topics_(topics),
      timing_(timing),
      presence_(presence),
      values_(values),
      birth_(loop.timer([this] {
        birth_pending_ = false;
        table_.renew();
      })),
      gap_over_(loop.timer([this] { set_what_is_due(); })) {}

void MqttAnnouncements::announce_daemon() {
  table_.set(Rank::parent, retained(topics_.discovery(daemon_id(topics_)),
                                    daemon_discovery_json(topics_, host_name())));
}

void MqttAnnouncements::withdraw(const std::string& id) {
  table_.set_final(Rank::discovery, retained(topics_.discovery(id), ""));
}

// Unless the latest message says the same. What the broker keeps of an earlier run stays until the
// meter has answered, as only then is it known which quantities it has.
void MqttAnnouncements::show(const MeterSnapshot& snapshot) {
  const std::string& id = presence_.id(snapshot.name);
  if (id.empty() || snapshot.identity.serial_number.empty()) {
    return;
  }
  Meter& meter = meters_[id];
  Described described{snapshot.identity,
                      values_.seen(id),
                      snapshot.interval,
                      presence_.meters().size() > 1 || snapshot.exchanged,
                      snapshot.status.has_value(),
                      snapshot.tariff.has_value(),
                      snapshot.clock_offset.has_value() || meter.described.has_clock};
  if (described != meter.described) {
    meter.waiting =
        discovery_json(snapshot, described.announced, described.one_of_several, topics_);
    meter.described = std::move(described);
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

}  // namespace irmeterd
