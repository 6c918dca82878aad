// What a meter does to a session: it is busy, loses it, cuts it, or refuses to open one.
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

Bench bench_with(SessionMode mode, int interval_s) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(interval_s);
  return bench;
}

Bench kept(int interval_s = 3) {
  return bench_with(SessionMode::keep, interval_s);
}

constexpr SessionMode modes[] = {SessionMode::each, SessionMode::keep};

class BusyMeter : public ::testing::TestWithParam<const char*> {};

TEST_P(BusyMeter, IsAskedAgainASecondLaterEachTime) {
  for (const SessionMode mode : modes) {
    for (int times = 1; times <= 5; ++times) {
      for (int after = 0; after < 6; ++after) {
        SCOPED_TRACE(std::to_string(times) + " times after " + std::to_string(after));
        TruePair pair(bench_with(mode, mode == SessionMode::keep ? 3 : 10));
        pair.sim().faults().add(std::string(GetParam()) + ":times=" + std::to_string(times) +
                                    ",after=" + std::to_string(after),
                                pair.now);
        Bytes latest;
        Instant sent_at;
        int asked_again = 0;
        pair.to_meter.fault = [&](Bytes bytes) {
          if (bytes.size() > 1) {
            // The same question, in a new packet.
            const bool again = latest.size() > 6 && bytes.size() == latest.size() &&
                               std::equal(bytes.begin() + 6, bytes.end() - 2, latest.begin() + 6);
            asked_again += again ? 1 : 0;
            EXPECT_TRUE(!again || pair.now - sent_at >= seconds(1));
            latest = bytes;
            sent_at = pair.now;
          }
          return bytes;
        };
        pair.start();
        ASSERT_TRUE(pair.run_polls(3));
        EXPECT_EQ(pair.readings(), 3U);
        EXPECT_EQ(asked_again, times);
        EXPECT_EQ(pair.client.counters().retries, 0U);
        EXPECT_LT(pair.polls[0].poll.duration, seconds(times + 1));
      }
    }
  }
}

TEST_P(BusyMeter, ThatStaysBusyIsLeftAloneBetweenPolls) {
  for (const SessionMode mode : modes) {
    TruePair pair(bench_with(mode, 10));
    pair.start();
    ASSERT_TRUE(pair.run_polls(2));
    pair.sim().faults().add(GetParam(), pair.now);
    pair.run_for(seconds(1));
    const std::size_t polls = pair.polls.size();
    pair.to_meter.sent.clear();
    pair.run_for(hours(1));
    EXPECT_EQ(pair.polls.back().poll.reading(), nullptr);
    EXPECT_EQ(std::get<Failure>(pair.polls.back().poll.result).fault, Fault::busy);
    // Six questions that are met with it, before them those that open a session, and its end.
    EXPECT_LE(pair.requests().size(), 20 * (pair.polls.size() - polls));
    EXPECT_GE(pair.polls.size() - polls, 359U);
  }
}

INSTANTIATE_TEST_SUITE_P(Session, BusyMeter, ::testing::Values("bsy", "dnr", "dlk"),
                         [](const auto& one) { return std::string(one.param); });

class LostSession : public ::testing::TestWithParam<const char*> {};

