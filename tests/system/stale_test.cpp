// A reading grows stale: live values go away everywhere, registers stay with their time. Unless it
// was the daemon that slept.
#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/support/bus_client.hpp"
#include "tests/support/grid.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class Stale : public Installation {};

const std::string topic = "ir-meterd/meter/elon_0000000012345678/";

TEST_F(Stale, AReadingIsLiveForThirtySecondsAndNoLonger) {
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  ASSERT_TRUE(eventually([&] { return watcher.payload(topic + "availability") == "online"; }));
  const auto plugged_in = std::chrono::steady_clock::now();
  simulator.stop();
  ASSERT_TRUE(shows("main no-device; on the system bus; MQTT connected"));
  const std::string last = nlohmann::json::parse(cached("main/reading.json").value()).at("time");
  EXPECT_TRUE(cached("main/BT23"));
  EXPECT_TRUE(cached("main/BT28"));

  ASSERT_TRUE(
      eventually([&] { return watcher.payload(topic + "availability") == "offline"; }, 60s));
  // The last reading was at most a poll older than that.
  EXPECT_GT(std::chrono::steady_clock::now() - plugged_in, 28s);
  EXPECT_EQ(watcher.history(topic + "availability"), "online,offline");

  EXPECT_TRUE(eventually([&] { return !cached("main/BT23") && !cached("main/BT28"); }));
  const auto reading = nlohmann::json::parse(cached("main/reading.json").value());
  EXPECT_EQ(reading.at("time"), last);
  EXPECT_TRUE(reading.contains("energy_import_kwh"));
  EXPECT_FALSE(reading.contains("power_w"));
  const auto registers = nlohmann::json::parse(watcher.payload(topic + "registers"));
  EXPECT_EQ(registers.at("time"), last);
  EXPECT_TRUE(eventually([&] {  // it is written once a second at most
    return cached("metrics.prom")
               ->find("ir_meterd_up{meter=\"main\",serial=\"0000000012345678\"} 0\n") !=
           std::string::npos;
  }));
  EXPECT_EQ(cached("metrics.prom")->find("ir_meterd_power_watts"), std::string::npos);

  simulator.start();
  EXPECT_TRUE(eventually([&] { return watcher.payload(topic + "availability") == "online"; }));
  EXPECT_TRUE(eventually([&] { return cached("main/BT28").has_value(); }));
}

class Sleep : public Installation {
 protected:
  // Stops the daemon in its tracks, as a suspended machine would, and lets it go on.
  void sleep_for(std::chrono::seconds time) {
    bool over = false;
    EventSource alarm = loop_.timer([&] { over = true; });
    daemon_->signal(SIGSTOP);
    Loop::arm(alarm, loop_.now() + time);
    ASSERT_TRUE(eventually([&] { return over; }, 60s));
    daemon_->signal(SIGCONT);
  }
};

TEST_F(Sleep, MakesNoReadingStaleAndNoPollsAreMadeUpFor) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(no_bus + meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  ASSERT_TRUE(eventually([&] { return watcher.count(topic + "live") >= 2; }));
  ASSERT_NO_FATAL_FAILURE(sleep_for(31s));
  const std::size_t until_then = watcher.count(topic + "live");
  bool live = true;
  ASSERT_TRUE(eventually([&] {
    live = live && cached("main/BT28");
    return watcher.count(topic + "live") >= until_then + 5;
  }));
  EXPECT_TRUE(live);
  EXPECT_EQ(watcher.history(topic + "availability"), "online");
  EXPECT_EQ(logged("warning: "), 0U) << daemon_->errors();
  EXPECT_EQ(simulator.requests("log on"), 2U);  // the meter has given up on the first session

  // One poll at once, the others where they would have been anyway.
  const auto polls = simulator.times_of("read BT23");
  const auto slept = std::ranges::adjacent_find(
      polls, [](auto before, auto after) { return after - before > 30s; });
  ASSERT_NE(slept, polls.end());
  const std::vector after(slept + 2, polls.end());
  ASSERT_GE(after.size(), 4U);
  EXPECT_GT(after[3] - after[0], 1s);
  std::vector awake(polls.begin() + 2, slept + 1);  // the first poll also logs on
  awake.insert(awake.end(), after.begin(), after.end());
  EXPECT_LT(off_the_grid(awake, 500ms), 100ms);
}

}  // namespace
}  // namespace irmeterd
