#include "daemon/service/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <cinttypes>
#include <ctime>

namespace irmeterd {

void ServiceManager::ready() {
  (void)sd_notify(0, "READY=1");
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, usec);
}

void ServiceManager::stopping() {
  (void)sd_notify(0, "STOPPING=1\nSTATUS=Stopping");
}

void ServiceManager::status(const std::string& line) {
  if (line != status_) {
    status_ = line;
    (void)sd_notify(0, ("STATUS=" + line).c_str());
  }
}

std::optional<irmeter::Duration> ServiceManager::watchdog_period() const {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) <= 0) {
    return std::nullopt;
  }
  return irmeter::Duration(static_cast<std::int64_t>(usec));
}

void ServiceManager::feed_watchdog() {
  (void)sd_notify(0, "WATCHDOG=1");
}

}  // namespace irmeterd
