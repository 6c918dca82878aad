// A reader and a simulated meter whose values change all the time: every reading is checked as it
// comes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

#include "tests/support/moving_truth.hpp"
#include "tests/support/pair.hpp"

namespace irmeter::testing {

class TruePair : public SimulatedPair {
 public:
  explicit TruePair(const Bench& bench = {})
      : SimulatedPair(bench), truth_(bench.settings.profile, now) {}

  void step(Instant limit) override {
    SimulatedPair::step(std::min(limit, truth_.show(sim(), now)));
    for (; checked_ < polls.size(); ++checked_) {
      EXPECT_EQ(truth_.lie_of(polls[checked_]), "") << "in poll " << checked_;
    }
  }

 private:
  MovingTruth truth_;
  std::size_t checked_ = 0;
};

}  // namespace irmeter::testing
