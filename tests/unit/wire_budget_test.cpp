// What a poll costs on the line: every packet and byte is accounted for, and so is the time.
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Bytes of request, meter's ACK, response packets and reader's ACKs.
struct Exchange {
  std::size_t request;
  std::vector<std::size_t> response;

  [[nodiscard]] std::size_t bytes() const {
    return request + 1 + std::accumulate(response.begin(), response.end(), response.size());
  }
};

const Exchange identify_short{9, {13}};
const Exchange identify_long{9, {45}};
const Exchange negotiate{13, {13}};
const Exchange log_on{21, {9}};
const Exchange bt00{11, {64, 35}};
const Exchange bt01{16, {36}};
const Exchange rest_of_bt01{16, {22}};
const Exchange et03{16, {42}};
const Exchange security{29, {9}};
const Exchange bt21{16, {22}};
const Exchange bt23{16, {20}};
const Exchange bt28_ten{16, {52}};
const Exchange bt28_thirteen{16, {64}};
const Exchange log_off{9, {9}};
const Exchange terminate{9, {9}};

std::size_t sum(std::initializer_list<Exchange> exchanges) {
  return std::accumulate(
      exchanges.begin(), exchanges.end(), std::size_t{0},
      [](std::size_t total, const Exchange& one) { return total + one.bytes(); });
}

// The time the exchanges take: air, the standard's turn-around before each ACK and each response,
// and a character's pause of the reader before each request but the first. A packet follows the
// meter's ACK at once. Until the last byte of the last response, or the ACK behind it.
Duration time_of(std::initializer_list<Exchange> exchanges, bool with_last_ack) {
  constexpr microseconds turn_around{175};
  constexpr milliseconds request_gap{1};
  Duration time{};
  std::uint64_t bytes = 0;
  for (const Exchange& exchange : exchanges) {
    bytes += exchange.bytes();
    time += turn_around;                                   // before the meter's ACK
    time += exchange.response.size() * turn_around;        // before each of our ACKs
    time += (exchange.response.size() - 1) * turn_around;  // before the next packet
    time += request_gap;
  }
  time -= request_gap;
  if (!with_last_ack) {
    bytes -= 1;
    time -= turn_around;
  }
  return time + Duration(bytes * 10 * 1'000'000 / 9600);
}

Bench bench_of(SessionMode mode, std::uint8_t present_values) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(2);
  bench.settings.profile.actual[9] = present_values;
  return bench;
}

std::uint64_t bytes_on(const Pair& pair) {
  return pair.to_meter.bytes + pair.to_client.bytes;
}

// Every byte's end is rounded to a microsecond once on its way.
constexpr microseconds rounding{60};

void expect_near(Duration actual, Duration expected) {
  EXPECT_LE(actual, expected + rounding);
  EXPECT_GE(actual, expected - rounding);
}

TEST(WireBudget, OfTheFirstSessionIsExact) {
  for (const bool long_form : {false, true}) {
    Bench bench = bench_of(SessionMode::each, 41);
    bench.settings.identification =
        long_form ? irmetersim::Identification::long_form : irmetersim::Identification::short_form;
    const Exchange& identify = long_form ? identify_long : identify_short;
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    expect_near(pair.polls[0].poll.duration,
                time_of({identify, negotiate, log_on, bt00, bt01, et03, security, bt21, bt23,
                         bt28_thirteen, bt23, bt28_thirteen},
                        false));
    pair.run_for(milliseconds(500));
    EXPECT_EQ(bytes_on(pair), sum({identify, negotiate, log_on, bt00, bt01, et03, security, bt21,
                                   bt23, bt28_thirteen, bt23, bt28_thirteen, log_off, terminate}));
    EXPECT_EQ(pair.to_meter.sent.size(), 14U + 15U);  // requests and ACKs
  }
}

TEST(WireBudget, OfALaterSessionIsExact) {
  SimulatedPair pair(bench_of(SessionMode::each, 41));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(milliseconds(900));
  const std::uint64_t before = bytes_on(pair);
  pair.run_for(seconds(2));
  EXPECT_EQ(bytes_on(pair) - before, 296U);
  EXPECT_EQ(bytes_on(pair) - before, sum({identify_short, log_on, rest_of_bt01, security, bt23,
                                          bt28_thirteen, log_off, terminate}));
  expect_near(
      pair.polls[1].poll.duration,
      time_of({identify_short, log_on, rest_of_bt01, security, bt23, bt28_thirteen}, false));
}

TEST(WireBudget, OfAPollInAKeptSessionIsExact) {
  for (const std::uint8_t values : {std::uint8_t{10}, std::uint8_t{41}}) {
    const Exchange& bt28 = values == 10 ? bt28_ten : bt28_thirteen;
    SimulatedPair pair(bench_of(SessionMode::keep, values));
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    pair.run_for(milliseconds(900));
    std::uint64_t before = bytes_on(pair);
    for (std::size_t poll = 1; poll < 50; ++poll) {
      pair.run_for(seconds(2));
      ASSERT_EQ(pair.polls.size(), poll + 1);
      ASSERT_EQ(bytes_on(pair) - before, sum({bt23, bt28}));
      expect_near(pair.polls[poll].poll.duration, time_of({bt23, bt28}, false));
      before = bytes_on(pair);
    }
  }
}

TEST(WireBudget, OfAPollOfTenValuesIsTheOneOfTheLiterature) {
  EXPECT_EQ(sum({bt23, bt28_ten}), 108U);
  EXPECT_EQ(sum({identify_long, log_on, security, bt23, bt28_ten, log_off, terminate}), 276U);
}

// The line's floor: bytes and the standard's turn-arounds, nothing else.
TEST(WireBudget, StaysWithinTenPercentOfTheFloor) {
  constexpr Duration floor_of_a_kept_poll = microseconds(113'200);
  SimulatedPair pair(bench_of(SessionMode::keep, 10));
  pair.start();
  ASSERT_TRUE(pair.run_polls(5));
  EXPECT_LT(pair.polls[4].poll.duration, floor_of_a_kept_poll * 110 / 100);
}

TEST(WireBudget, OfTheMetersThinkTimeIsPaidOncePerRequest) {
  Bench bench = bench_of(SessionMode::keep, 10);
  bench.settings.link.think_time = milliseconds(30);
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  expect_near(pair.polls[2].poll.duration, time_of({bt23, bt28_ten}, false) + milliseconds(60));
}

}  // namespace
}  // namespace irmeter::testing
