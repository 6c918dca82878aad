// ir-meterctl beside a daemon that the test starts and stops.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/installation.hpp"

namespace irmeterd {

class CtlTest : public Installation {
 protected:
  // Starts the tool on the test's bus and configuration, with this file as its standard input.
  void start_ctl(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& variables = {},
                 const std::string& input = "/dev/null") {
    std::vector<std::string> command{
        "/bin/sh", "-c",     "input=$1; shift; exec /usr/bin/env \"$@\" <$input", "sh",
        input,     "TZ=UTC", "DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()};
    command.insert(command.end(), variables.begin(), variables.end());
    command.insert(command.end(), {IR_METERCTL, "--config", path("ir-meterd.toml")});
    command.insert(command.end(), arguments.begin(), arguments.end());
    ctl_ = std::make_unique<Process>(std::move(command));
  }
  // Runs it to its end; its exit status, or minus the signal.
  int ctl(const std::vector<std::string>& arguments, const std::vector<std::string>& variables = {},
          const std::string& input = "/dev/null") {
    start_ctl(arguments, variables, input);
    EXPECT_TRUE(wait_until(loop_, [this] { return !ctl_->running(); }));
    return ctl_->exit_status().value_or(-1);
  }

  [[nodiscard]] bool says(const std::string& piece) const {
    return ctl_->output().find(piece) != std::string::npos;
  }
  [[nodiscard]] bool complains(const std::string& piece) const {
    return ctl_->errors().find(piece) != std::string::npos;
  }
  ::testing::AssertionResult soon(const std::function<bool()>& condition) {
    if (wait_until(loop_, condition)) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << ctl_->output() << ctl_->errors();
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    std::istringstream text(ctl_->output());
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  std::unique_ptr<Process> ctl_;
};

}  // namespace irmeterd
