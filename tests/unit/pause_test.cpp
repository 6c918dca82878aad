// What is read between polls: only where it fits, and never at the cost of a poll.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/unit/pause_fixture.hpp"

namespace irmeter::testing {
namespace {

using When = PlanRow::When;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// One that the meter lacks.
const std::string lacking = "BT99 0+7";
std::optional<TableRead> read_lacking(const PlanRow::Known&) {
  return TableRead{99, 0, 7};
}
std::optional<Failure> take_nonsense(ByteView, PlanRow::Known&) {
  return Failure{Fault::unexpected, "BT20: nonsense"};
}

// What a meter of these dimensions says of a quantity.
std::optional<std::int64_t> value_of(const QuantityInfo& quantity,
                                     const irmetersim::MeterValues& values,
                                     const Dimensions& dimensions) {
  if (quantity.source == Source::derived) {
    const auto& difference = differences[quantity.index];
    const auto of = value_of(info(difference.of), values, dimensions);
    const auto less = value_of(info(difference.less), values, dimensions);
    return of && less ? std::optional(*of - *less) : std::nullopt;
  }
  if (!place_of(quantity, dimensions)) {
    return std::nullopt;
  }
  switch (quantity.source) {
    case Source::bt23:
      return values.summations[quantity.index];
    case Source::tiers:
      return values.tiers[quantity.index / 2][quantity.index % 2];
    default:
      return values.present[quantity.index];
  }
}

// Each poll has begun on the grid and got its values.
void expect_polls_on_the_grid(const Pair& pair, Instant start, Duration interval) {
  EXPECT_EQ(pair.readings(), pair.polls.size());
  for (std::size_t i = 0; i < pair.polls.size(); ++i) {
    const Instant began = pair.polls[i].ended - pair.polls[i].poll.duration;
    EXPECT_EQ(began, start + static_cast<std::int64_t>(i) * interval) << i;
  }
}

TEST(Pauses, OfAKeptSessionAreFilledWithoutTouchingThePolls) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(1)));
  const Instant start = pair.now;
  pair.start();
  ASSERT_TRUE(pair.run_polls(125));
  EXPECT_EQ(times_asked(pair, there), 3U);
  EXPECT_EQ(pair.slow.tables.size(), 3U);
  EXPECT_EQ(times_asked(pair, "identify"), 1U);
  expect_polls_on_the_grid(pair, start, seconds(1));
  for (std::size_t i = 2; i < pair.polls.size(); ++i) {
    EXPECT_EQ(pair.polls[i].poll.duration, pair.polls[1].poll.duration) << i;
  }
}

