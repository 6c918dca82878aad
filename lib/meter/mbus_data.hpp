// How the numbers and dates of M-Bus devices are coded: the data fields of EN 13757-3. What they
// mean is in mbus_records.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/bytes.hpp"
#include "lib/meter/clock.hpp"

namespace irmeter {

// digits * 10^exponent
struct MbusNumber {
  std::int64_t digits = 0;
  int exponent = 0;

  friend bool operator==(const MbusNumber&, const MbusNumber&) = default;
};
[[nodiscard]] double to_double(const MbusNumber& number);
// With as many digits as were sent: "56.780".
[[nodiscard]] std::string to_text(const MbusNumber& number);

// How the bytes of a value are to be read.
struct MbusData {
  enum class Coding : std::uint8_t { none, integer, real, bcd, negative_bcd, text, unknown };
  Coding coding = Coding::none;
  std::size_t size = 0;
};
// By the DIF alone, but for those of variable length. Nothing where there is no telling how many
// bytes there are.
[[nodiscard]] std::optional<MbusData> mbus_data_of(std::uint8_t dif);
[[nodiscard]] constexpr bool has_variable_length(std::uint8_t dif) {
  return (dif & 0x0FU) == 0x0D;
}
// Of those, by the byte in front of them, which is no part of the size.
[[nodiscard]] std::optional<MbusData> mbus_data_of_length(std::uint8_t length);

// Nothing for what stands for "no value", and for what is no number.
[[nodiscard]] std::optional<MbusNumber> mbus_number(const MbusData& data, ByteView bytes,
                                                    bool has_sign);
// Of two bytes and of four. Nothing for what is no date.
[[nodiscard]] std::optional<MeterTime> mbus_date(ByteView bytes);
[[nodiscard]] std::optional<MeterTime> mbus_date_time(ByteView bytes);

}  // namespace irmeter
