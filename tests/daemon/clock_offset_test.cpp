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

TEST(Zone, IsAQuarterOfAnHourOrSeveral) {
  const auto zone = [](std::chrono::seconds ahead, std::chrono::seconds later = 0s) {
    return zone_of(shown, shown + ahead, later);
  };
  EXPECT_EQ(zone(1h), 60min);
  EXPECT_EQ(zone(1h - 59s), 60min);  // set a minute ago
  EXPECT_EQ(zone(2h + 20s, 40s), 120min);
  EXPECT_EQ(zone(-3h - 30min), -210min);
  EXPECT_EQ(zone(5h + 45min), 345min);
  EXPECT_EQ(zone(0s), 0min);
  EXPECT_EQ(zone(1h + 7min), std::nullopt);
  EXPECT_EQ(zone(15h), std::nullopt);
}

}  // namespace
}  // namespace irmeterd
