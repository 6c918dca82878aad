// SIGHUP: the new configuration comes into force, a bad one does not.
#include "common/mqtt/topics.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class Reload : public Installation {};

TEST_F(Reload, ChangesTheIntervalAndKeepsTheBroker) {
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  const std::string mqtt = mqtt_table(broker.url());
  configure(meter_table(simulator.device()) + mqtt);
  start();
  ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));

  configure("[[meter]]\nname = \"main\"\ndevice = \"" + simulator.device() +
            "\"\ninterval = \"700ms\"\n" + mqtt);
  reload();
  EXPECT_TRUE(shows("main online; on the system bus; MQTT connected"));
  ASSERT_TRUE(reads());
  EXPECT_EQ(logged("The configuration was loaded again."), 1U);
  EXPECT_EQ(logged("MQTT: connected"), 1U) << daemon_->errors();
  const std::string topic = "ir-meterd/daemon/" + machine_name() + "/availability";
  EXPECT_TRUE(eventually([&] { return watcher.history(topic) == "online"; }));
  // The old session was ended in order, before the new one.
  EXPECT_EQ(simulator.requests("log off"), 1U);
  EXPECT_EQ(simulator.requests("terminate"), 1U);
}

TEST_F(Reload, LeavesNothingUnderTheOldPrefixes) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  const std::string meter = std::string(no_bus) + meter_table(simulator.device());
  configure(meter + mqtt_table(broker.url()));
  start();
  const std::string id = "elon_0000000012345678";
  const std::vector<std::string> old{
      "ir-meterd/daemon/" + machine_name() + "/availability",
      "ir-meterd/meter/" + id + "/availability", "ir-meterd/meter/" + id + "/registers",
      "ir-meterd/meter/" + id + "/diagnostics", "homeassistant/device/" + id + "/config"};
  const auto all_are = [&](bool empty) {
    return std::ranges::all_of(old, [&](const std::string& topic) {
      const auto latest = watcher.latest(topic);
      return latest && latest->payload.empty() == empty;
    });
  };
  ASSERT_TRUE(eventually([&] { return all_are(false); }));
  configure(meter +
            mqtt_table(broker.url(), "topic_prefix = \"new\"\ndiscovery_prefix = \"ha\"\n"));
  reload();
  EXPECT_TRUE(eventually([&] { return all_are(true); }));
  EXPECT_TRUE(
      eventually([&] { return watcher.payload("new/meter/" + id + "/availability") == "online"; }));
  EXPECT_TRUE(eventually([&] { return !watcher.payload("ha/device/" + id + "/config").empty(); }));
}

TEST_F(Reload, LeavesAnUnchangedMeterInItsSession) {
  Simulator simulator(loop_);
  simulator.start();
  const std::string text = std::string(no_bus) + meter_table(simulator.device());
  configure(text);
  start();
  ASSERT_TRUE(shows("main online"));
  configure(text + "# a remark\n");
  reload();
  ASSERT_TRUE(reads());
  ASSERT_TRUE(reads());
  EXPECT_EQ(simulator.requests("log on"), 1U);
}

TEST_F(Reload, AddsAndRemovesMeters) {
  Simulator one(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--serial", "1"}));
  Simulator two(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--serial", "2"}));
  one.start();
  two.start();
  const std::string first = std::string(no_bus) + meter_table(one.device(), "one");
  configure(first);
  start();
  ASSERT_TRUE(shows("one online"));

  configure(first + meter_table(two.device(), "two"));
  reload();
  ASSERT_TRUE(shows("one online; two online"));
  EXPECT_TRUE(reads("two"));

  configure(std::string(no_bus) + meter_table(two.device(), "two"));
  reload();
  ASSERT_TRUE(shows("two online"));
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path("run/one")); }));
  EXPECT_TRUE(eventually([&] { return one.requests("terminate") == 1; }));
  EXPECT_EQ(two.requests("log on"), 1U);
}

TEST_F(Reload, GivesADeviceToAnotherMeter) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device(), "old"));
  start();
  ASSERT_TRUE(shows("old online"));
  configure(std::string(no_bus) + meter_table(simulator.device(), "new"));
  reload();
  EXPECT_TRUE(shows("new online"));
}

TEST_F(Reload, TakesAKeyThatHasChanged) {
  Simulator simulator(loop_);
  simulator.start();
  const std::string key = dir_.write("key", "AAAAAAAAAAAAAAAAAAAA\n");
  configure(std::string(no_bus) + meter_table(simulator.device()) + "key_file = \"" + key + "\"\n");
  start();
  ASSERT_TRUE(shows("main key-rejected"));
  dir_.write("key", std::string(irmetersim::demo_key) + "\n");
  reload();
  EXPECT_TRUE(shows("main online"));
}

TEST_F(Reload, OfABadFileShowsInTheStatusUntilItIsMended) {
  const std::string good = std::string(no_bus) + meter_table("/dev/no-such-probe");
  configure(good);
  start();
  ASSERT_TRUE(shows("main no-device"));
  configure(good + "session = \"never\"\n");
  reload();
  EXPECT_TRUE(shows("configuration refused, line 7; main no-device"));
  configure("nonsense = 1\n");
  reload();
  EXPECT_TRUE(shows("configuration refused, line 1; main no-device"));
  configure(good);
  reload();
  EXPECT_TRUE(shows("main no-device"));
}

TEST_F(Reload, OfABadFileChangesNothing) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  configure(std::string(no_bus) + meter_table(simulator.device()) + "session = \"never\"\n");
  reload();
  EXPECT_EQ(logged("error: " + path("ir-meterd.toml") + ":7:11: session: "), 1U)
      << daemon_->errors();
  EXPECT_EQ(logged("stays in force"), 1U);
  ASSERT_TRUE(reads());
  EXPECT_EQ(simulator.requests("log on"), 1U);
}

TEST_F(Reload, MovesTheCache) {
  Simulator simulator(loop_);
  simulator.start();
  const std::string text = std::string(no_bus) + meter_table(simulator.device());
  configure(text);
  start();
  ASSERT_TRUE(reads());
  configure(text + "[cache]\ndirectory = \"" + path("elsewhere") + "\"\n");
  reload();
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(path("elsewhere/main/BT28")); }));
  EXPECT_TRUE(std::filesystem::is_empty(path("run")));
}

TEST_F(Reload, JoinsABrokerAndLeavesIt) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  const std::string text = std::string(no_bus) + meter_table("/dev/no-such-probe");
  const std::string topic = "ir-meterd/daemon/" + machine_name() + "/availability";
  configure(text);
  start();
  ASSERT_TRUE(shows("main no-device"));
  configure(text + mqtt_table(broker.url()));
  reload();
  ASSERT_TRUE(shows("main no-device; MQTT connected"));
  ASSERT_TRUE(eventually([&] { return watcher.history(topic) == "online"; }));
  configure(text);
  reload();
  EXPECT_TRUE(shows("main no-device"));
  EXPECT_TRUE(eventually([&] { return watcher.history(topic) == "online,offline"; }));
}

}  // namespace
}  // namespace irmeterd
