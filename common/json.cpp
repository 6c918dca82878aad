#include "common/json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "lib/hex.hpp"

namespace irmeterd {
namespace {

constexpr bool between(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none. The ranges of
// the second byte keep out overlong forms, surrogates and everything above U+10FFFF.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto continues = [&byte](std::size_t i) { return between(byte(i), 0x80, 0xBF); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (between(lead, 0xC2, 0xDF)) {
    return continues(1) ? 2 : 0;
  }
  if (between(lead, 0xE0, 0xEF)) {
    const bool second = between(byte(1), lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (between(lead, 0xF0, 0xF4)) {
    const bool second = between(byte(1), lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  raw("\"");
  out_ += name;
  out_ += "\":";
  comma_due_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  raw("\"");
  for (;;) {
    const auto run =
        static_cast<std::size_t>(std::ranges::find_if_not(value, plain) - value.begin());
    out_ += value.substr(0, run);
    value.remove_prefix(run);
    if (value.empty()) {
      break;
    }
    const auto byte = static_cast<unsigned char>(value.front());
    const std::size_t length = utf8_length(value);
    if (length == 0) {
      out_ += "\xEF\xBF\xBD";
    } else if (byte < 0x20) {
      out_ += "\\u00" + irmeter::hex(byte);
    } else {
      out_ += byte == '"' || byte == '\\' ? "\\" : "";
      out_ += value.substr(0, length);
    }
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::fixed(std::int64_t value, int decimals) {
  // The magnitude of the smallest integer does not fit into the signed type.
  const auto bits = static_cast<std::uint64_t>(value);
  std::string digits = std::to_string(value < 0 ? 0 - bits : bits);
  const auto places = static_cast<std::size_t>(std::max(decimals, 0));
  if (digits.size() <= places) {
    digits.insert(0, places + 1 - digits.size(), '0');
  }
  if (places > 0) {
    digits.insert(digits.size() - places, 1, '.');
  }
  if (value < 0) {
    digits.insert(digits.begin(), '-');
  }
  return raw(digits);
}

JsonWriter& JsonWriter::time(std::chrono::system_clock::time_point value) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(value);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::milliseconds>(value - day));
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text(buffer.data());
}

std::string JsonWriter::take() {
  comma_due_ = false;
  return std::exchange(out_, {});
}

JsonWriter& JsonWriter::open(char bracket) {
  raw({&bracket, 1});
  comma_due_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_due_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view value) {
  if (std::exchange(comma_due_, true)) {
    out_ += ',';
  }
  out_ += value;
  return *this;
}

}  // namespace irmeterd
