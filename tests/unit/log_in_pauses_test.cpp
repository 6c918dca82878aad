// The logs of a meter as they are read between polls.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/meter/event_log.hpp"
#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Of a session that is kept, or of one for each poll.
class LogInPauses : public ::testing::TestWithParam<MeterOptions::SessionMode> {
 protected:
  static Bench bench() {
    Bench bench;
    bench.options.session = GetParam();
    bench.options.interval = seconds(10);
    bench.options.pace.slow_interval = seconds(60);
    return bench;
  }
  static std::vector<std::uint16_t> ids(const Pair& pair) {
    std::vector<std::uint16_t> all;
    std::ranges::transform(pair.slow.log, std::back_inserter(all), &LogEntry::id);
    return all;
  }
  static auto heads(const Pair& pair) {
    return std::ranges::count_if(
        pair.requests(), [](const Bytes& request) { return name_of(request) == "BT74 0+11"; });
  }
  static void expect_each_once(const Pair& pair) {
    for (std::size_t i = 1; i < pair.slow.log.size(); ++i) {
      EXPECT_EQ(pair.slow.log[i].sequence, pair.slow.log[i - 1].sequence + 1);
    }
  }
};

TEST_P(LogInPauses, IsReadOnceAndLookedAtEveryTenMinutes) {
  SimulatedPair pair(bench());
  pair.start();
  pair.run_for(minutes(2));
  EXPECT_EQ(ids(pair), (std::vector<std::uint16_t>{1, 2}));
  EXPECT_EQ(heads(pair), 2);  // and once more behind the records
  pair.run_for(minutes(29));
  EXPECT_EQ(heads(pair), 5);
  pair.sim().faults().add("log-moves:times=1,value=66", pair.now);
  pair.run_for(minutes(10));
  EXPECT_EQ(ids(pair), (std::vector<std::uint16_t>{1, 2, 66}));
  EXPECT_EQ(pair.readings(), pair.polls.size());
  EXPECT_FALSE(pair.slow.log.back().own());
}

TEST_P(LogInPauses, IsLookedAtAtOnceWhenAFlagAppears) {
  SimulatedPair pair(bench());
  pair.start();
  pair.run_for(minutes(3));
  pair.sim().faults().add("status:value=57", pair.now);
  pair.run_for(seconds(80));
  EXPECT_EQ(ids(pair), (std::vector<std::uint16_t>{1, 2, 89}));
}

TEST_P(LogInPauses, GetsOverWhatHappensToIt) {
  for (const char* fault :
       {"log-moves:after=1,times=2", "log-moves:every=2,times=4", "count:table=74,times=3",
        "bsy:table=74,times=5", "session-loss:table=74,times=1", "isss:table=74,after=1,times=1",
        "refused:table=74,after=3,times=1"}) {
    SCOPED_TRACE(fault);
    SimulatedPair pair(bench());
    pair.sim().faults().add(fault, pair.now);
    pair.start();
    pair.run_for(minutes(25));
    ASSERT_GE(pair.slow.log.size(), 2U)
        << (pair.slow.left_out.empty() ? "" : pair.slow.left_out[0].failure.context);
    expect_each_once(pair);
    EXPECT_EQ(pair.slow.log.front().id, 1);
    EXPECT_EQ(pair.readings(), pair.polls.size());
    EXPECT_TRUE(pair.slow.left_out.empty());
  }
}

TEST_P(LogInPauses, IsLeftOutWhereItIsNotToBeHad) {
  for (const char* fault :
       {"refused:table=74,value=3", "refused:table=71,value=4", "count:table=74"}) {
    SCOPED_TRACE(fault);
    SimulatedPair pair(bench());
    pair.sim().faults().add(fault, pair.now);
    pair.start();
    pair.run_for(minutes(60));
    EXPECT_TRUE(pair.slow.log.empty());
    EXPECT_EQ(pair.slow.left_out.size(), 1U);
    EXPECT_EQ(pair.readings(), pair.polls.size());
  }
}

TEST_P(LogInPauses, IsNotReadAgainAfterTheLineWasLost) {
  SimulatedPair pair(bench());
  pair.start();
  pair.run_for(minutes(2));
  pair.tell([](Meter& meter, Instant now) {
    meter.line_lost();
    meter.line_ready(now);
  });
  pair.run_for(minutes(12));
  EXPECT_EQ(ids(pair), (std::vector<std::uint16_t>{1, 2}));
}

