// How long to wait before another attempt: twice as long after each failure, up to a limit.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/random.hpp"

namespace irmeterd {

class BackOff {
 public:
  using Wait = std::chrono::milliseconds;

  // jitter: by how much of itself a wait is shorter or longer at random, in percent.
  BackOff(Wait first, Wait longest, int jitter = 0)
      : first_(first), longest_(longest), jitter_(jitter), wait_(first) {}

  // The wait after another failure.
  [[nodiscard]] Wait next() {
    const Wait wait = std::exchange(wait_, std::min(2 * wait_, longest_));
    return random_between(wait * (100 - jitter_) / 100, wait * (100 + jitter_) / 100);
  }
  // After a success.
  void reset() { wait_ = first_; }

 private:
  Wait first_;
  Wait longest_;
  int jitter_;
  Wait wait_;
};

}  // namespace irmeterd
