// The meter's own log: what is new in it is told everywhere, each entry once, over restarts.
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/bus_names.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class MetersLog : public Installation {
 protected:
  void SetUp() override {
    simulator_->start();
    bus_.start();
    configure(meter_table(simulator_->device()) + "slow_interval = \"1s\"\n" +
              mqtt_table(broker_.url()));
  }
  void stop() {
    daemon_->signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  }
  // As the home automation is told of the entity.
  [[nodiscard]] bool announced() const {
    const auto device = nlohmann::json::parse(
        watcher_.payload("homeassistant/device/elon_0000000012345678/config"), nullptr, false);
    return device.is_object() && device.at("components").contains("log");
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  // A flag that appears a while after the log was read.
  std::unique_ptr<Simulator> simulator_ =
      std::make_unique<Simulator>(loop_, Simulator::Place::pseudo_terminal,
                                  Simulator::quick({"--fault", "status:value=57,after=4"}));
  std::string event_ = "ir-meterd/meter/elon_0000000012345678/event";
};

TEST_F(MetersLog, IsToldOnce) {
  start();
  ASSERT_TRUE(eventually([&] { return watcher_.count(event_) > 0; }));
  const auto event = nlohmann::json::parse(watcher_.payload(event_));
  EXPECT_EQ(event.at("event_type"), "magnetic_tamper");
  EXPECT_EQ(event.at("id"), 89);
  EXPECT_FALSE(event.at("own"));
  EXPECT_FALSE(watcher_.latest(event_)->retained);
  EXPECT_EQ(logged("the log of the meter has a new entry: magnetic tamper"), 1U);
  ASSERT_TRUE(eventually([&] { return announced(); }));

  stop();
  watcher_.forget();
  start();
  ASSERT_TRUE(eventually([&] { return announced(); }));  // the log was read
  ASSERT_TRUE(polls(6));
  EXPECT_EQ(watcher_.count(event_), 0U);
  EXPECT_EQ(logged("has a new entry"), 0U);
}

TEST_F(MetersLog, IsASignalOnTheBus) {
  BusClient client(loop_, bus_.address());
  client.listen();
  start();
  ASSERT_TRUE(eventually([&] {
    return std::ranges::any_of(client.signals, [](const Signal& signal) {
      return signal.member == "EventLogged" && signal.path == meter_path("main");
    });
  }));
}

// A meter with all three logs, known from an earlier run. What that has told of BT74 is newer than
// what is new in ET79: the two are counted together, and were read at different moments.
class MetersLogs : public MetersLog {
 protected:
  MetersLogs() {
    simulator_ = std::make_unique<Simulator>(
        loop_, Simulator::Place::pseudo_terminal,
        Simulator::quick({"--firmware", "3.70", "--fault", "log-moves:value=91,times=1"}));
  }
  void SetUp() override {
    MetersLog::SetUp();
    start();
    ASSERT_TRUE(eventually([&] { return announced(); }));
    ASSERT_TRUE(polls(6));
    EXPECT_EQ(watcher_.count(event_), 0U);
    stop();
    watcher_.forget();
    told_ = nlohmann::json::parse(std::ifstream(path("state/meters.json")));
  }
  // The daemon has told of each log up to there.
  void have_told(std::uint32_t log, std::uint32_t other_log, std::uint32_t outages) {
    nlohmann::json& meter = told_.at("meters").at(0);
    meter["log_told"] = log;
    meter["other_log_told"] = other_log;
    meter["outages_told"] = outages;
    std::ofstream(path("state/meters.json")) << told_;
  }
  [[nodiscard]] std::vector<nlohmann::json> events() const {
    std::vector<nlohmann::json> all;
    for (const auto& seen : watcher_.seen()) {
      if (seen.topic == event_) {
        all.push_back(nlohmann::json::parse(seen.payload));
      }
    }
    return all;
  }

  nlohmann::json told_;
};

TEST_F(MetersLogs, AreToldOnceEach) {
  const nlohmann::json& told = told_.at("meters").at(0);
  const std::uint32_t last = told.at("log_told");
  EXPECT_EQ(told.at("other_log_told"), last + 1);
  EXPECT_EQ(told.at("outages_told"), 17);
  have_told(last - 2, last - 3, 16);
  start();
  ASSERT_TRUE(eventually([&] { return events().size() == 5; })) << events().size();
  const auto all = events();
  const std::vector<std::string> types{"power_down", "power_up", "power_quality_event",
                                       "power_quality_event", "power_outage"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(all[i].at("event_type"), types[i]) << i;
  }
  EXPECT_EQ(all[2].at("sequence"), last - 2);
  EXPECT_EQ(all[3].at("sequence"), last + 1);
  EXPECT_EQ(all[4].at("time"), all[0].at("time"));  // ET81 has local time
  EXPECT_EQ(all[4].at("end"), all[1].at("time"));
  EXPECT_EQ(all[4].at("text"), "power outage of 1:30:00");
  EXPECT_EQ(logged("has a new entry: power outage of 1:30:00"), 1U);

  stop();
  watcher_.forget();
  start();
  ASSERT_TRUE(eventually([&] { return announced(); }));
  ASSERT_TRUE(polls(6));
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace irmeterd
