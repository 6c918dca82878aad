// How far a meter's clock is ahead, from whole seconds.
#include "daemon/meter/clock_offset.hpp"

#include <gtest/gtest.h>

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using Moment = std::chrono::system_clock::time_point;

const std::chrono::sys_seconds shown{1'000s};

TEST(ClockOffset, IsTheMiddleOfWhatIsPossible) {
  EXPECT_EQ(clock_offset(shown, Moment(1'000s), Moment(1'000s), {}), 500ms);
  EXPECT_EQ(clock_offset(shown, Moment(990s), Moment(990'200ms), {}), 10'400ms);
}

TEST(ClockOffset, StaysWhatItWasWhileThatIsPossible) {
  EXPECT_EQ(clock_offset(shown, Moment(1'000s), Moment(1'000'100ms), 200ms), 200ms);
  EXPECT_EQ(clock_offset(shown, Moment(1'000s), Moment(1'000'100ms), -5s), -100ms);
  EXPECT_EQ(clock_offset(shown, Moment(1'000s), Moment(1'000'100ms), 5s), 1s);
}

TEST(ClockOffset, OfAClockThatStepsBackwardsMeanwhileIsOneOfTheTwo) {
  EXPECT_EQ(clock_offset(shown, Moment(1'010s), Moment(1'000s), {}), 0ms);
}

}  // namespace
}  // namespace irmeterd
