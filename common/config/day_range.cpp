#include "common/config/day_range.hpp"

#include <algorithm>
#include <optional>

namespace irmeterd {
namespace {

using irmeter::Error;
using std::chrono::minutes;

constexpr std::string_view shape = "00:00-00:00";
constexpr std::size_t time_size = 5;

bool has_the_shape(std::string_view text) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), [](char c, char model) {
    return model == '0' ? c >= '0' && c <= '9' : c == model;
  });
}

// Of HH:MM, where the digits have been checked.
std::optional<minutes> time_of_day(std::string_view text) {
  const auto number = [text](std::size_t at) {
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  };
  if (number(0) > 23 || number(3) > 59) {
    return std::nullopt;
  }
  return std::chrono::hours(number(0)) + minutes(number(3));
}

}  // namespace

irmeter::Result<QuietHours> parse_day_range(std::string_view text) {
  if (!has_the_shape(text)) {
    return Error{"is not a range of the day; write HH:MM-HH:MM, such as \"02:10-02:18\""};
  }
  const auto begin = time_of_day(text.substr(0, time_size));
  const auto end = time_of_day(text.substr(time_size + 1));
  if (!begin || !end) {
    return Error{"has a time in it that no clock shows; write 00:00 to 23:59"};
  }
  if (*begin == *end) {
    return Error{"ends as it begins; write two different times"};
  }
  return QuietHours{*begin, *end};
}

}  // namespace irmeterd
