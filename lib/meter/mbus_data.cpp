#include "lib/meter/mbus_data.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "lib/meter/little_endian.hpp"

namespace irmeter {
namespace {

using Coding = MbusData::Coding;

// The lowest byte is the first one. What stands for "no value" is none.
std::optional<std::int64_t> integer(ByteView bytes, bool has_sign) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | bytes[i];
  }
  const auto bits = static_cast<unsigned>(8 * bytes.size());
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  if (!has_sign) {
    return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
               ? std::optional(static_cast<std::int64_t>(value))
               : std::nullopt;
  }
  if (value == sign) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>((value ^ sign) - sign);
}

std::optional<std::int64_t> decimal_digits(ByteView bytes) {
  std::int64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const unsigned high = bytes[i] >> 4U;
    const unsigned low = bytes[i] & 0x0FU;
    if (high > 9 || low > 9) {
      return std::nullopt;
    }
    value = value * 100 + static_cast<std::int64_t>(high * 10 + low);
  }
  return value;
}

// The fewest digits that are this number again, for a float has no more of them.
std::optional<MbusNumber> real(ByteView bytes) {
  const auto value = std::bit_cast<float>(little_endian<std::uint32_t>(bytes, 0));
  if (value == 0) {
    return MbusNumber{};
  }
  if (!std::isnormal(value)) {
    return std::nullopt;
  }
  const double exact = value;
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(exact))));
  constexpr int enough = 9;
  for (int digits = 1; digits <= enough; ++digits) {
    const int exponent = magnitude - digits + 1;
    const double power = std::pow(10.0, std::abs(exponent));
    const double scaled = std::round(exponent < 0 ? exact * power : exact / power);
    const double back = exponent < 0 ? scaled / power : scaled * power;
    if (static_cast<float>(back) == value) {
      return MbusNumber{static_cast<std::int64_t>(scaled), exponent};
    }
  }
  return std::nullopt;
}

std::optional<MeterTime> moment(int year, unsigned month, unsigned day, unsigned hour,
                                unsigned minute) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// Day, month and year in two bytes, the parts of the year at two places.
constexpr int year_of(unsigned date) {
  return static_cast<int>((date >> 5U & 0x07U) | (date >> 9U & 0x78U));
}
std::optional<MeterTime> date_of(unsigned date, int century, unsigned hour, unsigned minute) {
  const int year = year_of(date);
  return year > 99 ? std::nullopt
                   : moment(century + year, date >> 8U & 0x0FU, date & 0x1FU, hour, minute);
}
// A year alone is of this century up to 2080.
constexpr int century_of(int year) {
  return year <= 80 ? 2000 : 1900;
}

}  // namespace

double to_double(const MbusNumber& number) {
  const auto digits = static_cast<double>(number.digits);
  const double power = std::pow(10.0, std::abs(number.exponent));
  return number.exponent < 0 ? digits / power : digits * power;
}

std::string to_text(const MbusNumber& number) {
  const bool negative = number.digits < 0;
  std::string text = std::to_string(number.digits).substr(negative ? 1 : 0);
  if (number.exponent > 0 && number.digits != 0) {
    text.append(static_cast<std::size_t>(number.exponent), '0');
  } else if (number.exponent < 0) {
    const auto decimals = static_cast<std::size_t>(-number.exponent);
    if (text.size() <= decimals) {
      text.insert(0, decimals + 1 - text.size(), '0');
    }
    text.insert(text.size() - decimals, ".");
  }
  return negative ? "-" + text : text;
}

std::optional<MbusData> mbus_data_of(std::uint8_t dif) {
  constexpr std::array<MbusData, 15> codings{{{Coding::none, 0},
                                              {Coding::integer, 1},
                                              {Coding::integer, 2},
                                              {Coding::integer, 3},
                                              {Coding::integer, 4},
                                              {Coding::real, 4},
                                              {Coding::integer, 6},
                                              {Coding::integer, 8},
                                              {Coding::none, 0},  // a selection: no answer has it
                                              {Coding::bcd, 1},
                                              {Coding::bcd, 2},
                                              {Coding::bcd, 3},
                                              {Coding::bcd, 4},
                                              {Coding::none, 0},  // of variable length
                                              {Coding::bcd, 6}}};
  const std::size_t low = dif & 0x0FU;
  return low < codings.size() ? std::optional(codings[low]) : std::nullopt;
}

std::optional<MbusData> mbus_data_of_length(std::uint8_t length) {
  const std::size_t low = length & 0x0FU;
  if (length < 0xC0) {
    return MbusData{Coding::text, length};
  }
  if (length < 0xE0) {
    constexpr std::size_t most_bcd = 9;
    return low <= most_bcd
               ? std::optional(MbusData{length < 0xD0 ? Coding::bcd : Coding::negative_bcd, low})
               : std::nullopt;
  }
  return length < 0xF0 ? std::optional(MbusData{Coding::unknown, low}) : std::nullopt;
}

std::optional<MbusNumber> mbus_number(const MbusData& data, ByteView bytes, bool has_sign) {
  std::optional<std::int64_t> digits;
  switch (data.coding) {
    case Coding::real:
      return real(bytes);
    case Coding::integer:
      digits = integer(bytes, has_sign);
      break;
    case Coding::bcd:
    case Coding::negative_bcd:
      digits = bytes.empty() ? std::nullopt : decimal_digits(bytes);
      break;
    default:
      break;
  }
  if (!digits) {
    return std::nullopt;
  }
  return MbusNumber{data.coding == Coding::negative_bcd ? -*digits : *digits};
}

std::optional<MeterTime> mbus_date(ByteView bytes) {
  const unsigned date = little_endian<std::uint16_t>(bytes, 0);
  return date_of(date, century_of(year_of(date)), 0, 0);
}

std::optional<MeterTime> mbus_date_time(ByteView bytes) {
  constexpr unsigned invalid = 0x80;
  const unsigned minute = bytes[0];
  const unsigned hour = bytes[1];
  const unsigned date = little_endian<std::uint16_t>(bytes, 2);
  if ((minute & invalid) != 0) {
    return std::nullopt;
  }
  const unsigned hundreds = hour >> 5U & 0x03U;
  const int century =
      hundreds == 0 ? century_of(year_of(date)) : 1900 + 100 * static_cast<int>(hundreds);
  return date_of(date, century, hour & 0x1FU, minute & 0x3FU);
}

}  // namespace irmeter
