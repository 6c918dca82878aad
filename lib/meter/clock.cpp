#include "lib/meter/clock.hpp"

#include "lib/meter/little_endian.hpp"

namespace irmeter {

Result<MeterTime> decode_time(ByteView data) {
  if (data.size() < short_time_size) {
    return Error{"a time is too short"};
  }
  const std::chrono::year_month_day date{std::chrono::year(2'000 + data[0]),
                                         std::chrono::month(data[1]), std::chrono::day(data[2])};
  const std::uint8_t second = data.size() < long_time_size ? 0 : data[5];
  constexpr std::uint8_t years = 100;
  if (!date.ok() || data[0] >= years || data[3] >= 24 || data[4] >= 60 || second >= 60) {
    return Error{"a time is none"};
  }
  return std::chrono::sys_days(date) + std::chrono::hours(data[3]) + std::chrono::minutes(data[4]) +
         std::chrono::seconds(second);
}

Result<MeterTime> decode_bt52(ByteView table) {
  return table.size() < bt52_size ? Error{"BT52 is too short"} : decode_time(table);
}

Result<TimeOffsets> decode_bt53(ByteView table) {
  if (table.size() < bt53_size) {
    return Error{"BT53 is too short"};
  }
  const TimeOffsets offsets{std::chrono::minutes(table[3]),
                            std::chrono::minutes(little_endian<std::int16_t>(table, 4))};
  constexpr std::chrono::hours most(14);  // of any zone
  if (std::chrono::abs(offsets.zone) > most || offsets.daylight_saving > std::chrono::hours(2)) {
    return Error{"BT53 has a time zone that is none"};
  }
  return offsets;
}

Result<LocalClock> decode_bt55(ByteView table) {
  if (table.size() < bt55_size) {
    return Error{"BT55 is too short"};
  }
  const auto time = decode_time(table);
  if (!time) {
    return time.error();
  }
  constexpr std::size_t clock_flags = 6;
  const auto status = little_endian<std::uint16_t>(table, 7);
  return LocalClock{*time, static_cast<std::uint8_t>((status & 0x07U) + 1),
                    static_cast<std::uint8_t>(status >> 12U), (table[clock_flags] & 0x08U) != 0};
}

}  // namespace irmeter
