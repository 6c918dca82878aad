// Neighbours that die and come back: bus, broker, and the daemon itself.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "common/mqtt/topics.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class Loss : public Installation {};

constexpr const char* meter_topic = "ir-meterd/meter/elon_0000000012345678/";

TEST_F(Loss, OfTheBusIsSurvivedAndTheNameComesBack) {
  bus_.start();
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  bus_.kill();
  ASSERT_TRUE(eventually([&] {
    return notify_.status().starts_with("main online; the system bus is not available: ");
  }));
  ASSERT_TRUE(reads());
  bus_.start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  BusClient client(loop_, bus_.address());
  const Properties properties = client.get_all("/org/irmeterd/IrMeter1/Meter/main");
  EXPECT_EQ(std::get<std::string>(properties.at("State")), "online");
  EXPECT_EQ(notify_.count("READY=1"), 1U);
  EXPECT_TRUE(daemon_->running());
  EXPECT_EQ(simulator.requests("log on"), 1U);
}

TEST_F(Loss, OfTheBrokerIsSurvivedAndItsSuccessorLearnsEverything) {
  Mosquitto broker;
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  ASSERT_TRUE(shows("main online; MQTT connected"));
  broker.stop();
  ASSERT_TRUE(
      eventually([&] { return notify_.status().starts_with("main online; MQTT: localhost:"); }));
  ASSERT_TRUE(reads());
  broker.start();
  ASSERT_TRUE(shows("main online; MQTT connected"));
  MqttWatcher watcher(loop_, broker);
  const std::string topic = meter_topic;
  EXPECT_TRUE(eventually([&] {
    return watcher.payload(topic + "availability") == "online" &&
           watcher.count(topic + "registers") > 0 && watcher.count(topic + "live") > 0 &&
           watcher.count("homeassistant/device/elon_0000000012345678/config") > 0;
  }));
  EXPECT_EQ(simulator.requests("log on"), 1U);
}

TEST_F(Loss, OfTheDaemonIsToldByTheBroker) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe") + mqtt_table(broker.url()));
  start();
  const std::string topic = "ir-meterd/daemon/" + machine_name() + "/availability";
  ASSERT_TRUE(eventually([&] { return watcher.payload(topic) == "online"; }));
  daemon_->kill();
  EXPECT_TRUE(eventually([&] { return watcher.payload(topic) == "offline"; }));
}

TEST_F(Loss, OfTheDaemonDoesNotKeepItsSuccessorFromTheMeter) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(reads());
  daemon_->kill();
  ASSERT_EQ(simulator.requests("log off"), 0U);  // the meter believes in the old session

  start();
  ASSERT_TRUE(reads());
  EXPECT_EQ(logged("warning: "), 0U) << daemon_->errors();
}

TEST_F(Loss, OfTheDaemonLeavesNoOldValuesInTheCache) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(reads());
  daemon_->kill();
  EXPECT_TRUE(cached("main/BT28"));
  simulator.stop();
  notify_.forget();
  start();
  ASSERT_TRUE(shows("main no-device"));
  EXPECT_FALSE(cached("main/BT23"));
  EXPECT_FALSE(cached("main/BT28"));
}

class Shortage : public Installation {};

#ifndef __SANITIZE_ADDRESS__  // nor UBSan, which needs a descriptor to look at an object
TEST_F(Shortage, OfDescriptorsIsAStateOfTheMeter) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  rlimit before{};
  const auto allow = [&](rlim_t descriptors) {
    const rlimit limit{descriptors, before.rlim_max};
    ASSERT_EQ(::prlimit(daemon_->pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  };
  ASSERT_EQ(::prlimit(daemon_->pid(), RLIMIT_NOFILE, nullptr, &before), 0);
  allow(0);
  simulator.stop();
  ASSERT_TRUE(shows("main no-device"));
  simulator.start();
  ASSERT_TRUE(shows("main error"));
  EXPECT_EQ(logged("Too many open files): configure"), 1U) << daemon_->errors();
  allow(before.rlim_cur);
  EXPECT_TRUE(shows("main online"));
}
#endif

TEST_F(Shortage, OfStandardStreamsIsMadeUpFor_NeedsRoot) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root sees what the daemon has open";
  }
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe"));
  daemon_ = std::make_unique<Process>(
      std::vector<std::string>{"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh", IR_METERD, "--config",
                               path("ir-meterd.toml")},
      std::vector<std::string>{"NOTIFY_SOCKET=" + path("notify"),
                               "RUNTIME_DIRECTORY=" + path("run"),
                               "STATE_DIRECTORY=" + path("state")});
  ASSERT_TRUE(shows("main no-device"));
  const std::string streams = "/proc/" + std::to_string(daemon_->pid()) + "/fd/";
  for (const char* number : {"0", "1", "2"}) {
    EXPECT_EQ(std::filesystem::read_symlink(streams + number), "/dev/null") << number;
  }
}

}  // namespace
}  // namespace irmeterd