TEST(Pauses, OfASessionPerPollComeBehindItsValues) {
  SimulatedPair pair(bench_of(SessionMode::each, seconds(10)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  EXPECT_EQ(times_asked(pair, there), 0U);
  pair.run_for(seconds(2));
  EXPECT_TRUE(pair.services().ends_with("BT28 0+52, BT20 0+10, log off, terminate"));
  ASSERT_EQ(pair.slow.tables.size(), 1U);
  const TableBytes& table = pair.slow.tables[0];
  EXPECT_EQ(table.what, (TableRead{20, 0, 10}));
  EXPECT_EQ(table.bytes.size(), 10U);
  EXPECT_GE(table.asked, pair.polls[0].ended);
  EXPECT_GT(table.answered, table.asked);
  ASSERT_TRUE(pair.run_polls(7));
  pair.run_for(seconds(2));
  EXPECT_EQ(times_asked(pair, there), 2U);
}

TEST(Pauses, OfASessionPerPollBringSoManyReadsAtMost) {
  const std::vector<PlanRow>& plan = plan_with({.when = When::each_period, .what = read_there});
  std::vector<PlanRow> longer = plan;
  longer.insert(longer.end(), 4, plan.back());
  Bench bench = bench_of(SessionMode::each, seconds(10), longer);
  bench.options.reads_behind_poll = 2;
  SimulatedPair pair(bench);
  pair.start();
  for (const unsigned asked : {2U, 4U, 5U, 5U}) {
    ASSERT_TRUE(pair.run_polls(pair.polls.size() + 1));
    pair.run_for(seconds(2));
    EXPECT_EQ(times_asked(pair, there), asked);
  }
}

TEST(Pauses, BringNothingThatIsNotWanted) {
  Bench bench = bench_of(SessionMode::keep, seconds(1));
  bench.options.pace.slow_interval.reset();
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(100));
  EXPECT_EQ(times_asked(pair, there), 0U);
}

TEST(Pauses, ThatAreTooShortStayEmpty) {
  for (const milliseconds interval : {milliseconds(150), milliseconds(300)}) {
    SimulatedPair pair(bench_of(SessionMode::keep, interval));
    pair.start();
    ASSERT_TRUE(pair.run_polls(20));
    EXPECT_EQ(times_asked(pair, there), 0U + (interval > milliseconds(200)));
  }
}

TEST(Pauses, ThatNothingFitsIntoDelayNoPoll) {
  SimulatedPair first(bench_of(SessionMode::keep, seconds(1)));
  first.start();
  ASSERT_TRUE(first.run_polls(2));
  for (const milliseconds pause : {milliseconds(1), milliseconds(20)}) {
    const Duration interval = first.polls[1].poll.duration + pause;
    SimulatedPair pair(bench_of(SessionMode::keep, interval));
    pair.start();
    ASSERT_TRUE(pair.run_polls(60));
    EXPECT_EQ(times_asked(pair, there), 0U) << pause.count();
  }
}

TEST(Pauses, AreTooShortWhereTheMeterTakesItsTimeForAnAnswer) {
  for (const int think_time : {280, 300}) {
    Bench bench = bench_of(SessionMode::keep, seconds(1));
    bench.options.pace.slow_interval = seconds(5);
    bench.settings.link.think_time = milliseconds(think_time);
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(100));
    EXPECT_EQ(pair.readings(), 100U);
    EXPECT_LE(times_asked(pair, "identify"), 2U) << think_time;
  }
}

TEST(Pauses, BringTheSlowValuesInAsFewReadsAsPossible) {
  Bench bench = bench_of(SessionMode::keep, seconds(3), nes_plan());
  for (const Quantity slow : {Quantity::energy_export, Quantity::frequency}) {
    bench.options.pace.fast.reset(static_cast<std::size_t>(slow));
  }
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(40));
  EXPECT_NE(pair.services().find("BT23 0+4, BT28 0+52, BT23 4+64, BT23 120+64, BT23 184+64, "
                                 "BT28 44+60, BT28 104+60, BT52 0+7"),
            std::string::npos)
      << pair.services();
  EXPECT_EQ(times_asked(pair, "BT28 44+60"), 3U);  // the first ones are compared with the second
  ASSERT_EQ(pair.slow.details.size(), 2U);
  const Dimensions dimensions = *decode_dimensions(bench.settings.profile.actual);
  const Values& details = pair.slow.details[0].values;
  const Values& live = pair.polls.back().poll.reading()->values;
  for (const QuantityInfo& quantity : quantities) {
    const bool slow = !bench.options.pace.fast.test(static_cast<std::size_t>(quantity.id));
    const auto value = value_of(quantity, distinct_values(), dimensions);
    EXPECT_EQ(details.get(quantity.id), slow ? value : std::nullopt) << quantity.key;
    EXPECT_EQ(live.get(quantity.id), slow ? std::nullopt : value) << quantity.key;
  }
}

TEST(Pauses, BringStatusClocksAndLog) {
  Bench bench = bench_of(SessionMode::keep, seconds(2));
  bench.options.plan = nes_plan();
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(5));
  std::vector<TableId> tables;
  for (const TableBytes& table : pair.slow.tables) {
    tables.push_back(table.what.table);
  }
  EXPECT_EQ(tables, (std::vector<TableId>{bt22, bt27, bt15, bt52, bt55, bt03, bt71, bt74, bt74,
                                          bt74, et11}));
}

