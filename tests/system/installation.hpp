// The program ir-meterd as the service manager runs it: with a configuration, credentials, a
// runtime directory, a notify socket and a system bus, all of them a test's own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/loop.hpp"
#include "tests/support/memory_file.hpp"
#include "tests/support/message_bus.hpp"
#include "tests/support/process.hpp"
#include "tests/support/simulator.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"
#include "tests/system/notify_socket.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmeterd {

class Installation : public ::testing::Test {
 protected:
  Installation() {
    std::filesystem::create_directory(path("run"));
    std::filesystem::create_directory(path("credentials"));
    std::filesystem::create_directory(path("state"));
    write_key(irmetersim::demo_key);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return dir_.path(name); }
  void write_key(const std::string& key) { dir_.write("credentials/meter-key", key + "\n"); }
  void configure(const std::string& text) { dir_.write("ir-meterd.toml", text); }

  // The table of a meter that is polled as often as a configuration may ask for.
  static std::string meter_table(const std::string& device, const std::string& name = "main") {
    return "[[meter]]\nname = \"" + name + "\"\ndevice = \"" + device +
           "\"\ninterval = \"500ms\"\n";
  }
  static std::string mqtt_table(const std::string& url, const std::string& more = {}) {
    return "[mqtt]\nurl = \"" + url + "\"\n" + more;
  }
  static constexpr const char* no_bus = "[dbus]\nbus = \"none\"\n";

  // Starts the daemon with these arguments besides the configuration, and these variables besides
  // those of the service manager.
  void start(const std::vector<std::string>& arguments = {},
             const std::vector<std::string>& variables = {}) {
    std::vector<std::string> command{IR_METERD, "--config", path("ir-meterd.toml")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment{
        "NOTIFY_SOCKET=" + path("notify"), "CREDENTIALS_DIRECTORY=" + path("credentials"),
        "RUNTIME_DIRECTORY=" + path("run"), "DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()};
    environment.insert(environment.end(), variables.begin(), variables.end());
    environment.push_back("STATE_DIRECTORY=" + path("state"));  // where the variables say no other
    daemon_ = std::make_unique<Process>(std::move(command), std::move(environment));
  }
  // Runs the daemon with these arguments until it ends; its exit status.
  [[nodiscard]] std::optional<int> run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), IR_METERD);
    daemon_ = std::make_unique<Process>(
        std::move(arguments),
        std::vector<std::string>{"CREDENTIALS_DIRECTORY=" + path("credentials")});
    (void)wait_until(loop_, [this] { return !daemon_->running(); });
    return daemon_->exit_status();
  }
  // Has it load its configuration again, and waits for it to be through with that.
  void reload() {
    ASSERT_TRUE(eventually([&] { return notify_.count("READY=1") > 0; }));
    notify_.forget();
    daemon_->signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return notify_.count("READY=1") > 0; }));
    EXPECT_TRUE(std::ranges::any_of(notify_.messages(), [](const std::string& message) {
      return message.starts_with("RELOADING=1\nMONOTONIC_USEC=");
    }));
  }
  // A program beside the daemon, until it ends.
  [[nodiscard]] std::string output_of(const std::vector<std::string>& command) {
    Process program(command);
    EXPECT_TRUE(wait_until(loop_, [&] { return !program.running(); })) << command.front();
    EXPECT_EQ(program.exit_status(), 0) << command.front() << ": " << program.errors();
    return program.output();
  }

  ::testing::AssertionResult eventually(const std::function<bool()>& condition,
                                        std::chrono::milliseconds deadline = patience) {
    if (wait_until(loop_, condition, deadline)) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << "not in time; status: " << notify_.status() << "\n"
                                         << daemon_->errors();
  }
  // Until the status line is this.
  ::testing::AssertionResult shows(const std::string& status) {
    return eventually([&] { return notify_.status() == status; });
  }
  // Until the meter is read again from now on.
  ::testing::AssertionResult reads(const std::string& meter = "main") {
    const std::string before = cached(meter + "/reading.json").value_or("");
    return eventually([&] {
      const auto now = cached(meter + "/reading.json");
      return now && *now != before;
    });
  }

  // Until this many polls more of the first meter have ended, well or badly.
  ::testing::AssertionResult polls(unsigned long more) {
    const auto ended = [this] {
      const std::string metrics = cached("metrics.prom").value_or("");
      const auto at = metrics.find("} ", metrics.find("\nir_meterd_polls_total{"));
      return at == std::string::npos ? 0 : std::stoul(metrics.substr(at + 2));
    };
    const unsigned long goal = ended() + more;
    return eventually([&] { return ended() >= goal; });
  }

  [[nodiscard]] std::optional<std::string> cached(const std::string& name) const {
    std::ifstream file(path("run/" + name), std::ios::binary);
    if (!file) {
      return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // How often a piece of text stands in the daemon's log.
  [[nodiscard]] std::size_t logged(const std::string& piece) const {
    return occurrences(daemon_->errors(), piece);
  }

  Loop loop_;
  TempDir dir_;
  NotifySocket notify_{loop_, dir_.path("notify")};
  MessageBus bus_;  // to be started
  std::unique_ptr<Process> daemon_;
};

}  // namespace irmeterd
