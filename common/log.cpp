// Entries are told apart by their fields, not by the line that wrote them.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "common/log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace irmeterd {
namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "info", "debug", "trace"};

// Syslog priorities; the journal has no trace, so it shares debug.
constexpr int priority(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return 3;
    case LogLevel::warning:
      return 4;
    case LogLevel::info:
      return 6;
    default:
      return 7;
  }
}

}  // namespace

std::optional<LogLevel> log_level_from(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return static_cast<LogLevel>(i);
    }
  }
  return std::nullopt;
}

// $JOURNAL_STREAM names the device and inode of the stream that is connected to the journal.
LogTarget default_log_target() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  const bool connected = stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
                         std::string_view(stream) ==
                             std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  return connected ? LogTarget::journal : LogTarget::console;
}

void Log::write(LogLevel level, std::string_view message, const Fields& fields) const noexcept {
  if (!enabled(level)) {
    return;
  }
  if (target_ == LogTarget::console) {
    std::fprintf(stderr, "%s: %.*s\n", names[static_cast<std::size_t>(level)].data(),
                 static_cast<int>(message.size()), message.data());
    return;
  }
  std::vector<std::string> lines;
  lines.reserve(fields.size() + 3);
  lines.push_back("MESSAGE=" + std::string(message));
  lines.push_back("PRIORITY=" + std::to_string(priority(level)));
  lines.push_back("SYSLOG_IDENTIFIER=" + std::string(identifier));
  for (const auto& [name, value] : fields) {
    lines.push_back(std::string(name) + "=" + value);
  }
  std::vector<iovec> parts;
  parts.reserve(lines.size());
  for (std::string& line : lines) {
    parts.push_back({line.data(), line.size()});
  }
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

void Log::error(std::string_view message, const Fields& fields) const noexcept {
  write(LogLevel::error, message, fields);
}
void Log::warning(std::string_view message, const Fields& fields) const noexcept {
  write(LogLevel::warning, message, fields);
}
void Log::info(std::string_view message, const Fields& fields) const noexcept {
  write(LogLevel::info, message, fields);
}
void Log::debug(std::string_view message, const Fields& fields) const noexcept {
  write(LogLevel::debug, message, fields);
}
void Log::trace(std::string_view message, const Fields& fields) const noexcept {
  write(LogLevel::trace, message, fields);
}

}  // namespace irmeterd
