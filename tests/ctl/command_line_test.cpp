// What can be wrong on the command line of ir-meterctl, and what is said then.
#include "tests/ctl/ctl_fixture.hpp"

namespace irmeterd {
namespace {

class CtlCommandLine : public CtlTest {
 protected:
  // Without --config in front.
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), IR_METERCTL);
    ctl_ = std::make_unique<Process>(std::move(arguments));
    EXPECT_TRUE(wait_until(loop_, [this] { return !ctl_->running(); }));
    return ctl_->exit_status().value_or(-1);
  }
};

TEST_F(CtlCommandLine, VersionAndHelpGoToStandardOutput) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(ctl_->output(), "ir-meterctl " IRMETER_VERSION "\n");
  EXPECT_EQ(run({"-V"}), 0);
  EXPECT_EQ(ctl_->output(), "ir-meterctl " IRMETER_VERSION "\n");
  EXPECT_EQ(run({"status", "--help"}), 0);
  const std::string help = ctl_->output();
  EXPECT_EQ(run({"help"}), 0);
  EXPECT_EQ(ctl_->output(), help);
  EXPECT_EQ(run({"-h"}), 0);
  EXPECT_EQ(ctl_->output(), help);
  EXPECT_EQ(ctl_->errors(), "");
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
  for (const std::string word :
       {"set-key", "ports", "check [METER]", "status", "watch", "retry-key [METER]"}) {
    EXPECT_TRUE(says("\n  " + word + " ")) << word;
  }
}

TEST_F(CtlCommandLine, MistakesEndWith64AndSayWhatIsRight) {
  struct Mistake {
    std::vector<std::string> arguments;
    std::string named;  // in the message
  };
  const std::vector<Mistake> mistakes{
      {{}, "a command is missing"},
      {{"stauts"}, "unknown command \"stauts\"; did you mean status?"},
      {{"eat"}, "unknown command \"eat\""},
      {{"status", "--jason"}, "there is no option \"--jason\"; did you mean --json?"},
      {{"status", "main"}, "unexpected argument \"main\": status takes none"},
      {{"check", "a", "b"}, "unexpected argument \"b\": check takes one at most"},
      {{"status", "--bus", "none"}, "--bus: \"none\" is neither system nor session"},
      {{"set-key", "--root", "here"}, "--root: \"here\" is not an absolute path"},
      {{"check", "--meter", "main"},
       "--meter is an option of setup, set-key, table, dump and history: write check METER"},
      {{"retry-key", "a", "b"}, "unexpected argument \"b\": retry-key takes one at most"},
      {{"retry-key", "--meter", "main"},
       "--meter is an option of setup, set-key, table, dump and history: write retry-key METER"},
      {{"watch", "--no-restart"}, "--no-restart is an option of set-key and set-password"},
      {{"table"}, "table wants a TABLE"},
      {{"table", "23", "--count", "0"}, "--count: \"0\" is not a number it can have"},
      {{"table", "23", "--count", "65536"}, "--count: \"65536\" is not a number it can have"},
      {{"watch", "--yes"}, "--yes is an option of setup, retry-key and forget"},
      {{"--key", "01234567890123456789"},
       "the key is asked for by set-key; on a command line others could read it"},
      {{"set-key", "--key=01234567890123456789"},
       "the key is asked for by set-key; on a command line others could read it"},
      {{"setup", "--key=01234567890123456789"},
       "the key is asked for by set-key; on a command line others could read it"},
      {{"setup", "--passw", "01234567890123456789"}, "there is no option \"--passw\""},
      {{"set-key", "01234567890123456789"},
       "the key is asked for; on a command line others could read it"},
      {{"set-password", "01234567890123456789"},
       "the password is asked for; on a command line others could read it"},
      {{"set-password", "--password=01234567890123456789"},
       "the password is asked for by set-password; on a command line others could read it"},
      {{"set-key", "-k", "01234567890123456789"}, "there is no option -k"},
      {{"set-key", "--rk=01234567890123456789"}, "there is no option \"--rk\""},
      {{"status", "--json=01234567890123456789"}, "the option --json takes no value"},
      {{"status", "--config"}, "the option --config wants a value"}};
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(run(mistake.arguments), 64) << mistake.named;
    EXPECT_EQ(ctl_->output(), "");
    EXPECT_TRUE(complains(mistake.named)) << ctl_->errors();
    EXPECT_FALSE(complains("0123456789")) << ctl_->errors();
    EXPECT_TRUE(ctl_->errors().ends_with("Try 'ir-meterctl --help'.\n")) << ctl_->errors();
  }
}

TEST_F(CtlCommandLine, OptionsStandAnywhere) {
  bus_.start();
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(ctl({"status", "--json"}), 1);
  const std::string behind = ctl_->output();
  EXPECT_EQ(ctl({"--json", "status"}), 1);
  EXPECT_EQ(ctl_->output(), behind);
  EXPECT_TRUE(behind.starts_with("{")) << behind;
}

TEST_F(CtlCommandLine, OneWayToPrintIsChosen) {
  for (const auto& [one, other] : {std::pair("csv", "json"), std::pair("json", "csv"),
                                   std::pair("influx", "csv"), std::pair("json", "influx")}) {
    EXPECT_EQ(ctl({"history", "--" + std::string(one), "--" + std::string(other)}), 64);
    EXPECT_TRUE(complains("--" + std::string(one) + " and --" + other +
                          " are two ways to print the same: choose one"))
        << ctl_->errors();
  }
  EXPECT_EQ(ctl({"table", "BT23", "--raw", "--hex"}), 64);
}

TEST_F(CtlCommandLine, OutputThatCannotBeWrittenIsNoSuccess) {
  ctl_ = std::make_unique<Process>(std::vector<std::string>{
      "/bin/sh", "-c", "exec \"$0\" --config \"$1\" status >/dev/full", IR_METERCTL, path("none")});
  ASSERT_TRUE(soon([this] { return !ctl_->running(); }));
  EXPECT_EQ(ctl_->exit_status(), 74);
  EXPECT_TRUE(complains("standard output: No space left on device")) << ctl_->errors();
}

}  // namespace
}  // namespace irmeterd
