// ir-meterctl retry-key: one more attempt with a key, at the meter that is meant and at no other.
#include "tests/ctl/ctl_fixture.hpp"

namespace irmeterd {
namespace {

class CtlRetryKey : public CtlTest {
 protected:
  CtlRetryKey() { bus_.start(); }

  void start_without_probes(const std::vector<std::string>& meters) {
    std::string tables;
    std::string status;
    for (const std::string& name : meters) {
      tables += meter_table("/dev/no-probe-of-" + name, name);
      status += name + " no-device; ";
    }
    configure(tables);
    start();
    ASSERT_TRUE(shows(status + "on the system bus"));
  }
};

TEST_F(CtlRetryKey, HasARejectedKeyShownOnceMore) {
  Simulator simulator(loop_);
  simulator.start();
  write_key("AAAAAAAAAAAAAAAAAAAA");
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main key-rejected; on the system bus"));
  for (const unsigned attempt : {1U, 2U}) {
    EXPECT_EQ(simulator.requests("security"), attempt);
    EXPECT_EQ(ctl({"retry-key"}), 0) << ctl_->errors();
    EXPECT_EQ(ctl_->output(),
              "Meter: main\nOutcome: the state that 'ir-meterctl status' shows in a moment\n");
    ASSERT_TRUE(eventually([&] { return simulator.requests("security") == attempt + 1; }));
    ASSERT_TRUE(polls(2));
  }
  EXPECT_EQ(simulator.requests("security"), 3U);
}

TEST_F(CtlRetryKey, IsForTheMeterThatIsNamed) {
  start_without_probes({"barn", "house"});
  EXPECT_EQ(ctl({"retry-key", "house", "--json"}), 0) << ctl_->errors();
  EXPECT_EQ(ctl_->output(), "{\"name\":\"house\"}\n");
}

TEST_F(CtlRetryKey, WantsOneNamedWhereThereAreSeveral) {
  start_without_probes({"barn", "house"});
  EXPECT_EQ(ctl({"retry-key"}), 64);
  EXPECT_EQ(ctl_->errors(),
            "ir-meterctl: ir-meterd has several meters: write one of barn, house\n");
  EXPECT_EQ(ctl_->output(), "");
}

TEST_F(CtlRetryKey, SaysThatThereIsNoSuchMeter) {
  start_without_probes({"main"});
  EXPECT_EQ(ctl({"retry-key", "the attic"}), 64);
  EXPECT_EQ(ctl_->errors(),
            "ir-meterctl: ir-meterd has no meter \"the attic\": write one of main\n");
}

TEST_F(CtlRetryKey, SaysThatTheDaemonDoesNotRunAndWhatToDo) {
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(ctl({"retry-key"}), 1);
  EXPECT_EQ(ctl_->errors(),
            "ir-meterctl: ir-meterd is not running: nobody is org.irmeterd.IrMeter1 on the system "
            "bus; see 'systemctl status ir-meterd', and start it with 'sudo systemctl enable --now "
            "ir-meterd'\n");
  EXPECT_EQ(ctl_->output(), "");
}

}  // namespace
}  // namespace irmeterd
