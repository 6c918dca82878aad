// ir-meterctl retry-key: one more attempt with a key, at the meter that is meant and at no other.
#include <fstream>

#include "tests/ctl/ctl_fixture.hpp"

namespace irmeterd {
namespace {

class CtlRetryKey : public CtlTest {
 protected:
  CtlRetryKey() { bus_.start(); }

  void start_with_wrong_key(Simulator& simulator) {
    simulator.start();
    write_key("AAAAAAAAAAAAAAAAAAAA");
    configure(meter_table(simulator.device()));
    start();
    ASSERT_TRUE(shows("main key-rejected; on the system bus"));
  }
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
  ASSERT_NO_FATAL_FAILURE(start_with_wrong_key(simulator));
  for (const unsigned attempt : {1U, 2U}) {
    EXPECT_EQ(simulator.requests("security"), attempt);
    EXPECT_EQ(ctl({"retry-key", "--yes"}), 1) << ctl_->errors();
    EXPECT_TRUE(ctl_->output().starts_with(
        "Meter: main\nState: key-rejected\nOutcome: The meter does not accept the key"))
        << ctl_->output();
    EXPECT_EQ(simulator.requests("security"), attempt + 1);
    ASSERT_TRUE(polls(2));
  }
  EXPECT_EQ(simulator.requests("security"), 3U);
}

TEST_F(CtlRetryKey, AsksFirst) {
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(start_with_wrong_key(simulator));
  const auto answer = [&](const std::string& text) {
    std::ofstream(path("answer")) << text;
    return ctl({"retry-key"}, {}, path("answer"));
  };
  for (const char* no : {"", "\n", "no\n", "yesterday\n"}) {
    EXPECT_EQ(answer(no), 1);
    EXPECT_TRUE(complains("alarm at the grid company")) << ctl_->errors();
    EXPECT_TRUE(complains("Show it to the meter main once more? [y/N] ")) << ctl_->errors();
    EXPECT_TRUE(complains("nothing was done")) << ctl_->errors();
    EXPECT_EQ(ctl_->output(), "");
  }
  EXPECT_EQ(simulator.requests("security"), 1U);
  EXPECT_EQ(answer("Yes\n"), 1);
  EXPECT_EQ(simulator.requests("security"), 2U);
}

// A meter that took a right key for one that may read nothing.
TEST_F(CtlRetryKey, WaitsForTheOutcome) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--fault", "reads-refused"}));
  simulator.start();
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main key-rejected; on the system bus"));
  simulator.end_faults();
  EXPECT_EQ(ctl({"retry-key", "--yes"}), 0) << ctl_->errors();
  EXPECT_EQ(ctl_->output(), "Meter: main\nState: online\nOutcome: The latest poll succeeded.\n");
}

TEST_F(CtlRetryKey, IsForTheMeterThatIsNamed) {
  start_without_probes({"barn", "house"});
  EXPECT_EQ(ctl({"retry-key", "house", "--json", "--yes"}), 1) << ctl_->errors();
  EXPECT_TRUE(
      ctl_->output().starts_with("{\"name\":\"house\",\"state\":\"no-device\",\"state_detail\":"))
      << ctl_->output();
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
