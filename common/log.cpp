// Entries are told apart by their fields, not by the line that wrote them.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "common/log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace irmeterd {
namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "info", "debug", "trace"};
// Syslog priorities; the journal has no trace, so it shares debug.
constexpr std::array<int, 5> priorities{3, 4, 6, 7, 7};

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
  if (target_ == LogTarget::console) {
    std::fprintf(stderr, "%s: %.*s\n", names[static_cast<std::size_t>(level)].data(),
                 static_cast<int>(message.size()), message.data());
    return;
  }
  std::vector<std::string> lines;
  lines.reserve(fields.size() + 3);
  lines.push_back("MESSAGE=" + std::string(message));
  lines.push_back("PRIORITY=" + std::to_string(priorities[static_cast<std::size_t>(level)]));
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

}  // namespace irmeterd
