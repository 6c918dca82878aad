// org.freedesktop.LogControl1: log level and target, changed while the daemon runs.
//
// This is what "systemctl service-log-level ir-meterd debug" talks to. Source:
// org.freedesktop.LogControl1(5).
#pragma once

#include <string>
#include <string_view>

#include "common/log.hpp"
#include "daemon/sinks/bus/connection.hpp"

namespace irmeterd {

class LogControl {
 public:
  // Throws std::exception when the connection is dead.
  LogControl(sd_bus* bus, Log& log);
  LogControl(const LogControl&) = delete;
  LogControl& operator=(const LogControl&) = delete;

  // In syslog's words, of which there are more than levels of ours: what is worse than err is err,
  // and notice is info. Beyond debug there is none, so trace reads as debug and cannot be set;
  // it has to follow a conversation from its beginning to know what of it is the key.
  [[nodiscard]] std::string_view level() const;
  void set_level(std::string_view word);

  // "journal", "console" (standard error), and to set only, "auto": what it was at the start.
  [[nodiscard]] std::string_view target() const;
  void set_target(std::string_view word);

  [[nodiscard]] std::string_view identifier() const { return Log::identifier; }

 private:
  Log& log_;
  bus::Slot table_;
};

}  // namespace irmeterd
