// org.freedesktop.LogControl1: log level and target, changed while the daemon runs.
//
// This is what "systemctl service-log-level ir-meterd debug" talks to. Source:
// org.freedesktop.LogControl1(5).
#pragma once

#include <string>

#include "common/log.hpp"
#include "daemon/sinks/bus/compat.hpp"
#include "org.freedesktop.LogControl1.adaptor.hpp"

namespace irmeterd {

class LogControl final : public sdbus::AdaptorInterfaces<org::freedesktop::LogControl1_adaptor> {
 public:
  // Throws sdbus::Error when the connection is dead.
  LogControl(sdbus::IConnection& connection, Log& log);
  virtual ~LogControl();
  LogControl(const LogControl&) = delete;
  LogControl& operator=(const LogControl&) = delete;

 private:
  // In syslog's words, of which there are more than levels of ours: what is worse than err is err,
  // and notice is info. Beyond debug there is none, so trace reads as debug and cannot be set;
  // it has to follow a conversation from its beginning to know what of it is the key.
  std::string LogLevel() override;
  void LogLevel(const std::string& value) override;

  // "journal", "console" (standard error), and to set only, "auto": what it was at the start.
  std::string LogTarget() override;
  void LogTarget(const std::string& value) override;

  std::string SyslogIdentifier() override { return std::string(Log::identifier); }

  Log& log_;
};

}  // namespace irmeterd
