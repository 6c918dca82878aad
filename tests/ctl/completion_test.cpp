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
  EXPECT_EQ(offered("ir-meterctl dump /et"), "/etc\n");
  std::string all;
  for (const irmeterctl::Command& command : irmeterctl::commands()) {
    all += (all.empty() ? "" : " ") + std::string(command.name);
  }
  EXPECT_EQ(offered("ir-meterctl ''"), all + "\n");
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
