// A check of readings, and a clock that moves ten seconds from one reading to the next.
//
// The fuse is the one of 3 x 63 A: 43'470 W, of which twice as much can be true, 24.15 Wh a second.
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
  Plausibility::Checked check(const Reading& reading) {
    now_ += seconds(10);
    return plausibility_.check(reading, now_);
  }

  Plausibility::Checked check(Quantity quantity, std::optional<std::int64_t> value) {
    Reading reading;
    reading.values.set(quantity, value);
    return check(reading);
  }

  // Published as it is, without a word.
  void expect_published(Quantity quantity, std::int64_t value) {
    const auto checked = check(quantity, value);
    EXPECT_EQ(checked.reading.values.get(quantity), value);
    EXPECT_TRUE(checked.withheld.none()) << value;
    EXPECT_TRUE(checked.accepted.empty()) << value;
  }

  // kept: what is published in its place.
  void expect_withheld(Quantity quantity, std::int64_t value,
                       std::optional<std::int64_t> kept = std::nullopt) {
    const auto checked = check(quantity, value);
    EXPECT_EQ(checked.reading.values.get(quantity), kept) << value;
    EXPECT_TRUE(checked.withheld.test(static_cast<std::size_t>(quantity))) << value;
    EXPECT_EQ(checked.withheld.count(), 1U) << value;
    EXPECT_TRUE(checked.accepted.empty()) << value;
  }

  // Published with a word.
  void expect_accepted(Quantity quantity, std::optional<std::int64_t> before, std::int64_t value) {
    const auto checked = check(quantity, value);
    EXPECT_EQ(checked.reading.values.get(quantity), value);
    EXPECT_TRUE(checked.withheld.none()) << value;
    EXPECT_EQ(checked.accepted, (std::vector<Plausibility::Accepted>{{quantity, before, value}}));
  }

  Plausibility plausibility_{PlausibilityOptions{}};
  Instant now_{};
};

}  // namespace irmeter::testing