// At whichever occasion it strikes, in the first session or in a later one.
TEST_P(LostSession, IsReplacedByOneInTheSamePoll) {
  const std::string fault = GetParam();
  const int occasions = fault == "reset" ? 14 : 6;  // packets or reads of a poll
  for (const SessionMode mode : modes) {
    for (const bool later : {false, true}) {
      for (int after = 0; after < occasions; ++after) {
        SCOPED_TRACE(std::to_string(after) + (later ? " later" : ""));
        Bench bench = bench_with(mode, 20);
        bench.prove_key();
        TruePair pair(bench);
        const auto begin = [&] {
          pair.sim().faults().add(fault + ":times=1,after=" + std::to_string(after), pair.now);
        };
        if (!later) {
          begin();
        }
        pair.start();
        ASSERT_TRUE(pair.run_polls(2));
        pair.run_for(seconds(1));
        if (later) {
          pair.to_meter.sent.clear();
          begin();
        }
        ASSERT_TRUE(pair.run_polls(5));
        EXPECT_EQ(pair.readings(), 5U);
        EXPECT_EQ(pair.sim().faults().struck(irmetersim::parse_fault(fault)->kind), 1U);
        const std::size_t undisturbed = mode == SessionMode::each ? later ? 3 : 5 : later ? 0 : 1;
        const std::size_t identifications = times_asked(pair, "identify");
        EXPECT_LE(identifications, undisturbed + 1) << pair.services();
        // A reset while a session begins or ends may need no other one.
        EXPECT_TRUE(identifications == undisturbed + 1 || fault == "reset") << pair.services();
        EXPECT_LE(times_asked(pair, "security"), undisturbed + 1);
        EXPECT_EQ(pair.identities.size(), 1U);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Session, LostSession,
                         ::testing::Values("rno", "isss", "session-loss", "session-silent",
                                           "reset"),
                         [](const auto& one) {
                           std::string name(one.param);
                           std::erase(name, '-');
                           return name;
                         });

class SessionGuard : public ::testing::TestWithParam<const char*> {};

TEST_P(SessionGuard, IsNeverMetBecauseSessionsEndByThemselves) {
  for (const int interval_s : {1, 3, 10, 60, 240}) {
    SCOPED_TRACE(interval_s);
    TruePair pair(kept(interval_s));
    pair.sim().faults().add(GetParam(), pair.now);
    pair.start();
    pair.run_for(hours(1));
    const std::size_t ends = times_asked(pair, "terminate");
    EXPECT_GE(ends, 5U);
    EXPECT_LE(ends, 7U);
    EXPECT_EQ(times_asked(pair, "log off"), ends);
    EXPECT_LE(times_asked(pair, "identify"), ends + 1);
    EXPECT_EQ(pair.readings(), pair.polls.size());
    EXPECT_GE(pair.polls.size(), 3'600U / static_cast<unsigned>(interval_s));
    EXPECT_EQ(pair.client.counters().retries, 0U);
    EXPECT_EQ(pair.sim().faults().struck(irmetersim::parse_fault(GetParam())->kind), 0U);
  }
}

TEST_P(SessionGuard, ThatStrikesAllTheSameIsWaitedOutInSilence) {
  for (const int interval_s : {3, 10, 60}) {
    SCOPED_TRACE(interval_s);
    Bench bench = kept(interval_s);
    bench.options.timing.max_age = hours(24);
    TruePair pair(bench);
    pair.sim().faults().add(GetParam(), pair.now);
    pair.start();
    const Instant start = pair.now;
    ASSERT_TRUE(pair.run_until(
        [&] { return !pair.polls.empty() && pair.polls.back().poll.reading() == nullptr; },
        minutes(12)));
    EXPECT_GE(pair.now - start, seconds(600));
    EXPECT_EQ(std::get<Failure>(pair.polls.back().poll.result).fault, Fault::locked_out);

    pair.run_for(milliseconds(500));
    const std::uint64_t bytes = pair.to_meter.bytes;
    const std::size_t failed = pair.polls.size();
    pair.tell([](Meter& client, Instant now) {
      client.poll_now(now);
      client.retry_key(now);
    });
    pair.run_for(seconds(295));
    EXPECT_EQ(pair.to_meter.bytes, bytes);
    for (std::size_t poll = failed; poll < pair.polls.size(); ++poll) {
      ASSERT_EQ(state_of(pair.polls[poll].poll), State::locked_out);
    }
    EXPECT_GE(pair.polls.size() - failed, 290U / static_cast<unsigned>(interval_s));
    const std::size_t readings = pair.readings();
    ASSERT_TRUE(pair.run_until([&] { return pair.readings() > readings; },
                               seconds(5) + bench.options.interval));
    ASSERT_TRUE(pair.run_polls(pair.polls.size() + 5));
    EXPECT_EQ(pair.readings(), readings + 6);
  }
}

INSTANTIATE_TEST_SUITE_P(Session, SessionGuard,
                         ::testing::Values("session-limit", "session-limit-err"),
                         [](const auto& one) {
                           std::string name(one.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(SessionGuard, ThatStrikesIsWaitedOutAlsoWhereTheLineComesAndGoes) {
  Bench bench = kept(3);
  bench.options.timing.max_age = hours(24);
  TruePair pair(bench);
  pair.sim().faults().add(GetParam(), pair.now);
  pair.start();
  ASSERT_TRUE(pair.run_until(
      [&] { return !pair.polls.empty() && pair.polls.back().poll.reading() == nullptr; },
      minutes(12)));
  pair.run_for(milliseconds(500));
  const std::uint64_t bytes = pair.to_meter.bytes;
  for (int i = 0; i < 29; ++i) {
    pair.tell([](Meter& client, Instant) { client.line_lost(); });
    pair.run_for(seconds(5));
    pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
    pair.run_for(seconds(5));
    ASSERT_EQ(state_of(pair.polls.back().poll), State::locked_out);
  }
  EXPECT_EQ(pair.to_meter.bytes, bytes);
  const std::size_t readings = pair.readings();
  EXPECT_TRUE(pair.run_until([&] { return pair.readings() > readings; }, seconds(20)));
}

// Some hours in the life of a meter that somebody else has been at.
TEST(Identification, RefusedIsAskedForAgainAfterTheHoldOffOnly) {
  for (const ResponseCode code : {ResponseCode::err, ResponseCode::isc, ResponseCode::onp}) {
    for (const SessionMode mode : modes) {
      TruePair pair(bench_with(mode, 10));
      bool refuse = true;
      pair.to_client.fault = [&](const Bytes& bytes) {
        return refuse && pair.asked() == "identify"
                   ? refused(bytes, static_cast<std::uint8_t>(code))
                   : bytes;
      };
      pair.start();
      pair.run_for(minutes(61));
      EXPECT_LE(times_asked(pair, "identify"), 2U * 13U);  // with Terminate between the two
      for (const PollRecord& record : pair.polls) {
        ASSERT_EQ(state_of(record.poll), State::locked_out);
      }
      refuse = false;
      EXPECT_TRUE(pair.run_until([&] { return pair.readings() > 0; }, seconds(311)));
    }
  }
}

}  // namespace
}  // namespace irmeter::testing
