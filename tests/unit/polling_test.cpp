// When polls happen: on the grid, one at a time, for days.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Bench every(Duration interval, SessionMode mode = SessionMode::automatic) {
  Bench bench;
  bench.options.interval = interval;
  bench.options.session = mode;
  return bench;
}

Instant start_of(const PollRecord& record) {
  return record.ended - record.poll.duration;
}

TEST(Polling, HappensOnTheGridForADay) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    SimulatedPair pair(every(minutes(1), mode));
    pair.to_client.in_one_piece = pair.to_meter.in_one_piece = true;
    pair.to_client.keeps_what_was_sent = pair.to_meter.keeps_what_was_sent = false;
    pair.start();
    const Instant start = pair.now;
    pair.run_for(hours(24));
    ASSERT_EQ(pair.polls.size(), 1440U);
    for (std::size_t i = 0; i < pair.polls.size(); ++i) {
      ASSERT_NE(pair.polls[i].poll.reading(), nullptr);
      ASSERT_EQ(start_of(pair.polls[i]), start + minutes(1) * static_cast<int>(i));
    }
    EXPECT_EQ(pair.client.counters().retries, 0U);
    EXPECT_EQ(pair.identities.size(), 1U);
  }
}

TEST(Polling, SkipsThePointsOfTheGridThatALongPollTook) {
  Bench bench = every(seconds(1), SessionMode::each);
  bench.settings.link.think_time = milliseconds(400);  // a poll takes about four seconds
  SimulatedPair pair(bench);
  pair.start();
  const Instant start = pair.now;
  pair.run_for(minutes(5));
  ASSERT_GT(pair.polls.size(), 40U);
  for (const PollRecord& record : pair.polls) {
    ASSERT_NE(record.poll.reading(), nullptr);
    EXPECT_EQ((start_of(record) - start) % seconds(1), Duration::zero());
  }
}

TEST(Polling, BeginsAtOnceAndGoesOnAtAPhaseOfItsOwn) {
  Bench bench = every(seconds(10), SessionMode::keep);
  bench.options.phase = seconds(3);
  SimulatedPair pair(bench);
  pair.start();
  const Instant start = pair.now;
  pair.run_for(seconds(30));
  ASSERT_EQ(pair.polls.size(), 4U);
  EXPECT_EQ(start_of(pair.polls[0]), start);
  EXPECT_EQ(start_of(pair.polls[1]), start + seconds(3));
  EXPECT_EQ(start_of(pair.polls[3]), start + seconds(23));
}

TEST(Polling, DoesNotMakeUpForAPauseOfHours) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    SimulatedPair pair(every(seconds(10), mode));
    pair.start();
    const Instant start = pair.now;
    pair.run_for(seconds(35));
    ASSERT_EQ(pair.polls.size(), 4U);
    // The process is stopped; the meter is not, and ends its session.
    for (pair.now += seconds(20); pair.sim().deadline(); pair.sim().timeout(pair.now)) {
      pair.now = std::max(pair.now, *pair.sim().deadline());
    }
    pair.now = start + hours(5) + seconds(3);
    pair.run_for(seconds(30));
    ASSERT_EQ(pair.polls.size(), 8U);  // one at once, three on the grid
    EXPECT_EQ(start_of(pair.polls[5]), start + hours(5) + seconds(10));
    for (const PollRecord& record : pair.polls) {
      EXPECT_NE(record.poll.reading(), nullptr);
    }
  }
}

TEST(Polling, BeginsWhenTheLineIsThereAndStaysOnTheGrid) {
  SimulatedPair pair(every(seconds(10)));
  const Instant start = pair.now;
  pair.tell([](Meter& client, Instant now) { client.start(now); });
  pair.run_for(seconds(13));
  EXPECT_EQ(pair.polls.size(), 0U);
  EXPECT_EQ(pair.to_meter.bytes, 0U);
  pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(start_of(pair.polls[0]), start + seconds(13));
  EXPECT_EQ(start_of(pair.polls[1]), start + seconds(20));
}

