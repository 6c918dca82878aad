// Log lines for the journal, or for a terminal.
//
// Under systemd each line is a journal entry with the fields given (METER=, STATE= ...); elsewhere
// it is plain text on stderr. Level and target can be changed while the daemon runs.
// Functions that log say so by taking a Log; lib/ never does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace irmeterd {

enum class LogLevel { error, warning, info, debug, trace };

enum class LogTarget {
  console,  // plain text on standard error
  journal,  // entries with fields
};

[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view name);

// The journal where standard error is connected to it, else the console.
[[nodiscard]] LogTarget default_log_target();

class Log {
 public:
  // Journal fields beside the message: upper-case names, values without secrets.
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  static constexpr std::string_view identifier = "ir-meterd";  // SYSLOG_IDENTIFIER

  explicit Log(LogLevel level = LogLevel::info, LogTarget target = default_log_target())
      : level_(level), target_(target) {}

  void set_level(LogLevel level) { level_ = level; }
  [[nodiscard]] LogLevel level() const { return level_; }
  [[nodiscard]] bool enabled(LogLevel level) const { return level <= level_; }

  void set_target(LogTarget target) { target_ = target; }
  [[nodiscard]] LogTarget target() const { return target_; }

  void write(LogLevel level, std::string_view message, const Fields& fields = {}) const noexcept;

  void error(std::string_view message, const Fields& fields = {}) const noexcept {
    write(LogLevel::error, message, fields);
  }
  void warning(std::string_view message, const Fields& fields = {}) const noexcept {
    write(LogLevel::warning, message, fields);
  }
  void info(std::string_view message, const Fields& fields = {}) const noexcept {
    write(LogLevel::info, message, fields);
  }
  void debug(std::string_view message, const Fields& fields = {}) const noexcept {
    write(LogLevel::debug, message, fields);
  }
  void trace(std::string_view message, const Fields& fields = {}) const noexcept {
    write(LogLevel::trace, message, fields);
  }

 private:
  LogLevel level_;
  LogTarget target_;
};

}  // namespace irmeterd
