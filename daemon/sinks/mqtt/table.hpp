// The latest message of every topic, and which of them the broker has yet to hear.
//
// While the broker is away, new messages just replace old ones: memory is bounded by the number of
// topics, and what goes out after a reconnect is the present, never a history. Only what happens
// once waits, as far as there is room, and is sent once.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/mqtt/session.hpp"

namespace irmeterd {

// What the broker keeps for whoever subscribes later, and what only those hear who are there.
[[nodiscard]] inline MqttMessage retained(std::string topic, std::string payload) {
  return {.topic = std::move(topic), .payload = std::move(payload), .qos = 1, .retained = true};
}
[[nodiscard]] inline MqttMessage passing(std::string topic, std::string payload) {
  return {.topic = std::move(topic), .payload = std::move(payload), .qos = 0, .retained = false};
}

class MqttTable {
 public:
  // Messages go out in this order: a device follows the one it hangs on, an availability the values
  // it vouches for, and the daemon's own those of its meters. Live values do not wait behind the
  // rest, which leaves in one piece (Nagle) once the broker's machine has acknowledged them.
  enum class Rank { parent, discovery, live, values, availability, daemon };

  // due: called whenever there is something to send.
  explicit MqttTable(std::function<void()> due) : due_(std::move(due)) {}

  // The topic's message from now on. One that has been sent and has not changed is not due again.
  void set(Rank rank, MqttMessage message) {
    Place& place = place_of(rank, message.topic);
    place.second.final = false;
    if (place.second.message != message) {
      message.payload.shrink_to_fit();  // it is kept, and was made in a text that grew
      place.second = {.message = std::move(message)};
      make_due(place);
    }
  }
  // Likewise, retained, and made each time it is sent, as it is long and seldom sent.
  void set(Rank rank, const std::string& topic, std::function<std::string()> payload) {
    Place& place = place_of(rank, topic);
    place.second = {.message = retained(topic, ""), .payload = std::move(payload)};
    make_due(place);
  }
  // Likewise, but once it is sent the topic is forgotten.
  void set_final(Rank rank, MqttMessage message) {
    Place& place = place_of(rank, message.topic);
    place.second = {.message = std::move(message), .final = true};
    make_due(place);
  }
  // A message of its own, which replaces none and goes out behind all others. Of more than
  // most_waiting the oldest are dropped.
  static constexpr std::size_t most_waiting = 100;
  void add(MqttMessage message) {
    if (waiting_.size() == most_waiting) {
      waiting_.pop_front();
    }
    waiting_.push_back(std::move(message));
    due_();
  }
  void erase(Rank rank, const std::string& topic) {
    if (const auto place = entries_.find({rank, topic}); place != entries_.end()) {
      due_places_.erase(&*place);
      entries_.erase(place);
    }
  }

  // The topic's message is due once more.
  void renew(Rank rank, const std::string& topic) {
    if (const auto place = entries_.find({rank, topic}); place != entries_.end()) {
      make_due(*place);
    }
  }
  // Everything is due once more: the broker, or somebody behind it, has to be told again.
  void renew() {
    for (Place& place : entries_) {
      due_places_.insert(&place);
    }
    due_();
  }

  // Hands what is due to send, up to and including the rank, until send returns false. Returns how
  // many it took.
  std::size_t send(Rank up_to, const std::function<bool(const MqttMessage&)>& send) {
    std::size_t sent = 0;
    for (auto due = due_places_.begin();
         due != due_places_.end() && (*due)->first.first <= up_to;) {
      const auto& [key, entry] = **due;
      if (!(entry.payload ? send(retained(entry.message.topic, entry.payload()))
                          : send(entry.message))) {
        break;
      }
      ++sent;
      due = due_places_.erase(due);
      if (entry.final) {
        entries_.erase(key);
      }
    }
    while (up_to == Rank::daemon && !waiting_.empty() && send(waiting_.front())) {
      waiting_.pop_front();
      ++sent;
    }
    return sent;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    MqttMessage message;
    std::function<std::string()> payload = {};  // instead of the one in the message
    bool final = false;
  };
  using Key = std::pair<Rank, std::string>;
  using Place = std::map<Key, Entry>::value_type;
  struct ByKey {
    bool operator()(const Place* one, const Place* other) const {
      return one->first < other->first;
    }
  };

  Place& place_of(Rank rank, const std::string& topic) {
    return *entries_.try_emplace({rank, topic}).first;
  }
  void make_due(Place& place) {
    due_places_.insert(&place);
    due_();
  }

  std::function<void()> due_;
  std::map<Key, Entry> entries_;
  std::set<Place*, ByKey> due_places_;  // few of many, where there are many meters
  std::deque<MqttMessage> waiting_;     // of add()
};

}  // namespace irmeterd
