#include "common/json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
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

void append_fixed(std::string& text, std::int64_t value, int decimals) {
  // From the last digit to the first. The magnitude of the smallest integer does not fit into the
  // signed type.
  std::array<char, 24> digits{};
  std::size_t at = digits.size();
  auto left = static_cast<std::uint64_t>(value);
  left = value < 0 ? 0 - left : left;
  for (int place = 0; left != 0 || place <= decimals; ++place) {
    if (place == decimals && decimals > 0) {
      digits[--at] = '.';
    }
    digits[--at] = static_cast<char>('0' + left % 10);
    left /= 10;
  }
  if (value < 0) {
    digits[--at] = '-';
  }
  text.append(digits.data() + at, digits.size() - at);
}

JsonWriter& JsonWriter::key(std::string_view name) {
  out_ += comma_due_ ? ",\"" : "\"";
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
  raw({});
  append_fixed(out_, value, decimals);
  return *this;
}

JsonWriter& JsonWriter::time(std::chrono::system_clock::time_point value) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(value);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::milliseconds>(value - day));
  const auto number = [this](std::int64_t part, std::size_t digits, char behind) {
    std::array<char, 5> text{};
    text.at(digits) = behind;
    for (std::size_t i = digits; i-- > 0; part /= 10) {
      text.at(i) = static_cast<char>('0' + part % 10);
    }
    out_.append(text.data(), digits + 1);
  };
  raw("\"");
  number(static_cast<int>(date.year()), 4, '-');
  number(static_cast<unsigned>(date.month()), 2, '-');
  number(static_cast<unsigned>(date.day()), 2, 'T');
  number(clock.hours().count(), 2, ':');
  number(clock.minutes().count(), 2, ':');
  number(clock.seconds().count(), 2, '.');
  number(clock.subseconds().count(), 3, 'Z');
  out_ += '"';
  return *this;
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
