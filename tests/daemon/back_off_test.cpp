// How long is waited between attempts.
#include "common/back_off.hpp"

#include <gtest/gtest.h>

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

TEST(BackOff, WaitsTwiceAsLongAfterEachFailureUpToTheLongest) {
  BackOff wait(1s, 5s);
  for (int run = 0; run < 2; ++run) {
    for (const auto expected : {1s, 2s, 4s, 5s, 5s}) {
      EXPECT_EQ(wait.next(), expected);
    }
    wait.reset();
  }
}

TEST(BackOff, IsShorterOrLongerAtRandomWithinItsJitter) {
  BackOff wait(1s, 1s, 20);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto next = wait.next();
    EXPECT_GE(next, 800ms);
    EXPECT_LE(next, 1200ms);
    differs = differs || next != 1s;
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace irmeterd
