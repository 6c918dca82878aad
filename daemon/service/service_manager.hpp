// What the service manager is told: readiness, reloads, one line of status, and signs of life.
//
// Without a service manager ($NOTIFY_SOCKET) every call does nothing. None waits: where the service
// manager takes nothing, what is true by then is told as soon as it does. Source: sd_notify(3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/nonblocking.hpp"
#include "lib/time.hpp"

namespace irmeterd {

class ServiceManager {
 public:
  // socket: $NOTIFY_SOCKET, or empty.
  ServiceManager(Loop& loop, const Log& log, std::string_view socket);

  void ready();
  void reloading();
  void stopping();
  // Told only when it differs from the last one.
  void status(const std::string& line);

  // After how long without a sign of life it ends the process; nothing where it never does.
  [[nodiscard]] std::optional<irmeter::Duration> watchdog_period() const;
  void feed_watchdog();

 private:
  void tell(std::optional<std::string>& what, std::string assignments);
  void tell_unsent();
  [[nodiscard]] bool send(const std::string& message);

  Loop& loop_;
  const Log& log_;
  DatagramOutput socket_;
  std::string status_;
  std::optional<std::string> unsent_phase_;  // ready, reloading or stopping
  std::optional<std::string> unsent_status_;
  std::size_t dropped_ = 0;
  EventSource retry_;
};

}  // namespace irmeterd
