// Whether things happen on a grid of time, where a slow machine may make some of them late.
#pragma once

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

namespace irmeterd {

// How far the moment in the middle is off the grid that fits best. With something that is added to
// every interval this is a good part of the interval; some late moments leave it small.
inline std::chrono::milliseconds off_the_grid(std::span<const std::chrono::milliseconds> moments,
                                              std::chrono::milliseconds interval) {
  std::chrono::milliseconds best = interval;
  for (const auto origin : moments) {
    std::vector<std::chrono::milliseconds> off;
    for (const auto moment : moments) {
      const auto late = (moment - origin + 1'000 * interval) % interval;
      off.push_back(std::min(late, interval - late));
    }
    const auto middle = off.begin() + static_cast<std::ptrdiff_t>(off.size() / 2);
    std::nth_element(off.begin(), middle, off.end());
    best = std::min(best, *middle);
  }
  return best;
}

}  // namespace irmeterd
