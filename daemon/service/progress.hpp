// What each part of the daemon waits for, and whether it has waited too long.
//
// A part that is stuck is told from one whose meter, broker or bus is absent by the steps it takes:
// absence is lived with in steps that each end within a known time, over and over.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/time.hpp"

namespace irmeterd {

// A step of a part that is to end by itself.
struct Step {
  std::string part;         // for the log: "meter main"
  irmeter::Instant since;   // may lie ahead
  irmeter::Duration limit;  // longer than it can take while all is well
};

// Tells the step that takes too long, if it is asked regularly. Time that nobody asked in, because
// the machine or the process was asleep, is nobody's fault: then every step has its time anew.
class ProgressCheck {
 public:
  // tick: how often it is asked.
  explicit ProgressCheck(irmeter::Duration tick) : tick_(tick) {}

  // The first step that is over its limit, or null.
  [[nodiscard]] const Step* overdue(const std::vector<Step>& steps, irmeter::Instant now) {
    const auto before = std::exchange(asked_, now);
    if (!before || now - *before > 2 * tick_) {
      awake_since_ = now;
    }
    const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
      return now - std::max(step.since, awake_since_) > step.limit;
    });
    return found == steps.end() ? nullptr : &*found;
  }

 private:
  irmeter::Duration tick_;
  std::optional<irmeter::Instant> asked_;
  irmeter::Instant awake_since_{};
};

}  // namespace irmeterd
