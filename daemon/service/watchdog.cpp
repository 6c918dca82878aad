#include "daemon/service/watchdog.hpp"

#include <string>
#include <utility>

#include "daemon/service/message_ids.hpp"

namespace irmeterd {

Watchdog::Watchdog(Loop& loop, const Log& log, ServiceManager& service_manager,
                   irmeter::Duration period, Steps steps)
    : loop_(loop),
      log_(log),
      service_manager_(service_manager),
      tick_(period / 2),
      steps_(std::move(steps)),
      check_(tick_),
      timer_(loop.timer([this] { on_tick(); })) {
  on_tick();
}

void Watchdog::on_tick() {
  const irmeter::Instant now = loop_.now();
  Loop::arm(timer_, now + tick_);
  const std::vector<Step> steps = steps_();
  const Step* overdue = check_.overdue(steps, now);
  if (overdue == nullptr) {
    if (std::exchange(starving_, false)) {
      log_.info("All parts get on again; the watchdog is fed as before.");
    }
    service_manager_.feed_watchdog();
  } else if (!std::exchange(starving_, true)) {
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now - overdue->since);
    log_.error(overdue->part + " has been stuck for " + std::to_string(waited.count()) +
                   " s; the watchdog is no longer fed, so that the service is started again.",
               {message_id(Event::stuck), {"PART", overdue->part}});
  }
}

}  // namespace irmeterd
