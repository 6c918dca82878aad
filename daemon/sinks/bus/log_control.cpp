#include "daemon/sinks/bus/log_control.hpp"

#include <array>
#include <utility>

namespace irmeterd {
namespace {

using Level = irmeterd::LogLevel;
using Target = irmeterd::LogTarget;

// The first word of each level is the one that it reads as.
constexpr std::array<std::pair<std::string_view, Level>, 8> level_words{{
    {"err", Level::error},
    {"emerg", Level::error},
    {"alert", Level::error},
    {"crit", Level::error},
    {"warning", Level::warning},
    {"info", Level::info},
    {"notice", Level::info},
    {"debug", Level::debug},
}};

[[noreturn]] void refuse(const std::string& text) {
  throw bus::make_error("org.freedesktop.DBus.Error.InvalidArgs", text);
}

}  // namespace

LogControl::LogControl(sdbus::IConnection& connection, Log& log)
    : AdaptorInterfaces(connection, sdbus::ObjectPath("/org/freedesktop/LogControl1")), log_(log) {
  registerAdaptor();
}

LogControl::~LogControl() {
  unregisterAdaptor();
}

std::string LogControl::LogLevel() {
  for (const auto& [word, level] : level_words) {
    if (level == log_.level()) {
      return std::string(word);
    }
  }
  return "debug";
}

void LogControl::LogLevel(const std::string& value) {
  for (const auto& [word, level] : level_words) {
    if (word == value) {
      log_.set_level(level);
      return;
    }
  }
  refuse("Unknown log level: use emerg, alert, crit, err, warning, notice, info or debug.");
}

std::string LogControl::LogTarget() {
  return log_.target() == Target::journal ? "journal" : "console";
}

void LogControl::LogTarget(const std::string& value) {
  if (value == "journal") {
    log_.set_target(Target::journal);
  } else if (value == "console") {
    log_.set_target(Target::console);
  } else if (value == "auto") {
    log_.set_target(default_log_target());
  } else {
    refuse("Unknown log target: use journal, console or auto.");
  }
}

}  // namespace irmeterd
