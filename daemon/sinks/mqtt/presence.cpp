#include "daemon/sinks/mqtt/presence.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json.hpp"
#include "daemon/sinks/reading_json.hpp"

namespace irmeterd {
namespace {

MqttMessage availability(std::string topic, bool online) {
  return retained(std::move(topic), std::string(online ? mqtt_online : mqtt_offline));
}

void warn_of_double(const std::string& name, const std::string& id, const Log& log) {
  log.warning("MQTT: meter " + name + " is already published as " + id);
}

// Diagnostics of a meter that is not read: every key is there, so that no template fails.
std::string nothing_known(const std::string& id) {
  auto document = nlohmann::ordered_json::parse(diagnostics_json({}));
  for (auto& value : document) {
    value = nullptr;
  }
  document["meter"] = id;
  return document.dump();
}

}  // namespace

using Rank = MqttTable::Rank;

MqttPresence::MqttPresence(MqttTable& table, const MqttTopics& topics, const Log& log,
                           Handlers handlers)
    : table_(table), topics_(topics), log_(log), handlers_(std::move(handlers)) {
  table_.set(Rank::daemon, availability(topics_.daemon_availability(), true));
}

MqttMessage MqttPresence::will(const MqttTopics& topics) {
  return availability(topics.daemon_availability(), false);
}

void MqttPresence::meter_removed(const MeterSnapshot& meter) noexcept {
  identify(meters_[meter.name], "", false);
  meters_.erase(meter.name);
}

void MqttPresence::show(const MeterSnapshot& snapshot) {
  Meter& meter = meters_[snapshot.name];
  const irmeter::Identity& identity = snapshot.known();
  const std::string id = identity.serial_number.empty() ? "" : irmeter::meter_id(identity);
  identify(meter, id, !snapshot.stale);
  const bool polled = std::exchange(meter.polls, snapshot.counters.polls) < snapshot.counters.polls;
  if (polled && snapshot.state() == irmeter::State::online) {
    if (meter.refused && meter.refused->stage == Refused::Stage::assumed) {
      meter.refused->stage = Refused::Stage::read;
    }
    look_for_doubles(meter.id);
  }
  if (!meter.id.empty()) {
    set(meter, !snapshot.stale);
  }
  if (std::exchange(contradicted_, false)) {
    table_.renew(Rank::daemon, topics_.daemon_availability());
  }
}

// Where the device turns out to be another meter than before, the old one is offline from now on.
void MqttPresence::identify(Meter& meter, const std::string& id, bool is_read) {
  if (meter.id == id) {
    return;
  }
  Meter* const other = id.empty() ? nullptr : holder(id);
  if (other != nullptr && (other->online || !is_read)) {
    if (!meter.refused || meter.refused->id != id) {
      release(meter);
      meter.refused = Refused{id};
    }
    return;
  }
  release(meter);
  if (other != nullptr) {
    release(*other);
    other->refused = Refused{id};
  }
  if (!id.empty()) {
    meter.id = id;
    handlers_.found(id);
  }
}

void MqttPresence::release(Meter& meter) {
  const std::uint64_t polls = meter.polls;
  const std::string id = std::exchange(meter, {}).id;
  meter.polls = polls;
  if (!id.empty()) {
    handlers_.gone(id);
    give_up(id);
  }
}

// The meter with this id was read: who was read as the same one before?
void MqttPresence::look_for_doubles(const std::string& id) {
  for (auto& [name, meter] : meters_) {
    if (meter.refused && meter.refused->id == id && meter.refused->stage == Refused::Stage::read) {
      meter.refused->stage = Refused::Stage::warned;
      warn_of_double(name, id, log_);
    }
  }
}

void MqttPresence::set(Meter& meter, bool online) {
  if (std::exchange(meter.online, online) != online) {
    set_list();
  }
  const std::string topic = topics_.availability(meter.id);
  table_.set(Rank::availability, availability(topic, online));
  if (std::exchange(meter.contradicted, false) && online) {
    table_.renew(Rank::availability, topic);
  }
}

void MqttPresence::contradict(std::string_view id, std::string_view payload) {
  for (auto& [name, meter] : meters_) {
    if (meter.id == id && payload != mqtt_online) {
      meter.contradicted = true;
    }
  }
}

void MqttPresence::contradict_daemon(std::string_view payload) {
  contradicted_ = contradicted_ || payload != mqtt_online;
}

void MqttPresence::give_up(const std::string& id) {
  set_list();
  table_.set_final(Rank::values, retained(topics_.diagnostics(id), nothing_known(id)));
  table_.set_final(Rank::availability, availability(topics_.availability(id), false));
}

void MqttPresence::take_back(std::string_view list) {
  for (const std::string& id : parse_meter_list(list)) {
    if (holder(id) == nullptr) {
      give_up(id);
    }
  }
}

void MqttPresence::leave() {
  table_.set(Rank::daemon, will(topics_));
  for (auto& [name, meter] : meters_) {
    if (!meter.id.empty()) {
      set(meter, false);
    }
  }
}

// For the next run, should this one end without a word. As one of the values the list goes out
// before any availability.
void MqttPresence::set_list() {
  std::set<std::string> ids;
  for (const auto& [name, meter] : meters_) {
    if (meter.online) {
      ids.insert(meter.id);
    }
  }
  MqttMessage list = retained(topics_.online_meters(), meter_list(ids));
  if (ids.empty()) {
    table_.set_final(Rank::values, std::move(list));
  } else {
    table_.set(Rank::values, std::move(list));
  }
}

MqttPresence::Meter* MqttPresence::holder(const std::string& id) {
  const auto place =
      std::ranges::find_if(meters_, [&](const auto& each) { return each.second.id == id; });
  return place == meters_.end() ? nullptr : &place->second;
}

std::string meter_list(const std::set<std::string>& ids) {
  if (ids.empty()) {
    return {};
  }
  JsonWriter json;
  json.begin_array();
  std::size_t listed = 0;
  for (const std::string& id : ids) {
    if (id.size() <= max_listed_id && listed < max_listed_meters) {
      json.text(id);
      ++listed;
    }
  }
  return json.end_array().take();
}

std::set<std::string> parse_meter_list(std::string_view text) {
  // irmeter::meter_id() makes ids of these.
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) {
    return {};
  }
  std::set<std::string> ids;
  for (const auto& item : list) {
    const auto* id = item.get_ptr<const std::string*>();
    if (id == nullptr || id->empty() || id->find_first_not_of(alphabet) != std::string::npos) {
      return {};
    }
    ids.insert(*id);
  }
  return meter_list(ids) == text ? ids : std::set<std::string>();
}

}  // namespace irmeterd
