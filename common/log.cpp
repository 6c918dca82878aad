#include "common/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace irmeterd {
namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "info", "debug", "trace"};
// Syslog priorities; the journal has no trace, so it shares debug.
constexpr std::array<int, 5> priorities{3, 4, 6, 7, 7};

// One field in the journal's native protocol, which libsystemd speaks only while it may wait: a
// value of more than one line has its length before it.
// Source: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
std::string journal_field(std::string_view name, std::string_view value) {
  std::string field(name);
  if (value.find('\n') == std::string_view::npos) {
    field += '=';
  } else {
    field += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) {
      field += static_cast<char>(std::uint64_t{value.size()} >> shift);
    }
  }
  return field.append(value) + '\n';
}

}  // namespace

std::optional<LogLevel> log_level_from(std::string_view name) {
  const auto* const found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt
                              : std::optional(static_cast<LogLevel>(found - names.begin()));
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
  if (lost_ > 0 &&
      put(LogLevel::warning,
          std::to_string(lost_) + " lines of the log were lost: nobody took them.", {})) {
    lost_ = 0;
  }
  if (lost_ > 0 || !put(level, message, fields)) {
    ++lost_;
  }
}

bool Log::put(LogLevel level, std::string_view message, const Fields& fields) const noexcept {
  if (target_ == LogTarget::console) {
    return console_.write(std::string(names[static_cast<std::size_t>(level)]) + ": " +
                          std::string(message) + "\n");
  }
  std::string entry = journal_field("MESSAGE", message);
  entry += journal_field("PRIORITY", std::to_string(priorities[static_cast<std::size_t>(level)]));
  entry += journal_field("SYSLOG_IDENTIFIER", identifier);
  for (const auto& [name, value] : fields) {
    entry += journal_field(name, value);
  }
  return journal_.send(entry) == 0;
}

}  // namespace irmeterd