TEST(Pauses, BringOnceADayWhatHardlyChanges) {
  Bench bench = bench_of(SessionMode::each, minutes(10), nes_plan());
  bench.settings.profile = *irmetersim::find_profile("newest");
  bench.options.pace.slow_interval = hours(12);
  SimulatedPair pair(bench);
  pair.start();
  const auto expect_asked = [&](std::size_t times) {
    for (const char* const name :
         {"BT15 0+17", "BT71 0+9", "ET54 80+2", "ET36 103+9", "ET11 0+7"}) {
      EXPECT_EQ(times_asked(pair, name), times) << name;
    }
    for (const char* const name : {"BT22 0+", "BT27 0+"}) {
      const auto requests = pair.requests();
      EXPECT_EQ(
          std::ranges::count_if(
              requests, [&](const Bytes& request) { return name_of(request).starts_with(name); }),
          static_cast<std::ptrdiff_t>(times))
          << name;
    }
  };
  pair.run_for(hours(23) + minutes(45));
  expect_asked(1);
  pair.run_for(minutes(50));
  expect_asked(2);
}

TEST(Pauses, LookAtTheLogsEveryTenMinutes) {
  Bench bench = bench_of(SessionMode::keep, seconds(30), nes_plan());
  bench.settings.profile = *irmetersim::find_profile("newest");
  SimulatedPair pair(bench);
  pair.start();
  const std::array<std::string, 3> heads{"BT74 0+11", "ET79 0+11", "ET81 0+6"};
  std::array<std::size_t, heads.size()> before{};
  pair.run_for(minutes(5));
  std::ranges::transform(heads, before.begin(),
                         [&](const std::string& head) { return times_asked(pair, head); });
  pair.run_for(minutes(100));
  for (std::size_t i = 0; i < heads.size(); ++i) {
    EXPECT_EQ(times_asked(pair, heads[i]), before[i] + 10) << heads[i];
  }
}

TEST(Pauses, BringWhoIsBehindTheMeterEachHour) {
  Bench bench = bench_of(SessionMode::each, minutes(1), nes_plan());
  bench.settings.mbus_devices = 2;
  SimulatedPair pair(bench);
  pair.start();
  pair.run_for(minutes(150));
  EXPECT_EQ(times_asked(pair, "ET11 0+7"), 1U);
  for (const char* const empty : {"ET16 1034+20", "ET16 1551+20"}) {
    EXPECT_EQ(times_asked(pair, empty), 3U) << empty;
  }
  // Behind the records of a telegram that is new its head is read again.
  for (const char* const head : {"ET16 0+20", "ET16 517+20"}) {
    EXPECT_EQ(times_asked(pair, head), 6U) << head;
  }
}

TEST(Pauses, LeaveOutTheOtherDevicesWhereTheFirstOneIsRefused) {
  Bench bench = bench_of(SessionMode::keep, seconds(2), nes_plan());
  bench.settings.mbus_devices = 4;
  SimulatedPair pair(bench);
  refuse(pair, "ET16 0+20", ResponseCode::isc);
  pair.start();
  ASSERT_TRUE(pair.run_polls(20));
  EXPECT_EQ(times_asked(pair, "ET16 0+20"), 1U);
  EXPECT_EQ(times_asked(pair, "ET16 517+20"), 0U);
  ASSERT_EQ(pair.slow.left_out.size(), 1U);
  EXPECT_EQ(pair.slow.left_out[0].table, et16);
}

TEST(Pauses, LeaveOutATableThatIsRefused) {
  for (const ResponseCode code :
       {ResponseCode::isc, ResponseCode::iar, ResponseCode::sns, ResponseCode::onp}) {
    for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
      Bench bench = bench_of(mode, seconds(5));
      SimulatedPair pair(bench);
      pair.to_client.keeps_what_was_sent = false;
      refuse(pair, there, code);
      const Instant start = pair.now;
      pair.start();
      ASSERT_TRUE(pair.run_polls(60));
      EXPECT_EQ(times_asked(pair, there), 1U);
      ASSERT_EQ(pair.slow.left_out.size(), 1U);
      EXPECT_EQ(pair.slow.left_out[0].table, 20);
      EXPECT_EQ(pair.slow.left_out[0].failure.context,
                "BT20: " + describe(static_cast<std::uint8_t>(code)));
      EXPECT_TRUE(pair.slow.tables.empty());
      expect_polls_on_the_grid(pair, start, seconds(5));
      EXPECT_EQ(pair.record.facts.size(), 1U);  // that it is the right key
      pair.tell([](Meter& meter, Instant) { meter.retry_tables(); });
      pair.run_for(seconds(10));
      EXPECT_EQ(times_asked(pair, there), 2U);
    }
  }
}

