#include "daemon/service/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <cerrno>
#include <ctime>
#include <utility>

namespace irmeterd {
namespace {

constexpr std::chrono::seconds retry_after{1};

}  // namespace

ServiceManager::ServiceManager(Loop& loop, const Log& log, std::string_view socket)
    : loop_(loop), log_(log), socket_(socket), retry_(loop.timer([this] { tell_unsent(); })) {}

void ServiceManager::ready() {
  tell(unsent_phase_, "READY=1");
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  tell(unsent_phase_, "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec));
  status_.clear();  // told anew, of what was loaded
}

void ServiceManager::stopping() {
  tell(unsent_phase_, "STOPPING=1\nSTATUS=Stopping");
}

void ServiceManager::status(const std::string& line) {
  if (line != status_) {
    status_ = line;
    tell(unsent_status_, "STATUS=" + line);
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
  if (!send("WATCHDOG=1")) {
    ++dropped_;
  }
}

void ServiceManager::tell(std::optional<std::string>& what, std::string assignments) {
  dropped_ += what ? 1U : 0U;
  what = std::move(assignments);
  tell_unsent();
}

void ServiceManager::tell_unsent() {
  for (auto* const unsent : {&unsent_phase_, &unsent_status_}) {
    if (*unsent && !send(**unsent)) {
      Loop::arm(retry_, loop_.now() + retry_after);
      return;
    }
    unsent->reset();
  }
}

// False where it is to be sent again. One who is not there is not waited for.
bool ServiceManager::send(const std::string& message) {
  const int error = socket_.send(message);
  if (error == EAGAIN || error == ENOBUFS) {
    return false;
  }
  if (const auto dropped = std::exchange(dropped_, 0); dropped > 0 && error == 0) {
    log_.warning("The service manager takes notifications again; " + std::to_string(dropped) +
                 " were dropped.");
  }
  return true;
}

}  // namespace irmeterd
