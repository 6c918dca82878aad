// Log lines for the journal, or for a terminal.
//
// Under systemd each line is a journal entry with the fields given (METER=, STATE= ...); elsewhere
// it is plain text on stderr. Level and target can be changed while the daemon runs. Writing never
// waits: a line that nobody takes at once is lost, and the next one that is taken comes after the
// count of those.
// Functions that log say so by taking a Log; lib/ never does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/nonblocking.hpp"

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

  static constexpr std::string_view journal_socket = "/run/systemd/journal/socket";

  explicit Log(LogLevel level = LogLevel::info, LogTarget target = default_log_target(),
               std::string_view journal = journal_socket)
      : level_(level), target_(target), journal_(journal) {}

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
  [[nodiscard]] bool put(LogLevel level, std::string_view message,
                         const Fields& fields) const noexcept;

  LogLevel level_;
  LogTarget target_;
  DatagramOutput journal_;
  mutable ErrorOutput console_;
  mutable std::size_t lost_ = 0;  // lines in a row
};

}  // namespace irmeterd
