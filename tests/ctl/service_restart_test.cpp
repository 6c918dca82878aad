// What is done about the service when the key is there, by what systemctl says of it.
#include "tools/ir-meterctl/secret_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace irmeterctl {
namespace {

class ServiceRestart : public ::testing::Test {
 protected:
  ServiceRestart() { ::setenv("PATH", (dir_.path() + ":" + path_before_).c_str(), 1); }
  ~ServiceRestart() override { ::setenv("PATH", path_before_.c_str(), 1); }

  // A systemctl that answers this to is-active, ends restarts with this status, and keeps a list.
  void systemctl(const std::string& state, int status = 0) {
    const std::string program =
        dir_.write("systemctl", "#!/bin/sh\necho \"$@\" >>" + dir_.path("calls") +
                                    "\n[ $1 = is-active ] || exit " + std::to_string(status) +
                                    "\nprintf '" + state + "'\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::string calls() const {
    std::ifstream file(dir_.path("calls"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  irmeterd::TempDir dir_;
  std::string path_before_ = std::getenv("PATH");
};

TEST_F(ServiceRestart, RestartsWhatRuns) {
  for (const std::string state : {"active", "activating", "reloading"}) {
    systemctl(state + "\n");
    const Restart restart = restart_service();
    EXPECT_FALSE(restart.failed);
    EXPECT_EQ(restart.outcome, "restarted");
    EXPECT_TRUE(calls().ends_with("is-active ir-meterd.service\ntry-restart ir-meterd.service\n"));
  }
}

TEST_F(ServiceRestart, SaysThatItFailed) {
  systemctl("active\n", 1);
  const Restart restart = restart_service();
  EXPECT_TRUE(restart.failed);
  EXPECT_EQ(restart.outcome, "could not be restarted; see 'systemctl status ir-meterd'");
}

TEST_F(ServiceRestart, DoesNotStartWhatDoesNotRun) {
  for (const std::string state : {"inactive", "failed", "unknown"}) {
    systemctl(state + "\n");
    const Restart restart = restart_service();
    EXPECT_FALSE(restart.failed);
    EXPECT_EQ(restart.outcome,
              "not running; start it with 'sudo systemctl enable --now ir-meterd'");
  }
  EXPECT_EQ(calls().find("restart"), std::string::npos);
}

TEST_F(ServiceRestart, SaysWhereThereIsNoSystemd) {
  systemctl("");
  EXPECT_EQ(restart_service().outcome,
            "not restarted, because systemd does not run here; do that yourself");
  EXPECT_EQ(calls().find("restart"), std::string::npos);
}

}  // namespace
}  // namespace irmeterctl