TEST(Polling, GoesOnUndisturbedWhereTheLineWasThereAlready) {
  SimulatedPair pair(every(seconds(60)));
  pair.start();
  for (const Duration time : {milliseconds(100), milliseconds(20'000)}) {  // in the poll, behind it
    pair.run_for(time);
    pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
  }
  pair.run_for(seconds(20));
  EXPECT_EQ(pair.polls.size(), 1U);
}

TEST(Polling, SurvivesTheLossOfTheLineAtAnyMoment) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    for (int at = 0; at < 700; at += 3) {
      Bench bench = every(seconds(2), mode);
      bench.prove_key();
      SimulatedPair pair(bench);
      pair.start();
      pair.run_for(milliseconds(at));
      pair.tell([](Meter& client, Instant) { client.line_lost(); });
      EXPECT_LE(pair.client.deadline(), pair.now + seconds(2)) << "only the grid remains";
      const std::size_t before = pair.polls.size();
      pair.run_for(seconds(5));
      EXPECT_EQ(pair.polls.size(), before);
      pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
      ASSERT_TRUE(pair.run_polls(before + 1, seconds(20)));
      ASSERT_NE(pair.polls.back().poll.reading(), nullptr) << at;
      EXPECT_EQ(*pair.polls.back().poll.reading(),
                truth(distinct_values(), *irmetersim::find_profile("plain")));
    }
  }
}

TEST(PollNow, ReadsAtOnceBesideTheGrid) {
  SimulatedPair pair(every(seconds(60)));
  pair.start();
  const Instant start = pair.now;
  pair.run_for(seconds(20));
  pair.tell([](Meter& client, Instant now) { client.poll_now(now); });
  ASSERT_TRUE(pair.run_polls(3, minutes(2)));
  EXPECT_EQ(start_of(pair.polls[1]), start + seconds(20));
  EXPECT_EQ(start_of(pair.polls[2]), start + seconds(60));
}

TEST(PollNow, JoinsThePollThatIsUnderWay) {
  SimulatedPair pair(every(seconds(60)));
  pair.start();
  pair.run_for(milliseconds(100));
  pair.tell([](Meter& client, Instant now) {
    client.poll_now(now);
    client.poll_now(now);
  });
  pair.run_for(seconds(30));
  EXPECT_EQ(pair.polls.size(), 1U);
}

TEST(PollNow, WaitsForTheLogOffOfThePollBefore) {
  SimulatedPair pair(every(seconds(60), SessionMode::each));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.tell([](Meter& client, Instant now) { client.poll_now(now); });
  ASSERT_TRUE(pair.run_polls(2, seconds(5)));
  EXPECT_NE(pair.polls[1].poll.reading(), nullptr);
}

TEST(PollNow, WithoutALineDoesNothing) {
  SimulatedPair pair(every(seconds(60)));
  pair.tell([](Meter& client, Instant now) {
    client.start(now);
    client.poll_now(now);
  });
  EXPECT_EQ(pair.polls.size(), 0U);
  EXPECT_EQ(pair.to_meter.bytes, 0U);
}

