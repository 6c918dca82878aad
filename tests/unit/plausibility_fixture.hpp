// A judge of readings, and a clock that moves ten seconds from one reading to the next.
//
// The fuse is the one of 3 x 63 A: 43'470 W, of which twice as much is believed, 24.15 Wh a second.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "lib/meter/plausibility.hpp"

namespace irmeter::testing {

using std::chrono::seconds;

inline constexpr std::int64_t most_register = std::numeric_limits<std::int32_t>::max();

class PlausibilityOf : public ::testing::Test {
 protected:
  // One more reading, ten seconds after the one before.
  Plausibility::Verdict judge(const Reading& reading) {
    now_ += seconds(10);
    return plausibility_.judge(reading, now_);
  }

  Plausibility::Verdict judge(Quantity quantity, std::optional<std::int64_t> value) {
    Reading reading;
    reading.values.set(quantity, value);
    return judge(reading);
  }

  // Published as it is, without a word.
  void expect_believed(Quantity quantity, std::int64_t value) {
    const auto verdict = judge(quantity, value);
    EXPECT_EQ(verdict.reading.values.get(quantity), value);
    EXPECT_TRUE(verdict.held.none()) << value;
    EXPECT_TRUE(verdict.accepted.empty()) << value;
  }

  void expect_held(Quantity quantity, std::int64_t value) {
    const auto verdict = judge(quantity, value);
    EXPECT_FALSE(verdict.reading.values.get(quantity)) << value;
    EXPECT_TRUE(verdict.held.test(static_cast<std::size_t>(quantity))) << value;
    EXPECT_EQ(verdict.held.count(), 1U) << value;
    EXPECT_TRUE(verdict.accepted.empty()) << value;
  }

  // Published with a word.
  void expect_accepted(Quantity quantity, std::optional<std::int64_t> before, std::int64_t value) {
    const auto verdict = judge(quantity, value);
    EXPECT_EQ(verdict.reading.values.get(quantity), value);
    EXPECT_TRUE(verdict.held.none()) << value;
    EXPECT_EQ(verdict.accepted, (std::vector<Plausibility::Accepted>{{quantity, before, value}}));
  }

  Plausibility plausibility_{MainFuse{}};
  Instant now_{};
};

}  // namespace irmeter::testing
