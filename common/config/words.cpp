#include "common/config/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace irmeterd {
namespace {

using irmeter::Error;
using irmeter::Result;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::array<std::pair<std::string_view, milliseconds>, 4> units{{
    {"ms", milliseconds(1)},
    {"s", std::chrono::seconds(1)},
    {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},
}};

constexpr unsigned max_amperes = 4000;

// A whole number off the front of the text, and what must stand behind it.
bool take(std::string_view& text, unsigned& number, char unit) {
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || rest == end || *rest != unit) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  return true;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  const Error error{
      "is not a duration; write a whole number with ms, s, m or h behind it, such as \"10s\""};
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem == std::errc::result_out_of_range) {
    return Error{"is too long a duration"};
  }
  if (problem != std::errc{}) {
    return error;
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  for (const auto& [name, length] : units) {
    if (name == unit) {
      return milliseconds(number * length.count());  // 2^32 h still fits
    }
  }
  return error;
}

Result<QuietHours> parse_day_range(std::string_view text) {
  const auto fits = [](char c, char model) {
    return model == '0' ? c >= '0' && c <= '9' : c == model;
  };
  if (!std::ranges::equal(text, std::string_view("00:00-00:00"), fits)) {
    return Error{"is not a range of the day; write HH:MM-HH:MM, such as \"02:10-02:18\""};
  }
  const auto number = [text](std::size_t at) {
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  };
  if (std::max(number(0), number(6)) > 23 || std::max(number(3), number(9)) > 59) {
    return Error{"has a time in it that no clock shows; write 00:00 to 23:59"};
  }
  const minutes begin = std::chrono::hours(number(0)) + minutes(number(3));
  const minutes end = std::chrono::hours(number(6)) + minutes(number(9));
  if (begin == end) {
    return Error{"ends as it begins; write two different times"};
  }
  return QuietHours{begin, end};
}

Result<irmeter::MainFuse> parse_main_fuse(std::string_view text) {
  unsigned phases = 0;
  unsigned amperes = 0;
  if (!take(text, phases, 'x') || !take(text, amperes, 'A') || !text.empty()) {
    return Error{"is not a main fuse; write phases and amperes, such as \"3x63A\" or \"1x35A\""};
  }
  if (phases != 1 && phases != 3) {
    return Error{"has neither 1 phase nor 3; write a fuse such as \"3x63A\" or \"1x35A\""};
  }
  if (amperes < 1 || amperes > max_amperes) {
    return Error{"is out of range; write 1 to 4000 A for each phase"};
  }
  return irmeter::MainFuse{phases, amperes};
}

}  // namespace irmeterd
