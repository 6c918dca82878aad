// What the tables of the simulated meter are put together from: numbers with the lowest byte first,
// text and points in time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "lib/bytes.hpp"

namespace irmetersim {

using irmeter::Bytes;

inline constexpr std::uint16_t first_extended_table = 2048;

inline void append_text(Bytes& bytes, std::string_view text, std::size_t width, char padding) {
  for (std::size_t i = 0; i < width; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i < text.size() ? text[i] : padding));
  }
}

template <typename Integer>
void append(Bytes& bytes, Integer value) {
  const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(bits >> 8 * i & 0xFFU));
  }
}

inline void append_int32(Bytes& bytes, std::int32_t value) {
  append(bytes, value);
}

inline void append_uint16(Bytes& bytes, std::size_t value) {
  append(bytes, static_cast<std::uint16_t>(value));
}

// Year, month, day, hour, minute: STIME_DATE.
template <typename Clock>
void append_minute(Bytes& bytes, std::chrono::time_point<Clock, std::chrono::seconds> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(time - day);
  bytes.insert(bytes.end(), {static_cast<std::uint8_t>(static_cast<int>(date.year()) - 2'000),
                             static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                             static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
                             static_cast<std::uint8_t>(of_day.hours().count()),
                             static_cast<std::uint8_t>(of_day.minutes().count())});
}

// With the second behind it: LTIME_DATE.
template <typename Clock>
void append_second(Bytes& bytes, std::chrono::time_point<Clock, std::chrono::seconds> time) {
  append_minute(bytes, time);
  bytes.push_back(static_cast<std::uint8_t>(time.time_since_epoch().count() % 60));
}

template <typename Clock>
std::uint8_t weekday(std::chrono::time_point<Clock, std::chrono::seconds> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return static_cast<std::uint8_t>(std::chrono::weekday(day).c_encoding());
}

}  // namespace irmetersim
