#include "daemon/sinks/bus/log_control.hpp"

#include <array>
#include <functional>
#include <utility>

#include "daemon/sinks/bus/value.hpp"

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
  throw bus::Error(SD_BUS_ERROR_INVALID_ARGS, text);
}

// A property as sd-bus reads and sets it.
template <auto shown>
int get(sd_bus*, const char*, const char*, const char*, sd_bus_message* message, void* control,
        sd_bus_error* error) noexcept {
  return bus::guarded(error, [&] {
    bus::put(message, std::invoke(shown, *static_cast<const LogControl*>(control)));
  });
}
template <auto take>
int set(sd_bus*, const char*, const char*, const char*, sd_bus_message* message, void* control,
        sd_bus_error* error) noexcept {
  return bus::guarded(error, [&] {
    const char* word = nullptr;
    bus::check(sd_bus_message_read_basic(message, 's', &word), "cannot read a word");
    (static_cast<LogControl*>(control)->*take)(word);
  });
}

// Who may set them is for the policy of the bus to decide.
constexpr std::array interface_table{
    sd_bus_vtable SD_BUS_VTABLE_START(0),
    sd_bus_vtable SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get<&LogControl::level>,
                                           set<&LogControl::set_level>, 0,
                                           SD_BUS_VTABLE_UNPRIVILEGED),
    sd_bus_vtable SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get<&LogControl::target>,
                                           set<&LogControl::set_target>, 0,
                                           SD_BUS_VTABLE_UNPRIVILEGED),
    sd_bus_vtable SD_BUS_PROPERTY("SyslogIdentifier", "s", get<&LogControl::identifier>, 0,
                                  SD_BUS_VTABLE_PROPERTY_CONST),
    sd_bus_vtable SD_BUS_VTABLE_END,
};

}  // namespace

LogControl::LogControl(sd_bus* bus, Log& log) : log_(log) {
  sd_bus_slot* slot = nullptr;
  bus::check(sd_bus_add_object_vtable(bus, &slot, "/org/freedesktop/LogControl1",
                                      "org.freedesktop.LogControl1", interface_table.data(), this),
             "cannot show the log");
  table_.reset(slot);
}

std::string_view LogControl::level() const {
  for (const auto& [word, level] : level_words) {
    if (level == log_.level()) {
      return word;
    }
  }
  return "debug";
}

void LogControl::set_level(std::string_view word) {
  for (const auto& [known, level] : level_words) {
    if (known == word) {
      log_.set_level(level);
      return;
    }
  }
  refuse("Unknown log level: use emerg, alert, crit, err, warning, notice, info or debug.");
}

std::string_view LogControl::target() const {
  return log_.target() == Target::journal ? "journal" : "console";
}

void LogControl::set_target(std::string_view word) {
  if (word == "journal") {
    log_.set_target(Target::journal);
  } else if (word == "console") {
    log_.set_target(Target::console);
  } else if (word == "auto") {
    log_.set_target(default_log_target());
  } else {
    refuse("Unknown log target: use journal, console or auto.");
  }
}

}  // namespace irmeterd