TEST(Pauses, AskADayLaterForWhatWasRefused) {
  SimulatedPair pair(bench_of(SessionMode::each, minutes(10)));
  refuse(pair, there, ResponseCode::onp);
  pair.start();
  pair.run_for(hours(25));
  EXPECT_EQ(times_asked(pair, there), 2U);
  EXPECT_EQ(pair.slow.left_out.size(), 2U);
}

TEST(Pauses, LeaveOutWhatMakesNoSense) {
  SimulatedPair pair(
      bench_of(SessionMode::keep, seconds(2),
               plan_with({.when = When::each_period, .what = read_there, .take = take_nonsense})));
  pair.start();
  ASSERT_TRUE(pair.run_polls(100));
  EXPECT_EQ(times_asked(pair, there), 1U);
  EXPECT_TRUE(pair.slow.tables.empty());
  ASSERT_EQ(pair.slow.left_out.size(), 1U);
  EXPECT_EQ(pair.slow.left_out[0].failure, (Failure{Fault::unexpected, "BT20: nonsense"}));
}

TEST(Pauses, OfATableThatIsNeverAnsweredCostOneSession) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    SimulatedPair pair(bench_of(mode, seconds(2)));
    answer(pair, there, [](const Bytes&) { return Bytes{}; });
    const Instant start = pair.now;
    pair.start();
    ASSERT_TRUE(pair.run_polls(100));
    expect_polls_on_the_grid(pair, start, seconds(2));
    EXPECT_EQ(pair.slow.left_out.size(), 1U);
    EXPECT_EQ(pair.slow.left_out[0].failure.fault, Fault::no_response);
    EXPECT_EQ(times_asked(pair, "log on"), mode == SessionMode::keep ? 2U : 100U);
  }
}

TEST(Pauses, OfATableThatIsNoLongerAnsweredCostTwoSessions) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(10));
  answer(pair, there, [](const Bytes&) { return Bytes{}; });
  ASSERT_TRUE(pair.run_polls(200));
  EXPECT_EQ(pair.readings(), pair.polls.size());
  EXPECT_EQ(pair.slow.left_out.size(), 1U);
  EXPECT_EQ(times_asked(pair, "log on"), 3U);
}

// The light was away in that pause and is back for the next poll.
TEST(Pauses, LeaveNothingOutForOneSilenceOfATableThatWasThereBefore) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(10)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  for (unsigned interruption = 0; interruption < 3; ++interruption) {
    answer(pair, there, [](const Bytes&) { return Bytes{}; });
    const std::size_t asked = times_asked(pair, there);
    ASSERT_TRUE(pair.run_until([&] { return times_asked(pair, there) > asked; }, minutes(2)));
    pair.run_for(seconds(9));
    pair.to_client.fault = {};
    const std::size_t tables = pair.slow.tables.size();
    ASSERT_TRUE(pair.run_until([&] { return pair.slow.tables.size() > tables; }, minutes(2)));
  }
  EXPECT_EQ(pair.readings(), pair.polls.size());
  EXPECT_TRUE(pair.slow.left_out.empty());
}

TEST(Pauses, LeaveNothingOutForASilenceOfTheMeter) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(10));
  bool silent = false;
  pair.to_client.fault = [&](Bytes bytes) {
    silent = silent || pair.asked() == there;
    return silent ? Bytes{} : std::move(bytes);
  };
  ASSERT_TRUE(pair.run_until(
      [&] { return std::holds_alternative<Failure>(pair.polls.back().poll.result); }, minutes(3)));
  pair.to_client.fault = {};
  pair.run_for(seconds(130));
  EXPECT_TRUE(pair.slow.left_out.empty());
  EXPECT_GE(pair.slow.tables.size(), 2U);
}

