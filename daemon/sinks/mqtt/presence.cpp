#include "daemon/sinks/mqtt/presence.hpp"

#include <set>
#include <utility>

#include "daemon/sinks/mqtt/meter_list.hpp"

namespace irmeterd {
namespace {

MqttMessage availability(std::string topic, bool online) {
  return retained(std::move(topic), std::string(online ? mqtt_online : mqtt_offline));
}

}  // namespace

using Rank = MqttTable::Rank;

MqttPresence::MqttPresence(MqttTable& table, const MqttTopics& topics)
    : table_(table), topics_(topics) {
  table_.set(Rank::greeting, availability(topics_.daemon_availability(), true));
}

MqttMessage MqttPresence::will(const MqttTopics& topics) {
  return availability(topics.daemon_availability(), false);
}

void MqttPresence::set(const std::string& id, bool online) {
  bool& now = online_[id];
  if (std::exchange(now, online) != online) {
    set_list();
  }
  table_.set(Rank::availability, availability(topics_.availability(id), online));
}

void MqttPresence::give_up(const std::string& id) {
  online_.erase(id);
  set_list();
  table_.set_final(Rank::availability, availability(topics_.availability(id), false));
}

void MqttPresence::take_back(std::string_view list) {
  for (const std::string& id : parse_meter_list(list)) {
    if (!knows(id)) {
      give_up(id);
    }
  }
}

void MqttPresence::leave() {
  table_.set(Rank::greeting, will(topics_));
  for (const auto& [id, online] : online_) {
    set(id, false);
  }
}

// For the next run, should this one end without a word. As one of the values the list goes out
// before any availability.
void MqttPresence::set_list() {
  std::set<std::string> ids;
  for (const auto& [id, online] : online_) {
    if (online) {
      ids.insert(id);
    }
  }
  MqttMessage list = retained(topics_.online_meters(), meter_list(ids));
  if (ids.empty()) {
    table_.set_final(Rank::values, std::move(list));
  } else {
    table_.set(Rank::values, std::move(list));
  }
}

}  // namespace irmeterd
