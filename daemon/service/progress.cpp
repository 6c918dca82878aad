#include "daemon/service/progress.hpp"

#include <algorithm>
#include <utility>

namespace irmeterd {

const Step* ProgressCheck::overdue(const std::vector<Step>& steps, irmeter::Instant now) {
  const auto before = std::exchange(asked_, now);
  if (!before || now - *before > 2 * tick_) {
    awake_since_ = now;
  }
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return now - std::max(step.since, awake_since_) > step.limit;
  });
  return found == steps.end() ? nullptr : &*found;
}

}  // namespace irmeterd
