#include "common/config/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace irmeterd {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, milliseconds>, 4> units{{
    {"ms", milliseconds(1)},
    {"s", std::chrono::seconds(1)},
    {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},
}};

}  // namespace

irmeter::Result<milliseconds> parse_duration(std::string_view text) {
  const irmeter::Error error{
      "is not a duration; write a whole number with ms, s, m or h behind it, such as \"10s\""};
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem == std::errc::result_out_of_range) {
    return irmeter::Error{"is too long a duration"};
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

}  // namespace irmeterd
