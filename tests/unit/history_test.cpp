// The load profile of a span of time, out of the tables of the simulated meter, and of tables that
// change while they are read.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <numeric>
#include <optional>
#include <string>

#include "lib/meter/history.hpp"
#include "lib/meter/sources.hpp"
#include "tests/support/transcript.hpp"
#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmeter::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::January;
using std::chrono::sys_days;

const MeterTime midnight = sys_days(January / 15 / 2025);

// The profile of the simulated meter from 2025-01-14 00:00 on.
class History : public ::testing::Test {
 protected:
  std::optional<Failure> read(HistoryReader& reader) {
    while (!reader.reads().empty()) {
      const std::vector<TableRead> batch = reader.reads();
      for (const TableRead& each : batch) {
        ++reads_;
        if (before_) {
          before_(each);
        }
        Bytes image = table(each.table);
        if (change_) {
          change_(each.table, image);
        }
        image.resize(std::max<std::size_t>(image.size(), each.offset + each.count));
        const auto* const from = image.begin() + each.offset;
        if (auto failure = reader.take(Bytes(from, from + each.count))) {
          return failure;
        }
      }
    }
    return std::nullopt;
  }
  std::vector<HistoryInterval> all(HistoryReader reader) {
    const auto failure = read(reader);
    EXPECT_FALSE(failure) << failure->context;
    return reader.intervals();
  }
  Bytes table(TableId id) {
    state_.intervals = &memory_.intervals(std::chrono::floor<std::chrono::seconds>(passed_));
    return irmetersim::MeterTables(*irmetersim::find_profile("plain"), {})
        .image(id, state_)
        .value();
  }
  // The register of the first channel at this moment.
  std::int64_t import_at(MeterTime time) {
    return measuring_.values(time - midnight).summations[0];
  }

  std::chrono::minutes passed_ = 11h + 7min;  // since midnight
  std::function<void(const TableRead&)> before_;
  std::function<void(TableId, Bytes&)> change_;
  unsigned reads_ = 0;

 private:
  irmetersim::HouseholdSettings household_{.start = std::chrono::local_days(January / 15 / 2025)};
  irmetersim::Household measuring_{household_};
  irmetersim::MeterMemory memory_{household_, 0min};
  irmetersim::MeterState state_;
};

std::int64_t sum(const std::vector<HistoryInterval>& intervals, std::size_t channel = 0) {
  std::int64_t total = 0;
  for (const HistoryInterval& interval : intervals) {
    total += interval.channels.at(channel).consumed.value_or(0);
  }
  return total;
}

TEST_F(History, SumsAgreeWithTheRegistersToTheWh) {
  const auto intervals = all({midnight - 3h, midnight + 9h});
  ASSERT_EQ(intervals.size(), 48U);
  EXPECT_EQ(intervals.front().end, midnight - 3h + 15min);
  EXPECT_EQ(intervals.back().end, midnight + 9h);
  EXPECT_EQ(sum(intervals), import_at(midnight + 9h) - import_at(midnight - 3h));
  for (const HistoryInterval& interval : intervals) {
    EXPECT_EQ(interval.channels.at(0).quantity, Quantity::energy_import);
    EXPECT_EQ(interval.channels.at(1).quantity, Quantity::energy_export);
    EXPECT_EQ(interval.channels[0].at_end, import_at(interval.end));
    EXPECT_TRUE(interval.channels[1].consumed);
    EXPECT_TRUE(interval.marks.none());
    EXPECT_EQ(interval.length, 15min);
  }
}

TEST_F(History, ReadsNoMoreThanTheSpanNeeds) {
  std::size_t bytes = 0;
  before_ = [&](const TableRead& read) { bytes += read.table == bt64 ? read.count : 0U; };
  EXPECT_EQ(all({midnight + 9h, midnight + 10h}).size(), 4U);
  EXPECT_EQ(bytes, 17U + 5U * 10U);  // the head of the block, and the interval in front of the hour
  EXPECT_TRUE(all({midnight + 20h, midnight + 24h}).empty());
  EXPECT_TRUE(all({midnight - 72h, midnight - 48h}).empty());
}

TEST_F(History, IsInWattHoursWhereTheMeterCountsInTens) {
  const auto intervals = all({midnight, midnight + 24h, 10});
  ASSERT_EQ(intervals.size(), 44U);
  EXPECT_EQ(intervals[0].channels[0].at_end, 10 * import_at(midnight + 15min));
  EXPECT_EQ(intervals[0].channels[0].consumed,
            10 * (import_at(midnight + 15min) - import_at(midnight)));
}

TEST_F(History, ReachesBackToTheFirstIntervalThereIs) {
  (void)table(bt64);
  passed_ = 9 * 24h;
  const auto intervals = all({midnight - 72h, midnight + passed_});
  EXPECT_EQ(intervals.size(), 6U * 96U);
  EXPECT_FALSE(intervals.front().channels[0].consumed);  // nothing lies in front of it
  EXPECT_TRUE(intervals[1].channels[0].consumed);
}

