// Points in time as the protocol core sees them.
//
// The core never asks what time it is: every input carries the moment it happened, every timer
// leaves as a deadline. LineClock therefore has no now(); code in lib/ could not read a clock even
// by mistake. The daemon passes the boot clock, the tests a virtual one.
#pragma once

#include <chrono>

namespace irmeter {

struct LineClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LineClock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = LineClock::duration;
using Instant = LineClock::time_point;

}  // namespace irmeter
