// A publisher with a store before it and a real broker behind it, and delays short enough to wait
// for.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/mqtt/publisher.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/store.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {

class MqttFixture : public ::testing::Test {
 protected:
  MqttFixture() {
    using namespace std::chrono_literals;
    timing_.retry.first_wait = 50ms;
    timing_.retry.longest_wait = 200ms;
    timing_.birth_least = 200ms;
    timing_.birth_most = 300ms;
    timing_.settle = 50ms;
    timing_.look = 20ms;
    timing_.discovery_gap = 300ms;
    commands_.on_command([this](const Command& command) { received_.push_back(command.meter); });
  }

  void begin(const MqttConfig& config, const Secret& password = {}) {
    publisher_ =
        std::make_unique<MqttPublisher>(loop_, config, password, store_, commands_, log_, timing_,
                                        std::optional<MqttFailure>(), state_directory_);
  }
  void begin(const Mosquitto& broker) {
    MqttConfig config;
    config.url = broker.url();
    begin(config);
  }
  void end() { publisher_.reset(); }
  // begin(), and wait for the connection.
  [[nodiscard]] ::testing::AssertionResult connect(const Mosquitto& broker) {
    begin(broker);
    return eventually([this] { return publisher_->connected(); });
  }
  [[nodiscard]] ::testing::AssertionResult eventually(const std::function<bool()>& condition) {
    return wait_until(loop_, condition) ? ::testing::AssertionSuccess()
                                        : ::testing::AssertionFailure() << "not in time";
  }
  Loop loop_;
  Log log_{LogLevel::trace};
  CommandQueue commands_{loop_};
  Store store_;
  MqttTiming timing_;
  std::string state_directory_;
  std::vector<std::string> received_;  // names of the meters that were told to read
  MqttTopics topics_{"ir-meterd", "homeassistant", machine_name(), "homeassistant/status"};
  std::string daemon_ = topics_.daemon_availability();
  std::string list_ = topics_.online_meters();
  std::string availability_ = topics_.availability(sample_id);
  std::string registers_ = topics_.registers(sample_id);
  std::string live_ = topics_.live(sample_id);
  std::string diagnostics_ = topics_.diagnostics(sample_id);
  std::string discovery_ = topics_.discovery(sample_id);
  std::string device_ = topics_.discovery("ir-meterd-" + topics_.host);  // of the daemon
  std::string command_ = topics_.command(sample_id);
  std::unique_ptr<MqttPublisher> publisher_;
};

}  // namespace irmeterd
