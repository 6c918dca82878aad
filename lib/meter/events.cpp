#include "lib/meter/events.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/meter/little_endian.hpp"

namespace irmeter {
namespace {

constexpr std::uint16_t most_entries = 10'000;
constexpr Firmware more_logs = firmware_since(3, 70);

}  // namespace

Result<LogDimensions> decode_bt71(ByteView table) {
  if (table.size() < bt71_size) {
    return Error{"BT71 is too short"};
  }
  const LogDimensions dimensions{table[3], little_endian<std::uint16_t>(table, 5)};
  constexpr std::uint8_t most_argument = 64;
  if (dimensions.entries == 0 || dimensions.entries > most_entries ||
      dimensions.argument_size > most_argument) {
    return Error{"BT71 has impossible counts"};
  }
  return dimensions;
}

std::optional<TableRead> et79_room(Firmware firmware) {
  return firmware < more_logs ? std::nullopt : std::optional(TableRead{et54, 80, 2});
}

Result<LogDimensions> decode_et79_room(ByteView part, const LogDimensions& usual) {
  if (part.size() < 2) {
    return Error{"ET54 is too short"};
  }
  const auto entries = little_endian<std::uint16_t>(part, 0);
  return entries > most_entries
             ? Result<LogDimensions>(Error{"ET54 has an impossible count"})
             : Result<LogDimensions>(LogDimensions{usual.argument_size, entries, et79});
}

std::optional<TableRead> et81_room(Firmware firmware) {
  constexpr std::uint32_t count = 1;
  constexpr std::uint32_t description = 17;  // of each log
  return firmware < more_logs ? std::nullopt
                              : std::optional(TableRead{et36, count + 6 * description, 9});
}

Result<LogDimensions> decode_et81_room(ByteView part) {
  if (part.size() < 9) {
    return Error{"ET36 is too short"};
  }
  LogDimensions dimensions{0, little_endian<std::uint16_t>(part, 6), et81};
  if ((little_endian<std::uint16_t>(part, 0) & 0x0FFFU) != et81) {
    dimensions.entries = 0;
    return dimensions;
  }
  constexpr std::uint8_t length_included = 1;
  constexpr std::uint16_t most = 255;  // as its head counts them
  const bool usual_form = little_endian<std::uint16_t>(part, 2) == dimensions.record_size() &&
                          (part[8] & length_included) == 0;
  return !usual_form || dimensions.entries > most
             ? Result<LogDimensions>(Error{"ET36 has a log of outages of another form"})
             : Result<LogDimensions>(dimensions);
}

Result<LogHead> decode_log_head(ByteView table, const LogDimensions& dimensions) {
  if (table.size() < dimensions.head_size()) {
    return Error{table_name(dimensions.table) + " is too short"};
  }
  const LogHead head =
      dimensions.of_outages()
          ? LogHead{table[1], table[2], little_endian<std::uint16_t>(table, 3)}
          : LogHead{little_endian<std::uint16_t>(table, 1), little_endian<std::uint16_t>(table, 3),
                    little_endian<std::uint32_t>(table, 5)};
  if (head.valid > dimensions.entries || head.last >= dimensions.entries) {
    return Error{table_name(dimensions.table) + " has impossible counts"};
  }
  return head;
}

Result<Outage> decode_outage(ByteView record) {
  if (record.size() < 2 * long_time_size) {
    return Error{"an outage is too short"};
  }
  const auto begin = decode_time(record.first(long_time_size));
  const auto end = decode_time(record.subspan(long_time_size, long_time_size));
  if (!begin || !end || *end < *begin) {
    return Error{"an outage has no times"};
  }
  return Outage{*begin, std::chrono::duration<std::uint32_t>(*end - *begin)};
}

Result<LogRecord> decode_log_record(ByteView record) {
  constexpr std::size_t without_argument = 12;
  if (record.size() < without_argument) {
    return Error{"a record of BT74 is too short"};
  }
  const auto time = decode_time(record.first(long_time_size));
  if (!time) {
    return time.error();
  }
  const LogRecord decoded{
      *time, little_endian<std::uint16_t>(record, 6), little_endian<std::uint16_t>(record, 8),
      static_cast<std::uint16_t>(little_endian<std::uint16_t>(record, 10) & 0x0FFFU)};
  return decoded.id == 0 ? Result<LogRecord>(Error{"a record of BT74 has no event"})
                         : Result<LogRecord>(decoded);
}

std::string_view event_name(std::uint16_t id) {
  const auto* const found =
      std::ranges::find(event_names, id, [](const auto& each) { return each.first; });
  return found == event_names.end() ? std::string_view() : found->second;
}

}  // namespace irmeter