TEST(Pauses, LeaveNothingOutForABadLine) {
  for (const std::string fault : {"noise:every=2", "crc:every=3", "crc:every=2", "noise:every=3"}) {
    for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
      Bench bench = bench_of(mode, seconds(1), nes_plan());
      bench.options.pace.slow_interval = seconds(10);
      SimulatedPair pair(bench);
      pair.sim().faults().add(fault, pair.now);
      pair.start();
      ASSERT_TRUE(pair.run_polls(300, std::chrono::hours(1)));
      for (const TableLeftOut& table : pair.slow.left_out) {
        ADD_FAILURE() << fault << ": " << table.failure << " of BT" << table.table;
      }
    }
  }
}

TEST(Pauses, LeaveOutTheValuesOfATableThatIsNoLongerGiven) {
  Bench bench = bench_of(SessionMode::keep, seconds(3), nes_plan());
  bench.options.pace.slow_interval = seconds(60);
  SimulatedPair pair(bench);
  pair.start();
  pair.run_for(minutes(5));
  const auto all = pair.slow.details.back().values;
  refuse(pair, "BT23 120+64", ResponseCode::isc);
  pair.run_for(minutes(10));
  const auto rest = pair.slow.details.back().values;
  for (const QuantityInfo& quantity : quantities) {
    const bool kept = table_of(quantity.source) != bt23;
    EXPECT_EQ(rest.get(quantity.id), kept ? all.get(quantity.id) : std::nullopt) << quantity.key;
  }
}

TEST(Pauses, AreNotUsedForWhatIsComputedOfLiveValues) {
  for (const Quantity fast : {Quantity::power_l1, Quantity::power_export_l1}) {
    Bench bench = bench_of(SessionMode::keep, seconds(2), nes_plan());
    bench.options.pace.fast.set(static_cast<std::size_t>(fast));
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(10));
    ASSERT_EQ(pair.slow.details.size(), 1U);
    for (const Quantity quantity :
         {Quantity::power_l1, Quantity::power_import_l1, Quantity::power_export_l1}) {
      EXPECT_TRUE(pair.polls.back().poll.reading()->values.get(quantity));
      EXPECT_FALSE(pair.slow.details[0].values.get(quantity));
    }
  }
}

TEST(Pauses, WaitForABusyMeterNoLongerThanUntilTheNextPoll) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2)));
  refuse(pair, there, ResponseCode::bsy);
  const Instant start = pair.now;
  pair.start();
  ASSERT_TRUE(pair.run_polls(100));
  expect_polls_on_the_grid(pair, start, seconds(2));
  EXPECT_TRUE(pair.slow.left_out.empty());
  EXPECT_EQ(times_asked(pair, "identify"), 1U);
  EXPECT_LE(times_asked(pair, there), 4U * 3U);
  EXPECT_TRUE(pair.slow.tables.empty()) << pair.services();
  pair.to_client.fault = {};
  pair.run_for(seconds(62));
  EXPECT_EQ(pair.slow.tables.size(), 1U);
}

TEST(Pauses, AskOnceMoreForATableThatWasThereBefore) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2)));
  pair.start();
  ASSERT_TRUE(pair.run_polls(10));
  ASSERT_EQ(pair.slow.tables.size(), 1U);
  refuse(pair, there, ResponseCode::isc);
  pair.run_for(seconds(70));
  EXPECT_TRUE(pair.slow.left_out.empty());
  EXPECT_EQ(times_asked(pair, there), 2U);
  pair.run_for(minutes(10));
  EXPECT_EQ(pair.slow.left_out.size(), 1U);
  EXPECT_EQ(times_asked(pair, there), 3U);
}

TEST(Pauses, KeepWhatIsLeftOutOverALostLine) {
  SimulatedPair pair(bench_of(SessionMode::keep, seconds(2),
                              plan_with({.when = When::each_period, .what = read_lacking})));
  pair.start();
  ASSERT_TRUE(pair.run_polls(5));
  pair.tell([](Meter& meter, Instant now) {
    meter.line_lost();
    meter.line_ready(now);
  });
  ASSERT_TRUE(pair.run_polls(100));
  EXPECT_EQ(times_asked(pair, lacking), 1U);
}

}  // namespace
}  // namespace irmeter::testing
