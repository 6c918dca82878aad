// The parts of the daemon, put together by a configuration and changed by the next one.
//
//   drivers --> store --> outputs        commands come back as values
//
// Reloading compares the new configuration with the one in force and touches only what differs:
// a meter whose table did not change goes on being read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/at_most.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/meter/driver.hpp"
#include "daemon/meter/known_meters.hpp"
#include "daemon/service/service_manager.hpp"
#include "daemon/service/watchdog.hpp"
#include "daemon/sinks/sinks.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class Daemon : private Sink {
 public:
  // Where things are, from the command line and the environment.
  struct Paths {
    std::string config;
    std::string credentials_directory;  // empty: none
    std::string runtime_directory;      // for files to show
    std::string state_directory;        // for what outlives a restart: keys and meters
    std::string notify_socket;          // of the service manager; empty: none
  };

  // The settings are without problems.
  Daemon(Loop& loop, Log& log, Paths paths, Settings settings);

  // Starts everything. The service is ready once all outputs are.
  void start();
  // Loads the configuration again; one with problems is logged and changes nothing.
  void reload();
  // Logs off from the meters, says good-bye to the broker and leaves the loop with 0, all within
  // two seconds.
  void shut_down();

 private:
  void put_outputs_in_place(const Settings* before);
  void reconcile_drivers();
  void retire(std::unique_ptr<MeterDriver> driver);
  void forget(const MeterDriver* retired);
  void dispatch(const Command& command);
  void on_output_change();
  void say_ready();
  void finish();
  void tell_status();
  [[nodiscard]] std::vector<Step> steps() const;
  [[nodiscard]] bool wanted(const MeterDriver& driver) const;
  [[nodiscard]] bool occupied(const MeterConfig& meter) const;

  // The status line has the state of each meter.
  void meter_added(const MeterSnapshot&) noexcept override { status_.want(); }
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;
  void meter_removed(const MeterSnapshot&) noexcept override { status_.want(); }

  Loop& loop_;
  Log& log_;
  Paths paths_;
  Settings settings_;
  ServiceManager service_manager_;
  AtMostEvery status_;  // of service_manager_: many meters change at the same moment
  KeyRecord keys_;
  KnownMeters known_meters_;
  std::string refusal_;  // of the configuration that was to be loaded last; a clause, or empty
  bool ready_ = false;
  bool shutting_down_ = false;

  Store store_;
  CommandQueue commands_;
  Outputs outputs_;
  std::vector<std::unique_ptr<MeterDriver>> drivers_;
  std::vector<std::unique_ptr<MeterDriver>> retiring_;  // logging off
  EventSource ready_limit_;
  EventSource shutdown_limit_;
  std::optional<Watchdog> watchdog_;  // where the service manager has one
};

}  // namespace irmeterd
