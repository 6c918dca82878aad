// Days of all faults at random, in virtual time: nothing but the truth is read, nothing gets stuck
// or runs in circles, nothing grows, and a wrong key is shown once.
//
// IRMETER_SEEDS=N in the environment makes N days of each kind instead of the few that are usual.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "tests/soak/heap.hpp"
#include "tests/soak/storm.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int hours_of_a_day = 24;
constexpr Duration storm_of_an_hour = minutes(50);

// Once the faults are over: the hold-off of a meter that refuses sessions, and one more poll at the
// longest interval, with all its attempts.
constexpr Duration recovery = minutes(7);

std::uint64_t seeds(std::uint64_t usual) {
  const char* const wanted = std::getenv("IRMETER_SEEDS");
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

Bench bench_for(SessionMode mode, std::uint64_t seed) {
  constexpr std::array<int, 4> intervals{10, 2, 60, 5};
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(intervals[seed % intervals.size()]);
  return bench;
}

std::string detail_of(const std::optional<PollEnded>& poll) {
  const auto* const failure = poll ? std::get_if<Failure>(&poll->result) : nullptr;
  return failure == nullptr ? "" : to_text(*failure);
}

class ADay : public ::testing::TestWithParam<SessionMode> {
 protected:
  static void live_through(std::uint64_t seed) {
    const Bench bench = bench_for(GetParam(), seed);
    Storm storm(bench, seed);
    std::size_t heap_of_first_hour = 0;
    for (int hour = 0; hour < hours_of_a_day; ++hour) {
      SCOPED_TRACE("hour " + std::to_string(hour));
      const Storm::Totals before = storm.totals();
      const std::uint64_t sent_before = storm.pair.to_meter.bytes;
      const Instant began = storm.pair.now;
      storm.rage(storm_of_an_hour);
      storm.clear_up();
      recovers(storm);
      reads_as_ever(storm);
      ASSERT_TRUE(storm.totals().lies.empty()) << storm.totals().lies.front();

      const std::uint64_t polls = storm.totals().polls - before.polls;
      const auto grid =
          static_cast<std::uint64_t>((storm.pair.now - began) / bench.options.interval);
      ASSERT_LE(polls, grid + 1 + storm.totals().extra - before.extra);
      // A session takes less than 200 bytes, and a poll two of them with repetitions.
      ASSERT_LT(storm.pair.to_meter.bytes - sent_before, 800 * polls);
      constexpr std::size_t ups_and_downs = 8'192;  // with the logs of the simulated meter
      heap_of_first_hour = hour == 0 ? live_heap() : heap_of_first_hour;
      ASSERT_LE(live_heap(), heap_of_first_hour + ups_and_downs);
    }
    EXPECT_EQ(storm.pair.sim().invalid_passwords(), 0U);
    EXPECT_FALSE(storm.pair.secret_seen_in_clear);
    EXPECT_GT(storm.false_values(), 0U);
    EXPECT_LE(storm.totals().held, storm.false_values()) << "something true was not believed";
    storm.pair.tell([](Meter& client, Instant now) { client.stop(now); });
    EXPECT_TRUE(storm.run_until([&] { return storm.pair.stopped; }, seconds(2)));
    EXPECT_EQ(storm.pair.client.deadline(), std::nullopt);
  }

  static void recovers(Storm& storm) {
    const std::uint64_t before = storm.totals().readings;
    ASSERT_TRUE(storm.run_until(
        [&] {
          storm.ask_again();
          return storm.totals().readings > before;
        },
        recovery))
        << detail_of(storm.latest());
  }

  // Every poll is as good as the first one was.
  static void reads_as_ever(Storm& storm) {
    constexpr std::uint64_t polls = 3;
    const Storm::Totals before = storm.totals();
    const LinkCounters counters = storm.pair.client.counters();
    ASSERT_TRUE(
        storm.run_until([&] { return storm.totals().polls == before.polls + polls; }, minutes(5)));
    EXPECT_EQ(storm.totals().readings, before.readings + polls) << detail_of(storm.latest());
    EXPECT_EQ(storm.totals().held, before.held);
    EXPECT_EQ(storm.pair.client.counters().crc_errors, counters.crc_errors);
    EXPECT_EQ(storm.pair.client.counters().echoes, counters.echoes);
    // The session is at rest: nothing is left to be sent or to arrive.
    EXPECT_TRUE(storm.run_until(
        [&] {
          return !storm.pair.to_meter.due() && !storm.pair.to_client.due() &&
                 storm.pair.client.missing() == 0 && !storm.pair.client.output();
        },
        seconds(2)));
  }
};

TEST_P(ADay, OfAllFaultsBringsNothingButTheTruth) {
  for (std::uint64_t seed = 0; seed < seeds(3) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    live_through(seed);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEitherKind, ADay,
                         ::testing::Values(SessionMode::keep, SessionMode::each),
                         [](const auto& test) {
                           return test.param == SessionMode::keep ? "InOneSession"
                                                                  : "InASessionEach";
                         });

// The weather of the first minutes decides whether the meter gets to see the key, and whether the
// reader gets to know what it thinks of it.
TEST(AWrongKey, IsShownOnceInAnyWeather) {
  std::uint64_t shown = 0;
  const std::uint64_t lines = 100 * seeds(3);
  for (std::uint64_t seed = 0; seed < lines && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Bench bench = bench_for(seed % 2 == 0 ? SessionMode::keep : SessionMode::each, seed / 2);
    bench.key = "a key of other meter";
    Storm storm(bench, seed);
    storm.rage(minutes(30));
    storm.clear_up();
    storm.run_for(minutes(10));
    const auto* const failure = std::get_if<Failure>(&storm.latest()->result);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(info(failure->fault).retry, Retry::by_user) << *failure;
    EXPECT_LE(storm.pair.sim().invalid_passwords(), 1U);  // it may get lost
    EXPECT_FALSE(storm.pair.secret_seen_in_clear);
    EXPECT_EQ(storm.totals().readings, 0U);
    shown += storm.pair.sim().invalid_passwords();
  }
  EXPECT_GT(shown, lines / 2);
}

}  // namespace
}  // namespace irmeter::testing
