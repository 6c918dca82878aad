// Random delays, so that many daemons that lost the same broker do not return in step.
#pragma once

#include <chrono>
#include <random>

namespace irmeterd {

// Evenly distributed over both ends; least must not exceed most.
[[nodiscard]] inline std::chrono::milliseconds random_between(std::chrono::milliseconds least,
                                                              std::chrono::milliseconds most) {
  std::random_device source;
  using Count = std::chrono::milliseconds::rep;
  return std::chrono::milliseconds(
      std::uniform_int_distribution<Count>(least.count(), most.count())(source));
}

}  // namespace irmeterd
