// A wrong key raises one alarm at the utility and never a second one, whatever becomes of the
// daemon.
#include <csignal>

#include "tests/support/bus_client.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

constexpr const char* main_path = "/org/irmeterd/IrMeter1/Meter/main";
constexpr const char* wrong_key = "AAAAAAAAAAAAAAAAAAAA";

class WrongKey : public Installation {
 protected:
  WrongKey() { bus_.start(); }

  void prepare(Simulator& simulator, const std::string& key = wrong_key) {
    write_key(key);
    simulator.start();
    configure(meter_table(simulator.device()));
  }
  void start_again() {
    daemon_->signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
    ASSERT_EQ(daemon_->exit_status(), 0);
    notify_.forget();
    start();
  }
  ::testing::AssertionResult becomes(const std::string& state) {
    return shows("main " + state + "; on the system bus");
  }

  // A few polls more, each asked for; all of them fail with this error.
  void expect_polls_to_fail(const std::string& error) {
    BusClient client(loop_, bus_.address());
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(client.call(main_path, meter_interface, "ReadNow")->error,
                "org.irmeterd.IrMeter1.Error." + error);
    }
  }
  void retry_key() {
    BusClient client(loop_, bus_.address());
    EXPECT_EQ(client.call(main_path, meter_interface, "RetryKey")->error, "");
  }
  [[nodiscard]] std::string detail() {
    BusClient client(loop_, bus_.address());
    return std::get<std::string>(client.get_all(main_path).at("StateDetail"));
  }
};

TEST_F(WrongKey, IsShownToTheMeterOnce) {
  Simulator simulator(loop_);
  prepare(simulator);
  start();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_NE(detail().find("read-only key (RK)"), std::string::npos) << detail();
  EXPECT_EQ(simulator.requests("security"), 1U);

  reload();
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 1U);

  // The same key for what is another driver of the meter.
  configure(meter_table(simulator.device()) + "session = \"each\"\n");
  reload();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 1U);

  start_again();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 1U);
}

TEST_F(WrongKey, IsShownOnceMoreWhenSomebodyAsksForIt) {
  Simulator simulator(loop_);
  prepare(simulator);
  start();
  ASSERT_TRUE(becomes("key-rejected"));
  retry_key();
  ASSERT_TRUE(eventually([&] { return simulator.requests("security") == 2; }));
  expect_polls_to_fail("KeyRejected");
  start_again();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 2U);
}

TEST_F(WrongKey, IsNotShownAgainAfterTheDaemonDiedOverIt) {
  // The answer to Security, its eighth packet, takes almost two seconds.
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--fault", "slow:after=7,times=1,pause=0.2"}));
  prepare(simulator);
  start();
  ASSERT_TRUE(eventually([&] { return simulator.requests("security") == 1; }));
  daemon_->kill();
  start();
  // The meter may still have answered to what the dead one said.
  ASSERT_TRUE(becomes("error"));
  ASSERT_TRUE(eventually([&] { return detail().find("retry-key") != std::string::npos; }));
  EXPECT_NE(detail().find("did not say whether it accepts the key"), std::string::npos) << detail();
  expect_polls_to_fail("Error");
  EXPECT_EQ(simulator.requests("security"), 1U);

  retry_key();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 2U);
}

TEST_F(WrongKey, IsRememberedWhenTheMeterTookItAndRefusedTheReads) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--fault", "reads-refused"}));
  prepare(simulator, std::string(irmetersim::demo_key));
  start();
  ASSERT_TRUE(becomes("key-rejected"));
  EXPECT_NE(detail().find("not the MEP key (MBK)"), std::string::npos) << detail();
  expect_polls_to_fail("KeyRejected");
  start_again();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 1U);
}

TEST_F(WrongKey, IsNotShownWhileThatCannotBeRemembered) {
  const std::string in_the_way = path("state/keys.new");
  std::filesystem::create_directories(in_the_way + "/folder");
  Simulator simulator(loop_);
  prepare(simulator);
  start();
  ASSERT_TRUE(becomes("error"));
  EXPECT_NE(detail().find("/var/lib/ir-meterd"), std::string::npos) << detail();
  expect_polls_to_fail("Error");
  start_again();
  ASSERT_TRUE(becomes("error"));
  expect_polls_to_fail("Error");
  EXPECT_EQ(simulator.requests("security"), 0U);

  std::filesystem::remove_all(in_the_way);
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  start_again();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 1U);
}

// One meter by two names, for two daemons that start at the same moment.
TEST_F(WrongKey, IsShownOnceByAllWhoReadTheMeter) {
  Simulator one(loop_);
  Simulator two(loop_);
  Simulator three(loop_);
  two.start();
  three.start();
  prepare(one);
  configure(meter_table(one.device()) + meter_table(two.device(), "again"));
  dir_.write("other.toml", std::string(no_bus) + meter_table(three.device()) +
                               "[cache]\ndirectory = \"" + path("run/other") + "\"\n");
  Process other({IR_METERD, "--config", path("other.toml")},
                {"CREDENTIALS_DIRECTORY=" + path("credentials"), "RUNTIME_DIRECTORY=" + path("run"),
                 "STATE_DIRECTORY=" + path("state")});
  start();
  const auto shown = [&] {
    return one.requests("security") + two.requests("security") + three.requests("security");
  };
  const auto logged_off = [&](Simulator& meter) { return meter.requests("log off") > 0; };
  ASSERT_TRUE(eventually([&] { return logged_off(one) && logged_off(two) && logged_off(three); }));
  EXPECT_EQ(shown(), 1U);
}

TEST_F(WrongKey, IsNotShownWhereNothingCanBeRemembered) {
  std::filesystem::remove(path("state"));
  Simulator simulator(loop_);
  prepare(simulator);
  start();
  ASSERT_TRUE(becomes("error"));
  EXPECT_NE(detail().find(path("state") + ": No such file or directory"), std::string::npos)
      << detail();
  expect_polls_to_fail("Error");
  EXPECT_EQ(simulator.requests("security"), 0U);
}

TEST_F(WrongKey, MakesWayForAnother) {
  Simulator simulator(loop_);
  prepare(simulator);
  start();
  ASSERT_TRUE(becomes("key-rejected"));

  write_key("BBBBBBBBBBBBBBBBBBBB");
  reload();
  ASSERT_TRUE(eventually([&] { return simulator.requests("security") == 2; }));
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 2U);

  write_key(wrong_key);
  reload();
  ASSERT_TRUE(becomes("key-rejected"));
  expect_polls_to_fail("KeyRejected");
  EXPECT_EQ(simulator.requests("security"), 2U);

  write_key(std::string(irmetersim::demo_key));
  reload();
  EXPECT_TRUE(becomes("online"));
  EXPECT_EQ(simulator.requests("security"), 3U);
}

}  // namespace
}  // namespace irmeterd
