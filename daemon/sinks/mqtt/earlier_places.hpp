// Where at the broker the daemon has published before, under other prefixes. What is kept there is
// ours and out of date, so it is removed. This is remembered in the state directory, as the
// configuration may be changed while the daemon does not run.
//
// It holds for this machine alone: the memory may be a copy of another one's.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/log.hpp"
#include "common/mqtt/topics.hpp"

namespace irmeterd {

class MqttEarlierPlaces {
 public:
  static constexpr std::size_t most_ids = 64;  // of a place; more are not remembered

  // Reads `mqtt.json` in the directory; empty: nothing is read or written. topics: of today, which
  // outlive this.
  MqttEarlierPlaces(const std::string& directory, const MqttTopics& topics, const Log& log);

  // Something is published today: of the daemon, or of the meter with this id, too.
  void published(const std::string& id = {});

  // The topics that were used before and are not today, as patterns; without any, there is nothing
  // to be removed.
  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }
  // The topic is one of those, or is such a pattern.
  [[nodiscard]] bool has(std::string_view topic) const;
  // All of it was removed.
  void forget();

 private:
  struct Place {
    std::string prefix;
    std::string discovery_prefix;
    std::set<std::string> ids;  // of meters
  };

  [[nodiscard]] static bool makes_sense(const Place& place);
  void read(std::string_view text);
  void save() const;
  [[nodiscard]] bool is_today(const Place& place) const;
  void add_patterns(const Place& place);

  std::string path_;  // empty: no file
  const MqttTopics& topics_;
  const Log& log_;
  std::vector<Place> earlier_;
  Place today_;
  bool written_ = false;  // today's is in the file
  std::vector<std::string> patterns_;
};

}  // namespace irmeterd
