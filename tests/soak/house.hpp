// A simulated meter with a household behind it, and everything that the daemon shows of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/soak/household_truth.hpp"
#include "tests/soak/watches.hpp"
#include "tests/support/simulator.hpp"

namespace irmeterd {

class House {
 public:
  // name: of the meter in the configuration. number: another household and another serial number
  // for each. faults: as on the simulator's command line. The meter has started when it returns.
  House(Loop& loop, const std::string& name, Simulator::Place place, unsigned number,
        const Simulator::Options& faults, const std::string& runtime_directory);

  [[nodiscard]] const std::string& name() const { return name_; }
  // In the topics.
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] Simulator& simulator() { return simulator_; }
  [[nodiscard]] BusWatch& bus() { return bus_; }

  // Takes down what is shown now. messages: of the broker; those before `from` are known.
  void look(const std::vector<MqttWatcher::Seen>& messages, std::size_t from);

  // Compares everything that was taken down with what was measured: what was not true, and how many
  // readings were seen where.
  struct Verdict {
    std::vector<std::string> lies;
    std::map<std::string, std::size_t> seen;
  };
  [[nodiscard]] Verdict judge();

 private:
  [[nodiscard]] std::chrono::milliseconds poll_time(WallTime read_at) const;

  std::string name_;
  std::string id_;
  BusWatch bus_;
  MqttWatch mqtt_;
  CacheWatch cache_;
  Simulator simulator_;
  std::unique_ptr<HouseholdTruth> truth_;
  Sightings sightings_;
};

}  // namespace irmeterd
