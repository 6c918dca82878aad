#include "daemon/sinks/mqtt/table.hpp"

namespace irmeterd {

void MqttTable::set(Rank rank, MqttMessage message) {
  Entry& entry = entries_[{rank, message.topic}];
  entry.final = false;
  if (entry.message != message) {
    entry.message = std::move(message);
    entry.due = true;
  }
}

void MqttTable::set_final(Rank rank, MqttMessage message) {
  Entry& entry = entries_[{rank, message.topic}];
  entry = {.message = std::move(message), .due = true, .final = true};
}

void MqttTable::erase(Rank rank, const std::string& topic) {
  entries_.erase({rank, topic});
}

void MqttTable::renew() {
  for (auto& [key, entry] : entries_) {
    entry.due = true;
  }
}

std::size_t MqttTable::send(Rank up_to, const std::function<bool(const MqttMessage&)>& send) {
  std::size_t sent = 0;
  for (auto place = entries_.begin(); place != entries_.end() && place->first.first <= up_to;) {
    Entry& entry = place->second;
    if (entry.due) {
      if (!send(entry.message)) {
        break;
      }
      entry.due = false;
      ++sent;
    }
    place = entry.final && !entry.due ? entries_.erase(place) : std::next(place);
  }
  return sent;
}

}  // namespace irmeterd
