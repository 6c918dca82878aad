// Waiting for a condition while the loop runs; never for a time.
#pragma once

#include <chrono>
#include <functional>

#include "common/loop.hpp"
#include "tests/support/patience.hpp"

namespace irmeterd {

// Turns the loop until the condition holds; false when it does not within the deadline.
inline bool wait_until(Loop& loop, const std::function<bool()>& condition,
                       std::chrono::milliseconds deadline = patience) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    loop.run_once(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace irmeterd
