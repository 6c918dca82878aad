// When to poll: a steady grid that neither drifts nor piles up.
#pragma once

#include "lib/time.hpp"

namespace irmeter {

struct PollGrid {
  Instant origin;     // the first point
  Duration interval;  // from one to the next, and more than 0

  // The first point of the grid after now; points that were slept through or polled through are
  // not made up for.
  [[nodiscard]] Instant after(Instant now) const {
    if (now < origin) {
      return origin;
    }
    return origin + ((now - origin) / interval + 1) * interval;
  }
};

}  // namespace irmeter
