// Times in which nothing is done: configured quiet hours, and a process or machine that was asleep.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/scenarios/conversation.hpp"
#include "tests/support/true_pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Bench bench_with(SessionMode mode) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(mode == SessionMode::keep ? 3 : 10);
  bench.prove_key();
  return bench;
}

Instant start_of(const PollRecord& record) {
  return record.ended - record.poll.duration;
}

void set_quiet(Pair& pair, bool quiet) {
  pair.tell([quiet](Meter& client, Instant now) { client.set_quiet(quiet, now); });
}

class Pause : public ::testing::TestWithParam<SessionMode> {
 protected:
  // Moments of the first two polls and between them.
  static constexpr int last_ms = 5'000;
  static constexpr int step_ms = 37;
};

class QuietHours : public Pause {};
class Sleep : public Pause {};

TEST_P(QuietHours, EndTheSessionAndSendNothingWheneverTheyBegin) {
  for (int at = 0; at < last_ms; at += step_ms) {
    SCOPED_TRACE(at);
    TruePair pair(bench_with(GetParam()));
    pair.start();
    const Instant start = pair.now;
    pair.run_for(milliseconds(at));
    set_quiet(pair, true);
    ASSERT_EQ(state_of(pair.polls.back().poll), State::quiet);
    pair.run_for(seconds(3));
    EXPECT_EQ(pair.sim().state(), irmetersim::SessionState::base) << pair.services();
    EXPECT_TRUE(pair.services().ends_with("terminate"));

    const std::uint64_t bytes = pair.to_meter.bytes;
    const std::size_t before = pair.polls.size();
    pair.run_for(minutes(4));
    pair.tell([](Meter& client, Instant now) {
      client.poll_now(now);
      client.retry_key(now);
      client.line_lost();
      client.line_ready(now);
    });
    pair.run_for(minutes(4));
    EXPECT_EQ(pair.to_meter.bytes, bytes);
    EXPECT_GT(pair.polls.size(), before + 40);
    for (std::size_t poll = before; poll < pair.polls.size(); ++poll) {
      ASSERT_EQ(state_of(pair.polls[poll].poll), State::quiet);
    }

    set_quiet(pair, false);
    const std::size_t quiet = pair.polls.size();
    ASSERT_TRUE(pair.run_polls(quiet + 3));
    for (std::size_t poll = quiet; poll < pair.polls.size(); ++poll) {
      ASSERT_NE(pair.polls[poll].poll.reading(), nullptr);
      const Duration since = start_of(pair.polls[poll]) - start;
      EXPECT_EQ(since % bench_with(GetParam()).options.interval, Duration::zero());
    }
    EXPECT_EQ(pair.client.counters().retries, 0U);
  }
}

TEST_P(QuietHours, AnswerReadNowAtOnce) {
  TruePair pair(bench_with(GetParam()));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  set_quiet(pair, true);
  pair.run_for(seconds(5));
  const std::size_t polls = pair.polls.size();
  pair.tell([](Meter& client, Instant now) { client.poll_now(now); });
  ASSERT_EQ(pair.polls.size(), polls + 1);
  EXPECT_EQ(state_of(pair.polls.back().poll), State::quiet);
}

TEST_P(QuietHours, AtTheStartAreQuiet) {
  TruePair pair(bench_with(GetParam()));
  set_quiet(pair, true);
  pair.start();
  pair.run_for(minutes(8));
  EXPECT_EQ(pair.to_meter.bytes, 0U);
  EXPECT_GT(pair.polls.size(), 40U);
  set_quiet(pair, false);
  const std::size_t quiet = pair.polls.size();
  ASSERT_TRUE(pair.run_polls(quiet + 1));
  EXPECT_EQ(pair.readings(), 1U);
}

