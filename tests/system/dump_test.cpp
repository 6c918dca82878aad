// Each dump of a meter in tests/dumps: the simulator serves its tables, the real daemon reads them,
// and what it publishes is what the dump's expected.json says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

std::vector<std::string> dumps() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(IRMETER_DUMPS)) {
    if (entry.is_directory()) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

class Dump : public Installation, public ::testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(OfAMeter, Dump, ::testing::ValuesIn(dumps()), [](const auto& dump) {
  std::string name = dump.param;
  std::ranges::replace_if(
      name, [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

TEST_P(Dump, IsPublishedAsItIsExpected) {
  const std::string folder = std::string(IRMETER_DUMPS) + "/" + GetParam();
  const json expected = json::parse(std::ifstream(folder + "/expected.json"));
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--tables", folder}));
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + "slow_interval = \"1s\"\n" +
            mqtt_table(broker.url()));
  start();
  // By topic: what is there, without what depends on the time of day.
  const auto published = [&] {
    json all = json::object();
    const std::string first = "ir-meterd/meter/" + expected.at("meter").get<std::string>() + "/";
    for (const char* topic : {"registers", "live", "details", "status"}) {
      if (watcher.count(first + topic) > 0) {
        all[topic] = json::parse(watcher.payload(first + topic));
        for (const char* key : {"time", "meter", "clock_offset_s"}) {
          all[topic].erase(key);
        }
      }
    }
    return all;
  };
  const json& values = expected.at("published");
  EXPECT_TRUE(eventually([&] { return published() == values; }))
      << published().dump(2) << "\ndiffers by " << json::diff(values, published()).dump(2);
}

}  // namespace
}  // namespace irmeterd
