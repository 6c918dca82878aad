// What the service manager is told: readiness, reloads, one line of status, and signs of life.
//
// Without a service manager ($NOTIFY_SOCKET) every call does nothing. Source: sd_notify(3).
#pragma once

#include <optional>
#include <string>

#include "lib/time.hpp"

namespace irmeterd {

class ServiceManager {
 public:
  void ready();
  void reloading();
  void stopping();
  // Told only when it differs from the last one.
  void status(const std::string& line);

  // After how long without a sign of life it ends the process; nothing where it never does.
  [[nodiscard]] std::optional<irmeter::Duration> watchdog_period() const;
  void feed_watchdog();

 private:
  std::string status_;
};

}  // namespace irmeterd
