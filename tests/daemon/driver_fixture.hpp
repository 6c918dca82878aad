// Drivers of meters with a store behind them, and every snapshot they have shown.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/driver.hpp"
#include "daemon/store.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/simulator.hpp"
#include "tests/support/wait.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmeterd {

inline MeterKey right_key() {
  return {*irmeter::Key::from_text(irmetersim::demo_key), {}};
}
inline MeterKey wrong_key() {
  return {*irmeter::Key::from_text("AAAAAAAAAAAAAAAAAAAA"), {}};
}

class DriverFixture : public ::testing::Test, private Sink {
 protected:
  DriverFixture() { store_.add_sink(*this); }
  ~DriverFixture() override {
    drivers_.clear();
    store_.remove_sink(*this);
  }

  // A meter called "main" that is polled more often than a configuration file could ask for.
  static MeterConfig config_for(const std::string& device) {
    MeterConfig config;
    config.name = "main";
    config.device = device;
    config.interval = std::chrono::milliseconds(100);
    return config;
  }

  MeterDriver& drive(const MeterConfig& config, const MeterKey& key = right_key()) {
    return drive(config, key, MeterDriver::options_for(config));
  }
  MeterDriver& drive(const MeterConfig& config, const MeterKey& key,
                     const irmeter::MeterOptions& options) {
    drivers_.push_back(
        std::make_unique<MeterDriver>(loop_, log_, store_, keys_, config, key, options));
    drivers_.back()->start();
    return *drivers_.back();
  }

  [[nodiscard]] const MeterSnapshot& meter(const std::string& name = "main") const {
    return store_.meters().at(name);
  }
  // Polls that brought a reading.
  [[nodiscard]] std::size_t readings(const std::string& name = "main") const {
    std::size_t count = 0;
    for (const auto& [when, snapshot] : shown_) {
      count += snapshot.name == name && snapshot.state() == irmeter::State::online ? 1U : 0U;
    }
    return count;
  }

  ::testing::AssertionResult eventually(const std::function<bool()>& condition) {
    return wait_until(loop_, condition) ? ::testing::AssertionSuccess()
                                        : ::testing::AssertionFailure() << "not in time";
  }
  // Until the meter has this state.
  ::testing::AssertionResult becomes(irmeter::State state, const std::string& name = "main") {
    if (eventually([&] { return meter(name).state() == state; })) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << name << " is " << irmeter::info(meter(name).state()).name << ": "
           << meter(name).detail();
  }
  // The latest poll has failed with this.
  void expect_failure(irmeter::Fault fault, const std::string& context,
                      const std::string& name = "main") const {
    EXPECT_EQ(meter(name).failure, (irmeter::Failure{fault, context}));
  }
  // Until this many polls more have ended, well or badly.
  ::testing::AssertionResult polls(std::uint64_t more, const std::string& name = "main") {
    const std::uint64_t goal = meter(name).counters.polls + more;
    return eventually([&] { return meter(name).counters.polls >= goal; });
  }
  // Stops the only driver, and returns once it says that it has.
  ::testing::AssertionResult stops() {
    bool stopped = false;
    drivers_.front()->stop([&] { stopped = true; });
    return eventually([&] { return stopped; });
  }

  using Clock = std::chrono::steady_clock;

  Loop loop_;
  Log log_;
  Store store_;
  TempDir state_;
  KeyRecord keys_{state_.path(), log_};
  std::vector<std::unique_ptr<MeterDriver>> drivers_;
  std::vector<std::pair<Clock::time_point, MeterSnapshot>> shown_;  // after every poll

 private:
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override {
    if (after.counters.polls > before.counters.polls) {
      shown_.emplace_back(Clock::now(), after);
    }
  }
};

}  // namespace irmeterd
