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
      waits_ = true;
    } else {
      run();
    }
  }

  // What is wanted does not wait any longer.
  void hurry() {
    if (waits_) {
      run();
    }
  }

 private:
  void run() {
    latest_ = loop_.now();
    waits_ = false;
    Loop::disarm(due_);
    action_();
  }

  Loop& loop_;
  irmeter::Duration gap_;
  Loop::Handler action_;
  std::optional<irmeter::Instant> latest_;
  bool waits_ = false;
  EventSource due_;
};

}  // namespace irmeterd
