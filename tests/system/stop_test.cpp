// Stopping: logged off from the meter, nothing left behind, exit status 0, within two seconds.
#include <csignal>

#include "common/mqtt/topics.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

class Stop : public Installation {};

TEST_F(Stop, TakesAtMostTwoSecondsAtTheSpeedOfTheLine) {
  bus_.start();
  Mosquitto broker;
  // At 9600 baud a poll is under way a good part of the time.
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, {"--speed", "0"});
  simulator.start();
  configure(meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));
  const auto begun = std::chrono::steady_clock::now();
  daemon_->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);  // on a slow machine
  EXPECT_EQ(daemon_->exit_status(), 0);
  EXPECT_EQ(simulator.requests("terminate"), 1U);
}

TEST_F(Stop, LogsOffFromTheMeter) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  daemon_->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0) << daemon_->errors();
  EXPECT_EQ(notify_.count("STOPPING=1"), 1U);
  // The simulator may still have to read what was written before the end.
  EXPECT_TRUE(eventually([&] { return simulator.conversation().ends_with("C> 06  # ACK\n"); }));
  EXPECT_EQ(simulator.requests("log on"), 1U);
  EXPECT_EQ(simulator.requests("log off"), 1U);
  EXPECT_EQ(simulator.requests("terminate"), 1U);
}

TEST_F(Stop, LeavesNoFilesBehind) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(reads());
  daemon_->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_TRUE(std::filesystem::is_empty(path("run")));
}

TEST_F(Stop, TellsTheBrokerThatDaemonAndMeterAreOffline) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  const std::string daemon = "ir-meterd/daemon/" + machine_name() + "/availability";
  const std::string meter = "ir-meterd/meter/elon_0000000012345678/availability";
  ASSERT_TRUE(eventually(
      [&] { return watcher.payload(daemon) == "online" && watcher.payload(meter) == "online"; }));
  daemon_->signal(SIGTERM);
  EXPECT_TRUE(eventually(
      [&] { return watcher.payload(daemon) == "offline" && watcher.payload(meter) == "offline"; }));
  EXPECT_EQ(watcher.seen().back().topic, daemon);  // or a meter would be shown as it was
  EXPECT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0);
}

TEST_F(Stop, FollowsTheInterruptFromTheKeyboardToo) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  daemon_->signal(SIGINT);
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0);
  EXPECT_TRUE(eventually([&] { return simulator.requests("terminate") == 1; }));
}

TEST_F(Stop, WaitsForNobodyWhoIsNotThere) {
  configure(meter_table("/dev/no-such-probe") +
            mqtt_table("mqtt://127.0.0.1:" + std::to_string(Mosquitto::closed_port)));
  start();
  ASSERT_TRUE(eventually([&] { return notify_.status().find("MQTT: ") != std::string::npos; }));
  daemon_->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0);
}

TEST_F(Stop, IsNotHeldUpByASecondSignal) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGTERM}) {
    daemon_->signal(number);
  }
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0);
}

}  // namespace
}  // namespace irmeterd
