// What is completed: everything that the tables of commands and options have.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "common/loop.hpp"
#include "tests/support/process.hpp"
#include "tests/support/wait.hpp"
#include "tools/ir-meterctl/command_line.hpp"

namespace irmeterd {
namespace {

std::string content(const std::string& name) {
  std::ifstream file(std::string(COMPLETIONS) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What bash offers behind these words, the last of which is not finished.
std::string offered(const std::string& words) {
  Loop loop;
  Process bash({"bash", "-c",
                "source \"$0\"; COMP_WORDS=(" + words +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ir_meterctl; "
                    "echo \"${COMPREPLY[@]}\"",
                std::string(COMPLETIONS) + "/ir-meterctl"});
  EXPECT_TRUE(wait_until(loop, [&] { return !bash.running(); }));
  EXPECT_EQ(bash.errors(), "");
  return bash.output();
}

TEST(Completion, BashOffersWhatFits) {
  EXPECT_EQ(offered("ir-meterctl set-"), "set-key set-password\n");
  EXPECT_EQ(offered("ir-meterctl --json st"), "status\n");
  EXPECT_EQ(offered("ir-meterctl --bus ''"), "system session\n");
  EXPECT_EQ(offered("ir-meterctl setup --key"), "--key-file\n");
  EXPECT_EQ(offered("ir-meterctl check ''"), "\n");
  EXPECT_EQ(offered("ir-meterctl watch --"),
            "--config --bus --json --root --version --help --influx\n");
  EXPECT_EQ(offered("ir-meterctl --"), "--config --bus --json --root --version --help\n");
  EXPECT_EQ(offered("ir-meterctl dump /et"), "/etc\n");
  std::string all;
  for (const irmeterctl::Command& command : irmeterctl::commands()) {
    all += (all.empty() ? "" : " ") + std::string(command.name);
  }
  EXPECT_EQ(offered("ir-meterctl ''"), all + "\n");
}

// Else a folder by the name of a command would be taken for that.
TEST(Completion, BashTakesNoCommandForAFile) {
  EXPECT_NE(content("ir-meterctl").find("\ncomplete -F _ir_meterctl ir-meterctl\n"),
            std::string::npos);
}

TEST(Completion, ZshAndFishHaveOptionsWithTheirCommands) {
  const std::string zsh = content("_ir-meterctl");
  const auto yes = zsh.find("'--yes[do not ask]'");
  ASSERT_NE(yes, std::string::npos);
  EXPECT_GT(yes, zsh.find("\n  (setup) arguments+=(\n"));
  EXPECT_NE(zsh.find("\n  (dump) arguments+=(\n"), std::string::npos);
  EXPECT_NE(zsh.find("    '2:DIR:_files -/'\n"), std::string::npos);
  const std::string fish = content("ir-meterctl.fish");
  EXPECT_NE(fish.find(" -n '__ir_meterctl_command_is setup retry-key forget' -l yes -d "),
            std::string::npos);
  EXPECT_NE(fish.find("\ncomplete -c ir-meterctl -l json -d "), std::string::npos);
  EXPECT_NE(fish.find(" -n '__ir_meterctl_command_is dump' -x -a "), std::string::npos);
}

TEST(Completion, ZshAndFishHaveEverything) {
  for (const std::string name : {"_ir-meterctl", "ir-meterctl.fish"}) {
    const std::string text = content(name);
    for (const irmeterctl::Command& command : irmeterctl::commands()) {
      EXPECT_NE(text.find(command.name), std::string::npos) << name << ": " << command.name;
    }
    for (const irmeterctl::OptionInfo& option : irmeterctl::options()) {
      EXPECT_NE(text.find(option.name), std::string::npos) << name << ": " << option.name;
    }
  }
}

}  // namespace
}  // namespace irmeterd
