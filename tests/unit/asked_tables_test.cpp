// Tables that somebody has asked for: they are read between polls too, and each is answered.
#include <gtest/gtest.h>

#include "tests/unit/pause_fixture.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::seconds;

TEST(AskedTables, AreReadInThePauses) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    Bench bench = bench_of(mode, seconds(30));
    bench.options.pace.slow_interval.reset();
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    pair.run_for(seconds(11));
    pair.tell([](Meter& meter, Instant now) {
      meter.read_table({23, 2, 250}, now);
      meter.read_table({99, 0, 7}, now);
      meter.read_table({0, 0, 0}, now);
    });
    ASSERT_TRUE(pair.run_until([&] { return pair.slow.answers.size() == 3; }, seconds(4)));
    const auto& answers = pair.slow.answers;
    EXPECT_EQ(answers[0].what, (TableRead{23, 2, 250}));
    const Bytes& bytes = std::get<Bytes>(answers[0].result);
    ASSERT_EQ(bytes.size(), 250U);
    EXPECT_EQ(int32_at(ByteView(bytes).subspan(2), 0), distinct_values().summations[1]);
    EXPECT_EQ(std::get<Failure>(answers[1].result),
              (Failure{Fault::refused, "BT99: iar (inappropriate action requested)"}));
    EXPECT_EQ(answers[1].blamed, 99);
    EXPECT_EQ(std::get<Bytes>(answers[2].result).size(), 79U);
    EXPECT_TRUE(pair.slow.left_out.empty());
    EXPECT_EQ(pair.readings(), pair.polls.size());
  }
}

TEST(AskedTables, AreAnsweredWithWhatIsInTheWay) {
  SimulatedPair pair(bench_of(SessionMode::each, seconds(30)));
  pair.tell([](Meter& meter, Instant now) { meter.read_table({0, 0, 4}, now); });
  ASSERT_EQ(pair.slow.answers.size(), 1U);
  pair.to_client.fault = [](const Bytes&) { return Bytes{}; };
  pair.start();
  pair.tell([](Meter& meter, Instant now) { meter.read_table({0, 0, 4}, now); });
  ASSERT_TRUE(pair.run_polls(1));
  ASSERT_EQ(pair.slow.answers.size(), 2U);
  EXPECT_EQ(std::get<Failure>(pair.slow.answers[1].result),
            std::get<Failure>(pair.polls[0].poll.result));
  EXPECT_FALSE(pair.slow.answers[1].blamed);
  for (std::uint16_t table = 0; table < 9; ++table) {
    pair.tell([&](Meter& meter, Instant now) {
      EXPECT_EQ(meter.read_table({table, 0, 4}, now), table < 8);
    });
  }
  EXPECT_EQ(pair.slow.answers.size(), 2U);
  pair.tell([](Meter& meter, Instant) { meter.line_lost(); });
  ASSERT_EQ(pair.slow.answers.size(), 10U);
  for (std::uint16_t table = 0; table < 8; ++table) {
    EXPECT_EQ(pair.slow.answers[2U + table].what.table, table);
  }
}

// It is dropped for the poll, which needs a fresh session then.
TEST(AskedTables, AreReadOnceMoreWhereAPollComesBeforeTheAnswer) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    for (const unsigned polls : {1U, 2U}) {
      Bench bench = bench_of(mode, seconds(5));
      bench.options.pace.slow_interval.reset();
      SimulatedPair pair(bench);
      pair.start();
      ASSERT_TRUE(pair.run_polls(2));
      pair.run_for(seconds(2));
      answer(pair, there, [&](Bytes bytes) {
        return times_asked(pair, there) <= polls ? Bytes{} : std::move(bytes);
      });
      pair.tell([](Meter& meter, Instant now) { meter.read_table({20, 0, 10}, now); });
      for (unsigned poll = 1; poll <= polls; ++poll) {
        ASSERT_TRUE(pair.run_until([&] { return times_asked(pair, there) == poll; }, seconds(2)));
        pair.tell([](Meter& meter, Instant now) { meter.poll_now(now); });
      }
      ASSERT_TRUE(pair.run_until([&] { return !pair.slow.answers.empty(); }, seconds(4)));
      EXPECT_EQ(std::holds_alternative<Bytes>(pair.slow.answers[0].result), polls == 1);
      EXPECT_EQ(pair.readings(), pair.polls.size());
    }
  }
}

TEST(AskedTables, DoNotOutliveAStop) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  pair.tell([](Meter& meter, Instant now) {
    meter.read_table({23, 0, 4}, now);
    meter.stop(now);
  });
  ASSERT_TRUE(pair.run_until([&] { return pair.stopped; }, seconds(2)));
  EXPECT_EQ(pair.slow.answers.size(), 1U);
}

}  // namespace
}  // namespace irmeter::testing
