// When to poll: a steady grid that neither drifts nor piles up.
#pragma once

#include "lib/time.hpp"

namespace irmeter {

class PollGrid {
 public:
  // The first point is origin, then one every interval (which is positive).
  PollGrid(Instant origin, Duration interval) : origin_(origin), interval_(interval) {}

  // The first point of the grid after now; points that were slept through or polled through are
  // not made up for.
  [[nodiscard]] Instant after(Instant now) const {
    if (now < origin_) {
      return origin_;
    }
    return origin_ + ((now - origin_) / interval_ + 1) * interval_;
  }

 private:
  Instant origin_;
  Duration interval_;
};

}  // namespace irmeter
