#include "lib/meter/events.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/meter/little_endian.hpp"

namespace irmeter {
Result<LogDimensions> decode_bt71(ByteView table) {
  if (table.size() < bt71_size) {
    return Error{"BT71 is too short"};
  }
  const LogDimensions dimensions{table[3], little_endian<std::uint16_t>(table, 5)};
  constexpr std::uint8_t most_argument = 64;
  constexpr std::uint16_t most_entries = 10'000;
  if (dimensions.entries == 0 || dimensions.entries > most_entries ||
      dimensions.argument_size > most_argument) {
    return Error{"BT71 has impossible counts"};
  }
  return dimensions;
}

Result<LogHead> decode_bt74_head(ByteView table, const LogDimensions& dimensions) {
  if (table.size() < bt74_head_size) {
    return Error{"BT74 is too short"};
  }
  const LogHead head{little_endian<std::uint16_t>(table, 1), little_endian<std::uint16_t>(table, 3),
                     little_endian<std::uint32_t>(table, 5)};
  if (head.valid > dimensions.entries || head.last >= dimensions.entries) {
    return Error{"BT74 has impossible counts"};
  }
  return head;
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
