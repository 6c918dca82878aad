// The program ir-meter-sim as the meter of a test: on a pseudo-terminal or on a TCP port, to be
// stopped and started again at the same place. It prints the conversation, which tests count in.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/loop.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/ir-meter-sim/meter_values.hpp"

namespace irmeterd {

class Simulator {
 public:
  enum class Place {
    pseudo_terminal,  // behind a link of its own
    tcp,              // on a free port
  };
  using Options = std::vector<std::string>;

  // Options of a meter that answers at once and measures the same all the time: fixed_values().
  [[nodiscard]] static Options quick();
  // quick() with others added.
  [[nodiscard]] static Options quick(const Options& more);
  [[nodiscard]] static irmetersim::MeterValues fixed_values();

  // start() makes the meter; the loop is turned while it begins.
  explicit Simulator(Loop& loop, Place place = Place::pseudo_terminal, Options options = quick());

  // Returns when clients can open device(). Throws std::exception when that does not happen.
  void start();
  // The meter and its line are gone when this returns, as if the probe had been unplugged.
  void stop();
  // Ends all faults that it was started with.
  void end_faults() const;

  // For the configuration; for Place::tcp only after the first start().
  [[nodiscard]] const std::string& device() const { return device_; }

  // What client and meter have said since start(), a packet per line.
  [[nodiscard]] std::string conversation() const;
  // Requests of this kind ("log on", "security", "read BT23" ...) since start().
  [[nodiscard]] std::size_t requests(std::string_view kind) const;
  // When they came, since start().
  [[nodiscard]] std::vector<std::chrono::milliseconds> times_of(std::string_view kind) const;
  // How often this fault has struck since start().
  [[nodiscard]] std::size_t struck(std::string_view fault) const;

 private:
  Loop& loop_;
  Place place_;
  Options options_;
  TempDir directory_;
  std::string device_;
  std::string port_ = "0";
  std::unique_ptr<Process> process_;
};

}  // namespace irmeterd
