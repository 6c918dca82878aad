#include "tests/support/simulator.hpp"

#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/wait.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmeterd {
namespace {

// A summer's noon, with the sun on the roof.
constexpr std::chrono::local_seconds noon =
    std::chrono::local_days(std::chrono::year(2025) / std::chrono::June / 21) +
    std::chrono::hours(12);

}  // namespace

Simulator::Options Simulator::quick() {
  return {"--baud", "0", "--speed", "0", "--start-time", "2025-06-21T12:00"};
}

Simulator::Options Simulator::quick(const Options& more) {
  Options options = quick();
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

irmetersim::MeterValues Simulator::fixed_values() {
  irmetersim::MeterSettings settings;
  settings.speed = 0;
  settings.household.start = noon;
  return irmetersim::SimulatedMeter(settings).values({});
}

Simulator::Simulator(Loop& loop, Place place, Options options)
    : loop_(loop), place_(place), options_(std::move(options)) {
  if (place_ == Place::pseudo_terminal) {
    device_ = directory_.path("probe");
  }
}

void Simulator::start() {
  std::vector<std::string> command{IR_METER_SIM, "--verbose"};
  if (place_ == Place::tcp) {
    command.insert(command.end(), {"--tcp", port_});
  } else {
    command.insert(command.end(), {"--link", device_});
  }
  command.insert(command.end(), options_.begin(), options_.end());
  process_ = std::make_unique<Process>(std::move(command));
  const bool ready = wait_until(
      loop_, [this] { return process_->output().ends_with('\n') || !process_->running(); });
  if (!ready || !process_->running()) {
    throw std::runtime_error("the simulated meter does not start: " + process_->errors());
  }
  if (place_ == Place::tcp) {
    device_ = process_->output();
    device_.pop_back();
    port_ = device_.substr(device_.rfind(':') + 1);
  }
}

void Simulator::stop() {
  process_->signal(SIGTERM);
  if (!wait_until(loop_, [this] { return !process_->running(); })) {
    throw std::runtime_error("the simulated meter does not stop");
  }
}

void Simulator::end_faults() const {
  process_->signal(SIGUSR1);
}

std::string Simulator::conversation() const {
  return process_->errors();
}

std::size_t Simulator::requests(std::string_view kind) const {
  return times_of(kind).size();
}

std::vector<std::chrono::milliseconds> Simulator::times_of(std::string_view kind) const {
  std::istringstream lines(conversation());
  std::vector<std::chrono::milliseconds> times;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t meaning = line.find("# ");
    if (line.find(" C> ") != std::string::npos && meaning != std::string::npos &&
        line.substr(meaning + 2).starts_with(kind)) {
      times.push_back(std::chrono::round<std::chrono::milliseconds>(
          std::chrono::duration<double>(std::stod(line))));
    }
  }
  return times;
}

std::size_t Simulator::struck(std::string_view fault) const {
  return occurrences(conversation(), " fault: " + std::string(fault) + "\n");
}

}  // namespace irmeterd
