// ir-meterctl check, run as a person would, on a machine of the test's own: configuration,
// credential stores and state directory are in a temporary directory, the bus is private.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/loop.hpp"
#include "tests/support/message_bus.hpp"
#include "tests/support/process.hpp"
#include "tests/support/secret_forms.hpp"
#include "tests/support/simulator.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {

class CheckFixture : public ::testing::Test {
 protected:
  CheckFixture() {
    for (const char* directory :
         {"root/etc/credstore", "root/etc/credstore.encrypted", "root/var/lib/ir-meterd", "run"}) {
      std::filesystem::create_directories(path(directory));
    }
    store_key(right_key);
  }

  // No three characters of it can stand in a path, a number or a sentence.
  static constexpr const char* right_key = "!q~Z#w^7%p|R$k}T&m{9";
  // Of a meter that answers at once and wants that key.
  static Simulator::Options meter(const Simulator::Options& more = {}) {
    Simulator::Options options = Simulator::quick({"--key", right_key});
    options.insert(options.end(), more.begin(), more.end());
    return options;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return dir_.path(name); }
  void store_key(const std::string& key) {
    key_ = key;
    dir_.write("root/etc/credstore/meter-key", key + "\n");
  }
  void configure(const std::string& device, const std::string& more = {}) {
    dir_.write("ir-meterd.toml", "[[meter]]\nname = \"main\"\ndevice = \"" + device +
                                     "\"\ninterval = \"500ms\"\n" + more);
  }

  // Runs the check to its end; its exit status. What it says never holds the key.
  int check(std::vector<std::string> arguments = {}) {
    std::vector<std::string> command{IR_METERCTL, "--config",   path("ir-meterd.toml"),
                                     "--root",    path("root"), "check"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process program(command, environment_);
    EXPECT_TRUE(wait_until(
        loop_, [&] { return !program.running(); }, 3 * patience));
    output_ = program.output();
    errors_ = program.errors();
    if (!key_.empty()) {
      expect_without(output_ + errors_, key_, "what the check says");
    }
    return program.exit_status().value_or(-1);
  }
  int check_json() {
    const int status = check({"--json"});
    checks_ = nlohmann::json::parse(output_, nullptr, false).value("checks", nlohmann::json());
    return status;
  }

  // Of the latest check_json().
  [[nodiscard]] nlohmann::json layer(const std::string& name) const {
    for (const auto& line : checks_) {
      if (line.at("layer") == name) {
        return line;
      }
    }
    return {{"result", "missing"}, {"detail", ""}, {"cure", ""}};
  }
  // This is the first layer that is not ok; it says so and names this cure, and what the meter
  // would have to answer behind it was not tried.
  void expect_failed(const std::string& name, const std::string& detail, const std::string& cure) {
    bool failed = false;
    for (const auto& line : checks_) {
      const std::string at = line.at("layer");
      if (at == "broker") {
        break;
      }
      if (at == "service" && name != "service") {
        continue;  // it does not run in most tests
      }
      const bool here = at == name;
      EXPECT_EQ(line.at("result"), here ? "failed" : failed ? "not_tried" : "ok") << line;
      failed = failed || here;
    }
    EXPECT_TRUE(failed) << output_ << errors_;
    const auto line = layer(name);
    EXPECT_NE(line.at("detail").get<std::string>().find(detail), std::string::npos) << line;
    EXPECT_NE(line.at("cure").get<std::string>().find(cure), std::string::npos) << line;
  }

  void expect_line(const std::string& name, const std::string& result, const std::string& detail,
                   const std::string& cure = {}) {
    const auto line = layer(name);
    EXPECT_EQ(line.at("result"), result) << line;
    EXPECT_NE(line.at("detail").get<std::string>().find(detail), std::string::npos) << line;
    EXPECT_NE(line.at("cure").get<std::string>().find(cure), std::string::npos) << line;
  }

  Loop loop_;
  TempDir dir_;
  MessageBus bus_;  // to be started
  std::vector<std::string> environment_{"DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()};
  std::string key_;
  std::string output_;
  std::string errors_;
  nlohmann::json checks_;
};

}  // namespace irmeterd
