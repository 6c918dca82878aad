// A reading grows stale: live values go away everywhere, registers stay with their time.
#include <nlohmann/json.hpp>

#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

class Stale : public Installation {};

TEST_F(Stale, AReadingIsLiveForThirtySecondsAndNoLonger) {
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  const std::string topic = "ir-meterd/meter/elon_0000000012345678/";
  ASSERT_TRUE(eventually([&] { return watcher.payload(topic + "availability") == "online"; }));
  simulator.stop();
  ASSERT_TRUE(shows("main no-device; on the system bus; MQTT connected"));
  const auto unplugged = std::chrono::steady_clock::now();
  const std::string last = nlohmann::json::parse(cached("main/reading.json").value()).at("time");
  EXPECT_TRUE(cached("main/BT23"));
  EXPECT_TRUE(cached("main/BT28"));

  ASSERT_TRUE(
      eventually([&] { return watcher.payload(topic + "availability") == "offline"; }, 60s));
  // The last reading was at most a poll older than the loss of the line.
  EXPECT_GT(std::chrono::steady_clock::now() - unplugged, 28s);
  EXPECT_EQ(watcher.history(topic + "availability"), "online,offline");

  EXPECT_TRUE(eventually([&] { return !cached("main/BT23") && !cached("main/BT28"); }));
  const auto reading = nlohmann::json::parse(cached("main/reading.json").value());
  EXPECT_EQ(reading.at("time"), last);
  EXPECT_TRUE(reading.contains("energy_import_kwh"));
  EXPECT_FALSE(reading.contains("power_w"));
  const auto registers = nlohmann::json::parse(watcher.payload(topic + "registers"));
  EXPECT_EQ(registers.at("time"), last);
  const std::string metrics = cached("metrics.prom").value();
  EXPECT_NE(metrics.find("ir_meterd_up{meter=\"main\",serial=\"0000000012345678\"} 0\n"),
            std::string::npos);
  EXPECT_EQ(metrics.find("ir_meterd_power_watts"), std::string::npos);

  simulator.start();
  EXPECT_TRUE(eventually([&] { return watcher.payload(topic + "availability") == "online"; }));
  EXPECT_TRUE(eventually([&] { return cached("main/BT28").has_value(); }));
}

}  // namespace
}  // namespace irmeterd
