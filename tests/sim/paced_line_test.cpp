// The simulated line takes the time that a real one takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/sim/virtual_client.hpp"
#include "tools/ir-meter-sim/paced_line.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{10s};

// So many bytes at 9600 bits per second, rounded down like the line does.
constexpr Duration characters(std::int64_t count) {
  return Duration(count * 10'000'000 / 9'600);
}

class PacedLineTest : public testing::Test {
 protected:
  // Runs the line, waking up late by the given time, and returns what came when.
  std::vector<std::pair<std::uint8_t, Instant>> run(Duration late, Instant end) {
    std::vector<std::pair<std::uint8_t, Instant>> came;
    while (line_.deadline() && *line_.deadline() <= end) {
      const Instant now = *line_.deadline() + late;
      line_.timeout(now);
      for (const std::uint8_t byte : line_.transmit()) {
        came.emplace_back(byte, now);
      }
    }
    return came;
  }

  SimulatedMeter meter_{MeterSettings{}};
  PacedLine line_{meter_, 9'600};
};

TEST_F(PacedLineTest, EveryByteTakesTenBitTimesInBothDirections) {
  line_.receive(hex("EE 00 00 00 00 01 20 13 10"), start);
  const auto came = run(0us, start + 1s);
  ASSERT_EQ(came.size(), 14U);
  const Instant answered = start + characters(9) + 175us;
  for (std::size_t i = 0; i < came.size(); ++i) {
    EXPECT_EQ(came[i].second, answered + characters(static_cast<std::int64_t>(i) + 1)) << i;
  }
}

TEST_F(PacedLineTest, LateWakeUpsDoNotAddUp) {
  line_.receive(hex("EE 00 00 00 00 01 20 13 10"), start);
  const auto came = run(900us, start + 1s);
  ASSERT_EQ(came.size(), 14U);
  EXPECT_EQ(came.back().second, start + characters(9) + 175us + characters(14) + 900us);
}

TEST_F(PacedLineTest, HandsOverTogetherWhatIsDueAtOneWakeUp) {
  line_.receive(hex("EE 00 00 00 00 01 20 13 10"), start);
  line_.timeout(start + 1s);
  EXPECT_EQ(line_.transmit(), hex("06 EE 00 00 00 00 05 00 00 02 00 00 A2 5A"));
}

TEST_F(PacedLineTest, ARequestIsNotAnsweredBeforeItHasEnded) {
  line_.receive(hex("EE 00 00 00 00 01 20 13 10"), start);
  line_.timeout(start + characters(9) - 1us);
  EXPECT_EQ(meter_.state(), SessionState::base);
  line_.timeout(start + characters(9));
  EXPECT_EQ(meter_.state(), SessionState::id);
}

TEST_F(PacedLineTest, TheResponseTimeoutBeginsWhenTheLastByteHasLeft) {
  line_.receive(hex("EE 00 00 00 00 01 20 13 10"), start);
  const auto came = run(0us, start + 3s);
  ASSERT_EQ(came.size(), 14U + 13U);
  EXPECT_NEAR(static_cast<double>((came.back().second - came[13].second).count()),
              static_cast<double>((2s + 175us + characters(13)).count()), 2.0);
}

TEST(PacedBytes, KeepTheRateOverALongRun) {
  PacedBytes line(9'600);
  const Bytes much(96'000, 0x55);
  line.push(much, start);
  for (std::size_t i = 1; i < much.size(); ++i) {
    (void)line.pop();
  }
  EXPECT_EQ(line.due(), start + 100s);
}

TEST(PacedBytes, WithoutASpeedEverythingIsThroughAtOnce) {
  PacedBytes line(0);
  line.push(hex("01 02"), start);
  EXPECT_EQ(line.due(), start);
  EXPECT_EQ(line.pop(), 1);
  EXPECT_EQ(line.due(), start);
  EXPECT_EQ(line.pop(), 2);
  EXPECT_FALSE(line.due());
}

}  // namespace
}  // namespace irmetersim
