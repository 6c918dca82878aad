// Starting: ready when there is a name on the bus, and a status line an administrator can use.
#include "tests/support/bus_client.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

class Start : public Installation {};

TEST_F(Start, IsReadyOnceItsNameIsOnTheBus) {
  bus_.start();
  BusClient client(loop_, bus_.address());
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(eventually([&] { return notify_.count("READY=1") > 0; }));
  // Were it ready any earlier, this could find nobody.
  EXPECT_EQ(client.call(root_path, "org.freedesktop.DBus.Peer", "Ping")->error, "");
  EXPECT_EQ(notify_.count("READY=1"), 1U);
}

TEST_F(Start, IsReadyAtOnceWithoutABusToWaitFor) {
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe"));
  start();
  EXPECT_TRUE(eventually([&] { return notify_.count("READY=1") > 0; }));
}

TEST_F(Start, IsNotHeldUpByAMeterThatIsNotThere) {
  bus_.start();
  configure(meter_table("/dev/no-such-probe"));
  start();
  EXPECT_TRUE(shows("main no-device; on the system bus"));
  EXPECT_EQ(notify_.count("READY=1"), 1U);
}

TEST_F(Start, ShowsTheStateOfTheMeterAndItsChanges) {
  bus_.start();
  Simulator simulator(loop_);
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  simulator.start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  simulator.stop();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
}

TEST_F(Start, SaysThatThereIsNoBusAndReadsAllTheSame) {
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(eventually([&] {
    return notify_.status().starts_with("main online; the system bus is not available: ");
  }));
  EXPECT_EQ(notify_.count("READY=1"), 0U);  // there is time for the bus to come
  EXPECT_TRUE(reads());
  EXPECT_TRUE(daemon_->running());

  bus_.start();
  EXPECT_TRUE(shows("main online; on the system bus"));
  EXPECT_EQ(notify_.count("READY=1"), 1U);
}

TEST_F(Start, FeedsTheWatchdogWhileItRuns) {
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe"));
  start({}, {"WATCHDOG_USEC=200000"});
  EXPECT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 5; }));
}

TEST_F(Start, LeavesTheWatchdogAloneWhereThereIsNone) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online"));
  ASSERT_TRUE(reads());
  EXPECT_EQ(notify_.count("WATCHDOG=1"), 0U);
}

TEST_F(Start, NeedsNoServiceManager) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + "[cache]\ndirectory = \"" +
            path("run") + "\"\n");
  daemon_ = std::make_unique<Process>(
      std::vector<std::string>{IR_METERD, "--config", path("ir-meterd.toml")},
      std::vector<std::string>{"CREDENTIALS_DIRECTORY=" + path("credentials"),
                               "STATE_DIRECTORY=" + path("state")});
  EXPECT_TRUE(reads());
}

TEST_F(Start, SaysHowToStoreAMissingKey) {
  Simulator simulator(loop_);
  simulator.start();
  std::filesystem::remove(path("credentials/meter-key"));
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main no-key"));
  EXPECT_EQ(logged("warning: main: no-key. No key is stored yet: run 'sudo ir-meterctl set-key'"),
            1U)
      << daemon_->errors();
}

}  // namespace
}  // namespace irmeterd