TEST(PollNow, SendsNothingUntilTheHoldOffIsOver) {
  SimulatedPair pair(every(hours(1), SessionMode::each));
  pair.to_client.fault = [&](const Bytes& bytes) {
    return pair.asked() == "identify" ? refused(bytes, 0x01) : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  const Failure failure = std::get<Failure>(pair.polls[0].poll.result);
  EXPECT_EQ(failure.fault, Fault::locked_out);
  const Instant over = pair.polls[0].ended + seconds(300);
  pair.run_for(over - Duration(1) - pair.now);
  const std::uint64_t bytes = pair.to_meter.bytes;
  const auto read_now = [](Meter& client, Instant now) { client.poll_now(now); };
  pair.tell(read_now);
  ASSERT_EQ(pair.polls.size(), 2U);
  EXPECT_EQ(std::get<Failure>(pair.polls[1].poll.result), failure);
  EXPECT_EQ(pair.polls[1].poll.duration, Duration{});
  EXPECT_EQ(pair.to_meter.bytes, bytes);
  pair.run_for(Duration(1));
  pair.to_client.fault = {};
  pair.tell(read_now);
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_NE(pair.polls[2].poll.reading(), nullptr);
}

TEST(Grid, HasItsPointsAtMultiplesOfTheInterval) {
  const Instant origin{seconds(100)};
  const PollGrid grid{origin, seconds(10)};
  EXPECT_EQ(grid.after(origin - seconds(5)), origin);
  EXPECT_EQ(grid.after(origin), origin + seconds(10));
  EXPECT_EQ(grid.after(origin + seconds(10) - Duration(1)), origin + seconds(10));
  EXPECT_EQ(grid.after(origin + seconds(10)), origin + seconds(20));
  EXPECT_EQ(grid.after(origin + hours(24 * 3650)), origin + hours(24 * 3650) + seconds(10));
}

TEST(Deadlines, MayBeCalledEarlyAndOftenWithoutHarm) {
  SimulatedPair pair(every(seconds(2)));
  pair.start();
  for (int i = 0; i < 20'000; ++i) {
    pair.step(pair.now + milliseconds(1));
    pair.tell([](Meter& client, Instant now) {
      client.timeout(now);
      client.timeout(now);
      client.receive({}, now);
    });
  }
  EXPECT_GT(pair.readings(), 4U);
  EXPECT_EQ(pair.readings(), pair.polls.size());
  EXPECT_EQ(pair.client.counters().retries, 0U);
}

// A line on which the same bytes come in again and again, beside what the meter sends.
class FloodedPair : public SimulatedPair {
 public:
  using SimulatedPair::SimulatedPair;

  Bytes flood;  // empty: none
  Duration every{};

  void step(Instant limit) override {
    if (flood.empty()) {
      SimulatedPair::step(limit);
      return;
    }
    SimulatedPair::step(std::min(limit, next_));
    if (now >= next_) {
      to_client.push(flood, now);
      next_ = now + every;
    }
  }

 private:
  Instant next_{};
};

TEST(Polling, HasADeadlineThatNoInputPushesAway) {
  const Bytes ok = encode({.payload = {0x00}});
  const struct {
    Bytes bytes;
    Duration every;
  } floods[]{
      {ok, milliseconds(10)},            // without a pause
      {ok, milliseconds(300)},           //
      {{0xEE}, milliseconds(450)},       // each looks like the beginning of a packet
      {{0x00}, milliseconds(450)},       //
      {{0xEE, 0x00}, milliseconds(10)},  //
      {{ack_byte}, milliseconds(450)},   //
      {{nak_byte}, milliseconds(15)},    //
      {Bytes(50, 0x55), milliseconds(55)},
  };
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    for (const auto& [bytes, period] : floods) {
      for (const int requests : {0, 1, 3, 8, 12}) {
        SCOPED_TRACE(to_hex(bytes) + " from request " + std::to_string(requests));
        Bench bench = every(seconds(3), mode);
        bench.prove_key();
        FloodedPair pair(bench);
        pair.run_for(seconds(1));
        pair.start();
        pair.run_until([&] { return pair.requests().size() > static_cast<std::size_t>(requests); },
                       seconds(3));
        pair.flood = bytes;
        pair.every = period;
        const Instant since = pair.now;
        pair.run_for(minutes(2));
        ASSERT_GT(pair.polls.size(), 5U);
        for (const PollRecord& record : pair.polls) {
          ASSERT_LE(record.poll.duration, seconds(15));
        }
        ASSERT_LE(start_of(pair.polls.back()) - since, minutes(2));
        pair.flood.clear();
        const std::size_t before = pair.readings();
        EXPECT_TRUE(pair.run_until([&] { return pair.readings() > before; }, seconds(40)));
      }
    }
  }
}

// What is known by then is said; otherwise that it took too long.
TEST(Polling, NamesWhatWasInTheWayUntilTheDeadline) {
  const struct {
    Bytes bytes;
    Duration every;
    Fault fault;
  } floods[]{
      {encode({.payload = {0x00}}), milliseconds(10), Fault::overdue},
      {{0xEE}, milliseconds(450), Fault::garbled},
      {{0x00}, milliseconds(450), Fault::garbled},
      {Bytes(50, 0x55), milliseconds(55), Fault::garbled},
  };
  for (const auto& [bytes, period, fault] : floods) {
    SCOPED_TRACE(to_hex(bytes));
    FloodedPair pair(every(seconds(10)));
    pair.flood = bytes;
    pair.every = period;
    pair.run_for(seconds(1));
    pair.to_client.fault = [&](Bytes sent) { return sent == bytes ? sent : Bytes{}; };
    pair.start();
    ASSERT_TRUE(pair.run_polls(4));
    for (const PollRecord& record : pair.polls) {
      ASSERT_EQ(record.poll.reading(), nullptr);
      EXPECT_EQ(std::get<Failure>(record.poll.result).fault, fault)
          << std::get<Failure>(record.poll.result);
    }
  }
}

}  // namespace
}  // namespace irmeter::testing
