// What the program does besides running as a service.
#include <sstream>

#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class CommandLineOf : public Installation {};

TEST_F(CommandLineOf, VersionAndHelpGoToStandardOutput) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(daemon_->output(), "ir-meterd " IRMETER_VERSION "\n");
  EXPECT_EQ(daemon_->errors(), "");

  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_EQ(daemon_->errors(), "");
  for (const std::string option :
       {"--config FILE", "--check-config", "--log-level LEVEL", "--version", "--help"}) {
    EXPECT_NE(daemon_->output().find("  " + option + " "), std::string::npos) << option;
  }
  std::istringstream lines(daemon_->output());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST_F(CommandLineOf, MistakesEndWith64) {
  struct Mistake {
    std::vector<std::string> arguments;
    std::string named;  // in the message
  };
  const std::vector<Mistake> mistakes{{{"--no-such-option"}, "'--no-such-option'"},
                                      {{"--config"}, "'--config'"},
                                      {{"--log-level", "loud"}, "'loud'"},
                                      {{"file.toml"}, "'file.toml'"},
                                      {{"--check-config=please"}, "'--check-config'"},
                                      {{"-v"}, "'v'"}};
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(run(mistake.arguments), 64) << mistake.named;
    EXPECT_EQ(daemon_->output(), "");
    EXPECT_NE(daemon_->errors().find(mistake.named), std::string::npos) << daemon_->errors();
    EXPECT_TRUE(daemon_->errors().ends_with("Try 'ir-meterd --help'.\n")) << daemon_->errors();
  }
}

TEST_F(CommandLineOf, CheckConfigSaysThatAGoodFileIsRight) {
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(run({"--check-config", "--config", path("ir-meterd.toml")}), 0);
  EXPECT_EQ(daemon_->output() + daemon_->errors(), "The configuration is right.\n");
}

TEST_F(CommandLineOf, CheckConfigWarnsOfWhatCanBeLivedWith) {
  const std::string file = path("ir-meterd.toml");
  configure(meter_table("/dev/no-such-probe"));
  std::filesystem::permissions(file, std::filesystem::perms(0666));
  EXPECT_EQ(run({"--check-config", "--config", file}), 0);
  EXPECT_EQ(daemon_->output(), "The configuration is right.\n");
  EXPECT_EQ(daemon_->errors(), "warning: " + file +
                                   ": everybody may write this file; close it with 'chmod o-w " +
                                   file + "'\n");
}

TEST_F(CommandLineOf, CheckConfigPrintsEveryProblemWithItsPlace) {
  configure("[[meter]]\nname = \"main\"\ndevice = \"probe\"\nintervall = \"1s\"\n");
  EXPECT_EQ(run({"--check-config", "--config", path("ir-meterd.toml")}), 78);
  const std::string file = path("ir-meterd.toml");
  EXPECT_EQ(daemon_->output() + daemon_->errors(),
            file +
                ":3:10: device: \"probe\" is no device; write an absolute path such as "
                "\"/dev/ir-probe\", or \"tcp://host:port\"\n" +
                file + ":4:1: \"intervall\" is unknown here; did you mean \"interval\"?\n");
}

TEST_F(CommandLineOf, CheckConfigLooksAtTheKeyToo) {
  write_key("0123456789012345678");
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(run({"--check-config", "--config", path("ir-meterd.toml")}), 78);
  EXPECT_TRUE(
      daemon_->errors().starts_with(path("credentials/meter-key") + ": key of meter \"main\": "))
      << daemon_->errors();
}

TEST_F(CommandLineOf, CheckConfigTouchesNothing) {
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()) + "[cache]\ndirectory = \"" + path("cache") + "\"\n");
  EXPECT_EQ(run({"--check-config", "--config", path("ir-meterd.toml")}), 0);
  EXPECT_FALSE(std::filesystem::exists(path("cache")));
  EXPECT_EQ(simulator.conversation(), "");
}

}  // namespace
}  // namespace irmeterd
