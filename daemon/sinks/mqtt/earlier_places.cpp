#include "daemon/sinks/mqtt/earlier_places.hpp"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/config/checks.hpp"
#include "common/files.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

constexpr std::size_t max_places_file = 65536;  // bytes; a place with one meter takes some 150

// The first level of a topic, which is taken off.
std::string_view take_level(std::string_view& topic) {
  const std::string_view level = topic.substr(0, topic.find('/'));
  topic.remove_prefix(std::min(level.size() + 1, topic.size()));
  return level;
}

bool matches(std::string_view topic, std::string_view pattern) {
  while (!topic.empty() && !pattern.empty()) {
    const std::string_view wanted = take_level(pattern);
    if (take_level(topic) != wanted && wanted != "+") {
      return false;
    }
  }
  return topic.empty() && pattern.empty();
}

}  // namespace

MqttEarlierPlaces::MqttEarlierPlaces(const std::string& directory, const MqttTopics& topics,
                                     const Log& log)
    : path_(directory.empty() ? "" : directory + "/mqtt.json"),
      topics_(topics),
      log_(log),
      today_{topics.prefix, topics.discovery_prefix, {}} {
  std::string buffer(path_.empty() ? 0 : max_places_file, '\0');
  const auto text = read_file(path_, buffer);
  if (path_.empty() || !text) {
    return;
  }
  try {
    read(*text);
  } catch (const json::exception&) {
    log_.warning(path_ + " makes no sense, and is written anew");
    earlier_.clear();
    written_ = false;
  }
  for (const Place& place : earlier_) {
    add_patterns(place);
  }
}

// A wildcard would stand for what is not ours.
bool MqttEarlierPlaces::makes_sense(const Place& place) {
  const auto is_good = [](const std::string& part) { return !check_topic_prefix(part); };
  return is_good(place.prefix) && is_good(place.discovery_prefix) &&
         std::ranges::all_of(place.ids, is_good);
}

void MqttEarlierPlaces::read(std::string_view text) {
  const json document = json::parse(text);
  if (document.at("host") != topics_.host) {
    return;
  }
  for (const auto& item : document.at("places")) {
    Place place{item.at("topic_prefix"), item.at("discovery_prefix"), item.at("meters")};
    if (!makes_sense(place)) {
      continue;
    }
    if (is_today(place)) {
      today_.ids.merge(place.ids);
      written_ = true;
    } else {
      earlier_.push_back(std::move(place));
    }
  }
}

bool MqttEarlierPlaces::is_today(const Place& place) const {
  return place.prefix == today_.prefix && place.discovery_prefix == today_.discovery_prefix;
}

// Of the topics that are retained.
void MqttEarlierPlaces::add_patterns(const Place& place) {
  const MqttTopics topics{place.prefix, place.discovery_prefix, topics_.host, {}};
  if (place.prefix != today_.prefix) {
    patterns_.insert(patterns_.end(), {topics.daemon_availability(), topics.online_meters()});
    for (const std::string& id : place.ids) {
      patterns_.insert(patterns_.end(),
                       {topics.availability(id), topics.registers(id), topics.status(id),
                        topics.history(id), topics.diagnostics(id), topics.value(id, "+")});
    }
  }
  if (place.discovery_prefix != today_.discovery_prefix) {
    std::set<std::string> devices = place.ids;
    devices.insert(daemon_id(topics_.host));
    for (const std::string& id : devices) {
      patterns_.insert(patterns_.end(),
                       {topics.discovery(id), topics.component_discovery("+", id, "+")});
    }
  }
}

void MqttEarlierPlaces::published(const std::string& id) {
  const bool is_new = !id.empty() && today_.ids.size() < most_ids && today_.ids.insert(id).second;
  if (is_new || !std::exchange(written_, true)) {
    save();
  }
}

bool MqttEarlierPlaces::has(std::string_view topic) const {
  return std::ranges::any_of(patterns_,
                             [&](const std::string& pattern) { return matches(topic, pattern); });
}

// What is kept under the prefix that has not changed is of today, be the meter read here or not.
void MqttEarlierPlaces::forget() {
  for (const Place& place : std::exchange(earlier_, {})) {
    if (place.prefix != today_.prefix && place.discovery_prefix != today_.discovery_prefix) {
      continue;
    }
    for (const std::string& id : place.ids) {
      if (today_.ids.size() < most_ids) {
        today_.ids.insert(id);
      }
    }
  }
  patterns_.clear();
  save();
}

void MqttEarlierPlaces::save() const {
  if (path_.empty()) {
    return;
  }
  json places = json::array();
  const auto add = [&](const Place& place) {
    places.push_back({{"topic_prefix", place.prefix},
                      {"discovery_prefix", place.discovery_prefix},
                      {"meters", place.ids}});
  };
  std::ranges::for_each(earlier_, add);
  add(today_);
  try {
    const json document = {{"host", topics_.host}, {"places", std::move(places)}};
    replace_file(path_, document.dump(2) + "\n");
  } catch (const std::exception& error) {
    log_.warning(std::string("The topics are not remembered: ") + error.what());
  }
}

}  // namespace irmeterd