// As "ET79" or "BT74": those that were asked for.
bool asks_for(const Pair& pair, std::string_view table) {
  return std::ranges::any_of(
      pair.requests(), [&](const Bytes& request) { return name_of(request).starts_with(table); });
}

std::vector<std::pair<TableId, std::uint16_t>> tables_and_ids(const Pair& pair) {
  std::vector<std::pair<TableId, std::uint16_t>> all;
  for (const LogEntry& entry : pair.slow.log) {
    all.emplace_back(entry.table, entry.id);
  }
  return all;
}

TEST_P(LogInPauses, HasTwoOthersBesideItFromFirmware370On) {
  for (const char* profile : {"more", "new", "newest"}) {
    SCOPED_TRACE(profile);
    Bench newer = bench();
    newer.settings.profile = *irmetersim::find_profile(profile);
    SimulatedPair pair(newer);
    pair.start();
    pair.run_for(minutes(31));
    EXPECT_EQ(tables_and_ids(pair), (std::vector<std::pair<TableId, std::uint16_t>>{
                                        {bt74, 1}, {bt74, 2}, {et79, 91}, {et81, outage_event}}));
    pair.sim().faults().add("log-moves:times=1,value=91", pair.now);
    pair.run_for(minutes(15));
    ASSERT_EQ(pair.slow.log.size(), 5U);
    EXPECT_EQ(pair.slow.log[4].table, et79);
    EXPECT_EQ(pair.slow.log[4].sequence, pair.slow.log[1].sequence + 1);
    pair.sim().faults().add("reset:times=1", pair.now);
    pair.run_for(minutes(15));
    ASSERT_EQ(pair.slow.log.size(), 8U);
    EXPECT_EQ(pair.slow.log[7].table, et81);
    EXPECT_EQ(pair.slow.log[7].sequence, pair.slow.log[3].sequence + 1);
    EXPECT_TRUE(pair.slow.left_out.empty());
  }
}

TEST_P(LogInPauses, AsksNoMeterThatLacksThem) {
  for (const char* profile : {"plain", "old"}) {
    Bench older = bench();
    older.settings.profile = *irmetersim::find_profile(profile);
    SimulatedPair pair(older);
    pair.start();
    pair.run_for(minutes(20));
    EXPECT_TRUE(asks_for(pair, "BT74"));
    for (const char* table : {"ET36", "ET54", "ET79", "ET81"}) {
      EXPECT_FALSE(asks_for(pair, table)) << profile << ' ' << table;
    }
  }
}

TEST_P(LogInPauses, IsNotDisturbedByOneThatIsRefused) {
  for (const TableId refused : {et36, et54, et79, et81}) {
    const std::string name = table_name(refused);
    SCOPED_TRACE(name);
    Bench newer = bench();
    newer.settings.profile = *irmetersim::find_profile("newest");
    SimulatedPair pair(newer);
    pair.sim().faults().add("refused:table=" + std::to_string(refused), pair.now);
    pair.start();
    pair.run_for(minutes(40));
    const bool outages = refused == et36 || refused == et81;
    EXPECT_EQ(tables_and_ids(pair),
              (std::vector<std::pair<TableId, std::uint16_t>>{
                  {bt74, 1},
                  {bt74, 2},
                  outages ? std::pair<TableId, std::uint16_t>{et79, 91}
                          : std::pair<TableId, std::uint16_t>{et81, outage_event}}));
    EXPECT_FALSE(asks_for(pair, refused == et36 ? "ET81" : refused == et54 ? "ET79" : "ET99"));
    ASSERT_EQ(pair.slow.left_out.size(), 1U);
    EXPECT_EQ(pair.slow.left_out[0].table, refused);
    EXPECT_TRUE(pair.slow.left_out[0].failure.context.starts_with(name));
    EXPECT_EQ(pair.readings(), pair.polls.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Session, LogInPauses,
                         ::testing::Values(MeterOptions::SessionMode::each,
                                           MeterOptions::SessionMode::keep),
                         [](const auto& test) {
                           return test.param == MeterOptions::SessionMode::keep ? "Kept" : "Each";
                         });

}  // namespace
}  // namespace irmeter::testing
