// The hours of the day in which a meter is left alone, by the clock on the wall.
//
// Local time is the C library's. Where daylight saving time begins, a time of the day may be left
// out, and where it ends, come twice: it is then quiet not at all, or twice.
#pragma once

#include <chrono>
#include <optional>
#include <span>

namespace irmeterd {

// From begin until just before end. An end that is not after its begin belongs to the next day.
struct QuietHours {
  std::chrono::minutes begin{};  // since local midnight, 0 to 1439
  std::chrono::minutes end{};    // likewise

  friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

// The ranges may overlap.
[[nodiscard]] bool is_quiet(std::span<const QuietHours> hours,
                            std::chrono::system_clock::time_point now);

// When is_quiet() gives another answer for the first time after now, unless the clock is set.
// Nothing when it always gives the same.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> next_change(
    std::span<const QuietHours> hours, std::chrono::system_clock::time_point now);

}  // namespace irmeterd