TEST_F(History, HasNoMoreThanTheBlocksThatAreValid) {
  std::uint8_t valid = 0;
  change_ = [&](TableId id, Bytes& image) {
    if (id == bt63) {
      image[1] = valid;
    }
  };
  EXPECT_TRUE(all({midnight - 24h, midnight + 24h}).empty());
  EXPECT_EQ(reads_, 2U) << "dimensions and state, no block";
  valid = 1;
  EXPECT_EQ(all({midnight - 24h, midnight + 24h}).size(), 44U);
}

TEST_F(History, TheNewestIntervalIsTheLastOneClosed) {
  const auto newest = all({});
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].end, midnight + 11h);
  EXPECT_EQ(newest[0].channels[0].consumed,
            import_at(midnight + 11h) - import_at(midnight + 10h + 45min));
  passed_ = 24h + 15min;  // the first of a new block
  EXPECT_EQ(all({}).at(0).end, midnight + 24h + 15min);
  EXPECT_EQ(all({}).at(0).channels[0].consumed,
            import_at(midnight + 24h + 15min) - import_at(midnight + 24h));
}

TEST_F(History, AnIntervalThatIsClosedMeanwhileIsReadOnceMore) {
  before_ = [&](const TableRead& read) {
    if (read.table == bt64 && passed_ < 11h + 15min) {
      passed_ = 11h + 15min;
    }
  };
  const auto intervals = all({midnight + 10h, midnight + 12h});
  ASSERT_EQ(intervals.size(), 5U);
  EXPECT_EQ(sum(intervals), import_at(midnight + 11h + 15min) - import_at(midnight + 10h));
}

TEST_F(History, ABlockThatNeverRestsIsGivenUp) {
  before_ = [&](const TableRead&) { passed_ += 15min; };
  HistoryReader reader;
  const auto failure = read(reader);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->fault, Fault::busy);
  EXPECT_EQ(failure->context, "BT64: it changes while it is read");
}

TEST_F(History, ABlockThatIsOverwrittenMeanwhileIsGone) {
  (void)table(bt64);
  passed_ = 9 * 24h;
  before_ = [&](const TableRead& read) {
    if (read.table == bt64 && reads_ > 12) {
      passed_ = 12 * 24h;  // half of the blocks are others by now
    }
  };
  const auto intervals = all({midnight - 72h, midnight + 24h * 30});
  EXPECT_LT(intervals.size(), 6U * 96U);
  for (const HistoryInterval& interval : intervals) {
    EXPECT_EQ(interval.channels[0].at_end, import_at(interval.end));
  }
}

TEST_F(History, WhatIsMissingIsNotInterpolated) {
  const std::size_t block = 20'103 % 6 * 977;
  const std::size_t at_nine = 35;  // the interval that ends then
  change_ = [&](TableId id, Bytes& image) {
    if (id == bt64) {
      image[block + 5 + at_nine / 8] &= static_cast<std::uint8_t>(~(1U << at_nine % 8));
      const std::size_t next = block + 17 + (at_nine + 4) * 10;
      image[next] = 0x22;      // the power failed, and import is partial
      image[next + 1] = 0x40;  // export was skipped
    }
  };
  const auto intervals = all({midnight + 8h + 45min, midnight + 10h});
  ASSERT_EQ(intervals.size(), 5U);
  EXPECT_EQ(names_of(intervals[0].marks), std::vector<std::string_view>{"invalid"});
  EXPECT_FALSE(intervals[0].channels[0].at_end);
  EXPECT_FALSE(intervals[1].channels[0].consumed);
  EXPECT_TRUE(intervals[1].channels[0].at_end);
  EXPECT_TRUE(intervals[2].channels[0].consumed);
  EXPECT_EQ(names_of(intervals[4].marks),
            (std::vector<std::string_view>{"power_failed", "partial", "skipped"}));
  EXPECT_TRUE(intervals[4].channels[0].consumed);
  EXPECT_FALSE(intervals[4].channels[1].at_end);
}

TEST_F(History, NonsenseNamesItsTable) {
  for (const auto& [id, name] : {std::pair(bt61, "BT61: "), std::pair(bt62, "BT62: "),
                                 std::pair(bt63, "BT63: "), std::pair(bt64, "BT64: ")}) {
    change_ = [id = id](TableId read, Bytes& image) {
      if (read == id) {
        image = Bytes(image.size(), 0xFF);
      }
    };
    HistoryReader reader;
    const auto failure = read(reader);
    ASSERT_TRUE(failure) << name;
    EXPECT_EQ(failure->fault, Fault::unexpected);
    EXPECT_TRUE(failure->context.starts_with(name)) << failure->context;
  }
}

TEST(Sources, AreTheVendors) {
  EXPECT_EQ(quantity_of_source(0), Quantity::energy_import);
  EXPECT_EQ(quantity_of_source(5), Quantity::power_outages);
  EXPECT_EQ(quantity_of_source(28), Quantity::errors);
  EXPECT_EQ(quantity_of_source(29), Quantity::energy_import_t1);
  EXPECT_EQ(quantity_of_source(63), Quantity::energy_export_t4);
  EXPECT_EQ(quantity_of_source(111), Quantity::reactive_energy_q4);
  for (const unsigned unknown : {8U, 25U, 31U, 73U, 104U, 112U, 255U}) {
    EXPECT_FALSE(quantity_of_source(static_cast<std::uint8_t>(unknown))) << unknown;
  }
}

}  // namespace
}  // namespace irmeter::testing
