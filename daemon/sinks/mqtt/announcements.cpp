#include "daemon/sinks/mqtt/announcements.hpp"

#include <algorithm>
#include <utility>

#include "common/random.hpp"
#include "daemon/sinks/mqtt/home_assistant.hpp"

namespace irmeterd {

using Rank = MqttTable::Rank;

MqttAnnouncements::MqttAnnouncements(Loop& loop, MqttTable& table, const MqttTopics& topics,
                                     const MqttTiming& timing, const MqttPresence& presence,
                                     const MqttValues& values, Discovery form)
    : loop_(loop),
      table_(table),
      topics_(topics),
      timing_(timing),
      presence_(presence),
      values_(values),
      form_(form),
      birth_(loop.timer([this] {
        birth_pending_ = false;
        table_.renew();
      })),
      gap_over_(loop.timer([this] { set_what_is_due(); })),
      looked_(loop.timer([this] { begin(); })),
      taken_over_(loop.timer([this] { remove_replaced(); })) {}

void MqttAnnouncements::connected() {
  if (form_ != Discovery::off && !begun_) {
    Loop::arm(looked_, loop_.now() + timing_.look);
  }
}

void MqttAnnouncements::begin() {
  begun_ = true;
  const std::string id = daemon_id(topics_.host);
  (void)set(Rank::parent, id, [this] { return daemon_discovery_json(topics_, host_name()); });
  set_what_is_due();
}

// Puts a device into the table, in the form that is configured. Returns the topics it has there.
std::vector<std::string> MqttAnnouncements::set(Rank rank, const std::string& id,
                                                const Device& device) {
  if (form_ != Discovery::components) {
    table_.set(rank, topics_.discovery(id), device);
    return {topics_.discovery(id)};
  }
  std::vector<std::string> topics;
  for (const auto& [topic, payload] : component_messages(id, device(), topics_)) {
    table_.set(rank, retained(topic, payload));
    topics.push_back(topic);
  }
  return topics;
}

void MqttAnnouncements::withdraw(const std::string& id) {
  table_.set_final(Rank::discovery, retained(topics_.discovery(id), ""));
}

std::string MqttAnnouncements::other_form(const std::string& id) const {
  return form_ == Discovery::components ? topics_.discovery(id)
                                        : topics_.component_discovery("+", id, "+");
}

void MqttAnnouncements::replace(const std::string& topic) {
  if (form_ == Discovery::off) {
    table_.set_final(Rank::discovery, retained(topic, ""));
  } else if (replaced_.insert(topic).second) {
    table_.set(Rank::parent, retained(topic, migration_json));
    late_ = late_ || begun_;
    Loop::arm(taken_over_, loop_.now() + timing_.look + timing_.discovery_gap);
  }
}

// Home Assistant has the entities from the form that is configured.
void MqttAnnouncements::remove_replaced() {
  for (const std::string& topic : std::exchange(replaced_, {})) {
    table_.set_final(Rank::parent, retained(topic, ""));
  }
  if (std::exchange(late_, false)) {
    table_.renew();
  }
}

// Unless the latest message says the same. What the broker keeps of an earlier run stays until the
// meter has answered, as only then is it known which quantities it has.
void MqttAnnouncements::show(const MeterSnapshot& snapshot) {
  const std::string& id = presence_.id(snapshot.name);
  if (id.empty() || snapshot.identity.serial_number.empty()) {
    return;
  }
  Meter& meter = meters_[id];
  MeterDescription now =
      describe(snapshot, values_.seen(id), presence_.meters().size() > 1 || snapshot.exchanged);
  now.has_clock |= meter.described.has_clock;
  now.counts_tariffs |= meter.described.counts_tariffs;
  if (now != meter.described) {
    meter.described = std::move(now);
    meter.waits = true;
    set_what_is_due();
  }
}

void MqttAnnouncements::forget(const std::string& id) {
  for (const std::string& topic : meters_[id].topics) {
    table_.erase(Rank::discovery, topic);
  }
  meters_.erase(id);
}

void MqttAnnouncements::set_what_is_due() {
  if (!begun_) {
    return;
  }
  const irmeter::Instant now = loop_.now();
  std::optional<irmeter::Instant> next;
  for (auto& [id, meter] : meters_) {
    if (!meter.waits) {
      continue;
    }
    if (meter.set && now < *meter.set + timing_.discovery_gap) {
      const irmeter::Instant due = *meter.set + timing_.discovery_gap;
      next = std::min(next.value_or(due), due);
      continue;
    }
    meter.waits = false;
    meter.topics = set(Rank::discovery, id, [this, &described = meter.described] {
      return discovery_json(described, topics_);
    });
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
