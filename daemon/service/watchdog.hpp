// Feeds the service manager's watchdog, as long as the loop turns and every part gets on.
//
// A loop that blocks feeds nothing, and neither does one in which a part is stuck; the service
// manager then ends the process and starts it again. Source: sd_watchdog_enabled(3).
#pragma once

#include <functional>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/service/progress.hpp"
#include "daemon/service/service_manager.hpp"

namespace irmeterd {

class Watchdog {
 public:
  using Steps = std::function<std::vector<Step>()>;

  // Feeds at once and then twice in each period, after which it would be missed. steps gives what
  // the parts wait for at that moment.
  Watchdog(Loop& loop, const Log& log, ServiceManager& service_manager, irmeter::Duration period,
           Steps steps);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void on_tick();

  Loop& loop_;
  const Log& log_;
  ServiceManager& service_manager_;
  irmeter::Duration tick_;
  Steps steps_;
  ProgressCheck check_;
  bool starving_ = false;
  EventSource timer_;
};

}  // namespace irmeterd
