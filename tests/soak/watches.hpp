// Everything a daemon shows of one meter, as its users see it: on D-Bus, over MQTT and in the
// cache. Bus and broker may go and come back meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/soak/household_truth.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"

namespace irmeterd {

// Where what was seen is collected.
struct Sightings {
  std::vector<Shown> shown;
  // How long the polls took, by when they ended, in ms since 1970.
  std::map<std::int64_t, std::chrono::milliseconds> poll_times;
  std::vector<std::string> nonsense;  // what no meter's value can be

  void add(std::string where, WallTime read_at, const irmeter::Reading& reading) {
    shown.push_back({std::move(where), read_at, reading, std::chrono::system_clock::now()});
  }
};

class BusWatch {
 public:
  BusWatch(Loop& loop, std::string meter) : loop_(loop), path_(meter_path(meter)) {}

  static std::string meter_path(const std::string& meter) {
    return std::string(root_path).append("/Meter/").append(meter);
  }

  void connect(const std::string& address);
  void disconnect();
  void look(Sightings& sightings);
  // Somebody has to allow another attempt with the key; asks for it.
  void retry_key();
  [[nodiscard]] std::string fault() const;

 private:
  void take_signals(Sightings& sightings);
  void show(Sightings& sightings) const;
  static void show_quantities(const Properties& all, Sightings& sightings);

  Loop& loop_;
  std::string path_;
  std::unique_ptr<BusClient> client_;
  std::unique_ptr<Call> get_all_;
  std::unique_ptr<Call> get_quantities_;
  std::unique_ptr<Call> retry_;
  std::optional<Properties> properties_;
};

class MqttWatch {
 public:
  // id: the meter's in the topics
  explicit MqttWatch(std::string id) : prefix_("ir-meterd/meter/" + std::move(id) + "/") {}

  // seen: all messages of a watcher, of which those before `from` are known.
  void look(const std::vector<MqttWatcher::Seen>& seen, std::size_t from,
            Sightings& sightings) const;

 private:
  std::string prefix_;
};

class CacheWatch {
 public:
  explicit CacheWatch(std::string folder) : folder_(std::move(folder)) {}

  void look(Sightings& sightings);

 private:
  std::string folder_;
  std::map<std::string, WallTime> latest_;  // of each file
};

}  // namespace irmeterd