// The driver may be told the same twice, and for a moment only.
TEST_P(QuietHours, MayBeOverBeforeTheSessionIs) {
  for (int at = 0; at < last_ms; at += step_ms) {
    for (const int length : {0, 50, 300}) {
      SCOPED_TRACE(std::to_string(at) + " " + std::to_string(length));
      TruePair pair(bench_with(GetParam()));
      pair.start();
      pair.run_for(milliseconds(at));
      set_quiet(pair, true);
      set_quiet(pair, true);
      pair.run_for(milliseconds(length));
      set_quiet(pair, false);
      set_quiet(pair, false);
      const std::size_t quiet = pair.polls.size();
      ASSERT_TRUE(pair.run_polls(quiet + 2, minutes(1)));
      EXPECT_NE(pair.polls[quiet].poll.reading(), nullptr);
      EXPECT_NE(pair.polls[quiet + 1].poll.reading(), nullptr);
    }
  }
}

// What a slow meter still had to say to the poll before them is not what the poll after them reads.
TEST_P(QuietHours, KeepThePollsApart) {
  for (int at = 0; at < 90'000; at += 1'700) {
    for (const int length : {3, 7, 12}) {
      SCOPED_TRACE(std::to_string(at) + " " + std::to_string(length));
      Bench bench = bench_with(GetParam());
      bench.options.poll_within = minutes(5);
      TruePair pair(bench);
      pair.start();
      ASSERT_TRUE(pair.run_polls(1));
      pair.sim().faults().add("slow:pause=0.3", pair.now);
      pair.run_for(milliseconds(at));
      set_quiet(pair, true);
      pair.run_for(seconds(length));
      set_quiet(pair, false);
      const std::size_t quiet = pair.polls.size();
      ASSERT_TRUE(pair.run_polls(quiet + 1));
      EXPECT_NE(pair.polls[quiet].poll.reading(), nullptr);
    }
  }
}

// As after SIGSTOP, or in a suspended machine: what has come in and what was due waits.
TEST_P(Sleep, IsFollowedByOnePollAndThenTheGrid) {
  Bench bench = bench_with(GetParam());
  const bool is_each = GetParam() == SessionMode::each;
  bench.options.interval = is_each ? seconds(20) : bench.options.interval;  // past poll_within
  const Duration interval = bench.options.interval;
  for (const Duration length : {Duration(milliseconds(700)), Duration(seconds(5)),
                                Duration(seconds(16)), Duration(minutes(1)), Duration(hours(5))}) {
    for (int at = 0; at < last_ms; at += step_ms) {
      SCOPED_TRACE(std::to_string(at) + " ms, then " + std::to_string(length.count()) + " us");
      TruePair pair(bench);
      pair.start();
      const Instant start = pair.now;
      pair.run_for(milliseconds(at));
      pair.asleep = true;
      pair.run_for(length);
      pair.asleep = false;
      const std::size_t before = pair.polls.size();
      const Instant awake = pair.now;
      if (at % 2 == 0) {  // else what has come in is the first it learns of
        pair.tell([](Meter& client, Instant now) { client.timeout(now); });
      }
      pair.run_for(5 * interval);

      ASSERT_GE(pair.polls.size(), before + 5);
      std::size_t at_once = 0;
      for (std::size_t poll = before; poll < pair.polls.size(); ++poll) {
        const PollRecord& record = pair.polls[poll];
        EXPECT_NE(record.poll.reading(), nullptr) << std::get<Failure>(record.poll.result);
        const bool on_the_grid = (start_of(record) - start) % interval == Duration::zero();
        EXPECT_TRUE(on_the_grid || start_of(record) == awake);
        at_once += start_of(record) <= awake ? 1U : 0U;
      }
      EXPECT_LE(pair.polls.size(), before + 7);  // one that was under way, and one that was missed
      EXPECT_LE(at_once, 2U);
    }
  }
}

std::string name_of_mode(const ::testing::TestParamInfo<SessionMode>& info) {
  return info.param == SessionMode::keep ? "Kept" : "Each";
}

INSTANTIATE_TEST_SUITE_P(Session, QuietHours,
                         ::testing::Values(SessionMode::each, SessionMode::keep), name_of_mode);
INSTANTIATE_TEST_SUITE_P(Session, Sleep, ::testing::Values(SessionMode::each, SessionMode::keep),
                         name_of_mode);

}  // namespace
}  // namespace irmeter::testing
