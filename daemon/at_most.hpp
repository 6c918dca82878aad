// An action that is wanted often and carried out at most once in a while.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "common/loop.hpp"

namespace irmeterd {

// At once, where it was not carried out for the length of the gap; else once, when that is over.
class AtMostEvery {
 public:
  AtMostEvery(Loop& loop, irmeter::Duration gap, Loop::Handler action)
      : loop_(loop), gap_(gap), action_(std::move(action)), due_(loop.timer([this] { run(); })) {}

  void want() {
    if (latest_ && loop_.now() < *latest_ + gap_) {
      Loop::arm(due_, *latest_ + gap_);
    } else {
      run();
    }
  }

 private:
  void run() {
    latest_ = loop_.now();
    action_();
  }

  Loop& loop_;
  irmeter::Duration gap_;
  Loop::Handler action_;
  std::optional<irmeter::Instant> latest_;
  EventSource due_;
};

}  // namespace irmeterd
