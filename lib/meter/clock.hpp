// BT52, BT53, BT55: what a meter's clocks show.
//
// Source: ANSI C12.19 and the vendor's table descriptions; BT52 was decoded of real meters on
// another port, none of them on the optical one. Years are 2000 to 2099.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "lib/bytes.hpp"
#include "lib/result.hpp"

namespace irmeter {

// Local time has no zone here; that a time is UTC the field says.
using MeterTime = std::chrono::sys_seconds;

inline constexpr std::uint16_t bt52_size = 7;
inline constexpr std::uint16_t bt53_size = 6;
inline constexpr std::uint16_t bt55_size = 9;

// Year, month, day, hour, minute, second (LTIME_DATE), or without the second (STIME_DATE). An error
// for a time that is none: zeros, a thirteenth month, February 30th.
inline constexpr std::size_t long_time_size = 6;
inline constexpr std::size_t short_time_size = 5;
[[nodiscard]] Result<MeterTime> decode_time(ByteView data);

// BT52, in UTC.
[[nodiscard]] Result<MeterTime> decode_bt52(ByteView table);

// BT53.
struct TimeOffsets {
  std::chrono::minutes daylight_saving{0};
  std::chrono::minutes zone{0};  // ahead of UTC
};
[[nodiscard]] Result<TimeOffsets> decode_bt53(ByteView table);

// BT55.
struct LocalClock {
  MeterTime time;           // local; set once a minute
  std::uint8_t tariff = 0;  // that counts now, 1 to 8
  std::uint8_t season = 0;  // 0 to 15
  bool daylight_saving = false;
};
[[nodiscard]] Result<LocalClock> decode_bt55(ByteView table);

}  // namespace irmeter
