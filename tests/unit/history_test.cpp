// The load profile of a span of time, out of the tables of the simulated meter, and of tables that
// change while they are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <optional>
#include <string>

#include "lib/meter/history.hpp"
#include "lib/meter/sources.hpp"
#include "lib/meter/tables.hpp"
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

// Three blocks of four hours with one channel, which is import. The newest is in the middle, with
// three hours of the day; in front of it are the eight hours up to midnight.
class SmallProfile : public ::testing::Test {
 protected:
  SmallProfile() {
    for (int hour = -7; hour <= 3; ++hour) {
      put_register(hour, 1'000 + (hour + 8) * (hour + 8));
    }
    put_head(1, midnight + 3h, 0x07);
    put_head(0, midnight, 0x0F);
    put_head(2, midnight - 4h, 0x0F);
  }

  // Where the interval stands that ends at this hour after midnight.
  static std::size_t place_of(int hour) {
    const int block = hour > 0 ? 1 : hour > -4 ? 0 : 2;
    const int place = hour > 0 ? hour - 1 : hour > -4 ? hour + 3 : hour + 7;
    return static_cast<std::size_t>(26 * block + 6 + 5 * place);
  }
  void put_register(int hour, std::int32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      bt64_[place_of(hour) + 1 + i] = static_cast<std::uint8_t>(value >> 8 * i);
    }
  }
  void put_head(std::size_t block, MeterTime end, std::uint8_t valid) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(end));
    const std::chrono::hh_mm_ss time(end - sys_days(date));
    const Bytes head{static_cast<std::uint8_t>(static_cast<int>(date.year()) - 2000),
                     static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                     static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
                     static_cast<std::uint8_t>(time.hours().count()),
                     static_cast<std::uint8_t>(time.minutes().count()),
                     valid};
    std::ranges::copy(head, bt64_.begin() + static_cast<std::ptrdiff_t>(26 * block));
  }

  std::optional<Failure> read(HistoryReader& reader) {
    while (!reader.reads().empty()) {
      const std::vector<TableRead> batch = reader.reads();
      for (const TableRead& each : batch) {
        asked_ += (asked_.empty() ? "" : " ") + table_name(each.table) + ":" +
                  std::to_string(each.offset) + "+" + std::to_string(each.count);
        const Bytes& table = each.table == bt61   ? bt61_
                             : each.table == bt62 ? bt62_
                             : each.table == bt63 ? bt63_
                                                  : bt64_;
        const auto failure = reader.take(ByteView(table).subspan(each.offset, each.count));
        if (failure) {
          return failure;
        }
        if (behind_ && each.table == bt64) {
          behind_(each);
        }
      }
    }
    return std::nullopt;
  }
  // "3=30(11)": the hour, the register at its end, and what was consumed, with the marks.
  std::string shown(HistoryReader reader) {
    asked_.clear();
    EXPECT_FALSE(read(reader).has_value());
    std::string text;
    for (const HistoryInterval& interval : reader.intervals()) {
      EXPECT_EQ(interval.length, 1h);
      text += (text.empty() ? "" : " ") +
              std::to_string((interval.end - midnight) / std::chrono::seconds(1h)) + "=";
      for (const HistoryInterval::Channel& channel : interval.channels) {
        text += channel.at_end ? std::to_string(*channel.at_end) : "-";
        text += channel.consumed ? "(" + std::to_string(*channel.consumed) + ")" : "";
      }
      for (const std::string_view name : names_of(interval.marks)) {
        text += "," + std::string(name);
      }
    }
    return text;
  }

  Bytes bt61_ = from_hex("00 01 00 00 00 0C 20 03 00 04 00 01 3C");
  Bytes bt62_ = from_hex("FF 00 FF 20");
  Bytes bt63_ = from_hex("00 03 00 01 00 09 00 00 00 00 00 03 00");
  Bytes bt64_ = Bytes(3 * 26);
  std::function<void(const TableRead&)> behind_;
  std::string asked_;
};

TEST_F(SmallProfile, IsReadFromItsNewestBlockBack) {
  EXPECT_EQ(shown({midnight - 24h, midnight + 24h}),
            "-7=1001 -6=1004(3) -5=1009(5) -4=1016(7) -3=1025(9) -2=1036(11) -1=1049(13) "
            "0=1064(15) 1=1081(17) 2=1100(19) 3=1121(21)");
  EXPECT_EQ(asked_,
            "BT61:0+13 BT63:0+13 BT62:0+4 BT64:26+6 BT64:32+15 BT63:0+13 BT64:0+6 "
            "BT64:6+20 BT63:0+13 BT64:52+6 BT64:58+20 BT63:0+13");
  EXPECT_EQ(shown({midnight - 2h, midnight + 1h}), "-1=1049(13) 0=1064(15) 1=1081(17)");
  EXPECT_EQ(asked_,
            "BT61:0+13 BT63:0+13 BT62:0+4 BT64:26+6 BT64:32+5 BT63:0+13 BT64:0+6 "
            "BT64:11+15 BT63:0+13");
  EXPECT_EQ(shown({midnight - 4h, midnight - 3h}), "-3=1025(9)");
  EXPECT_EQ(asked_,
            "BT61:0+13 BT63:0+13 BT62:0+4 BT64:26+6 BT64:0+6 BT64:6+5 BT63:0+13 BT64:52+6 "
            "BT64:73+5 BT63:0+13");
  EXPECT_EQ(shown({midnight + 2h, midnight + 3h}), "3=1121(21)");
  EXPECT_EQ(shown({midnight + 1h, midnight + 2h - 1s}), "");
}

TEST_F(SmallProfile, EndsWithTheOldestBlockThatIsValid) {
  bt63_[1] = 2;
  EXPECT_EQ(shown({midnight - 24h, midnight - 2h}), "-3=1025 -2=1036(11)");
  bt63_[1] = 0;
  EXPECT_EQ(shown({midnight - 24h, midnight - 2h}), "");
  EXPECT_EQ(shown(HistoryReader()), "");
}

TEST_F(SmallProfile, MayHaveANewestBlockWithoutIntervals) {
  EXPECT_EQ(shown(HistoryReader()), "3=1121(21)");
  bt63_[11] = 0;
  EXPECT_EQ(shown(HistoryReader()), "0=1064(15)");
  EXPECT_EQ(shown({midnight - 1h, midnight + 24h}), "0=1064(15)");
  bt63_[1] = 1;
  EXPECT_EQ(shown(HistoryReader()), "");
}

// The end of a block is that of the last interval that is valid.
TEST_F(SmallProfile, MayHaveAnOlderBlockThatIsNotFull) {
  put_head(0, midnight - 2h, 0x03);
  EXPECT_EQ(shown({midnight - 5h, midnight + 1h}), "-4=1016(7) -3=1025(9) -2=1036(11) 1=1081");
  put_head(0, midnight - 2h, 0x02);
  EXPECT_EQ(shown({midnight - 5h, midnight + 1h}), "-4=1016(7) -3=-,invalid -2=1036 1=1081");
  put_head(0, midnight - 2h, 0x00);
  EXPECT_EQ(shown({midnight - 5h, midnight + 1h}), "-4=1016(7) 1=1081");
}

TEST_F(SmallProfile, EndsInFrontOfABlockWithoutATime) {
  bt64_[1] = 13;
  EXPECT_EQ(shown({midnight - 5h, midnight + 2h}), "1=1081 2=1100(19)");
  bt64_[26 + 1] = 13;
  HistoryReader reader;
  EXPECT_EQ(read(reader), (Failure{Fault::unexpected, "BT64: a time is none"}));
}

TEST_F(SmallProfile, HasAMarkForEachStatusOfAnInterval) {
  const struct {
    std::uint8_t status;
    const char* expected;
  } examples[]{{0x00, "2=1100(19) 3=1121(21)"},
               {0x10, "2=1100(19) 3=1121(21)"},
               {0x20, "2=1100(19),power_failed 3=1121(21)"},
               {0x40, "2=1100(19),clock_changed 3=1121(21)"},
               {0x80, "2=1100(19),clock_changed 3=1121(21)"},
               {0x01, "2=-,overflow 3=1121"},
               {0x02, "2=1100(19),partial 3=1121(21)"},
               {0x03, "2=1100(19),too_long 3=1121(21)"},
               {0x04, "2=-,skipped 3=1121"},
               {0x05, "2=-,test_mode 3=1121"},
               {0x06, "2=-,other 3=1121"},
               {0x0F, "2=-,other 3=1121"}};
  for (const auto& [status, expected] : examples) {
    bt64_[place_of(2)] = status;
    EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), expected) << +status;
  }
  bt64_[26 + 5] = 0x05;  // nothing of what was not recorded counts
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2=-,invalid 3=1121");
}

TEST_F(SmallProfile, HasNothingConsumedWhereTheRegisterHasFallen) {
  put_register(2, 1'081);
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2=1081(0) 3=1121(40)");
  put_register(2, 1'080);
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2=1080 3=1121(41)");
  put_register(1, 0);
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2=1080(1080) 3=1121(41)");
  put_register(2, -1);
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2=- 3=1121");
}

TEST_F(SmallProfile, LeavesOutAChannelOfAnUnknownSource) {
  bt62_[1] = 255;
  EXPECT_EQ(shown({midnight + 1h, midnight + 3h}), "2= 3=");
}

// Each number of the index alone, behind the newest block.
TEST_F(SmallProfile, IsReadAnewWhereAnyNumberOfTheIndexChanges) {
  for (const std::size_t at : {1U, 3U, 5U, 11U}) {
    const Bytes before = bt63_;
    behind_ = [&](const TableRead& read) {
      if (read.count != 6) {
        bt63_[at] ^= at == 5 ? 0xF0 : 1;
        behind_ = nullptr;
      }
    };
    (void)shown({midnight + 1h, midnight + 3h});
    EXPECT_EQ(asked_.rfind("BT61:0+13"), 60U) << at << ": " << asked_;
    bt63_ = before;
  }
}

TEST_F(SmallProfile, IsTriedThreeTimes) {
  behind_ = [&](const TableRead&) { ++bt63_[5]; };
  HistoryReader reader;
  EXPECT_EQ(read(reader), (Failure{Fault::busy, "BT64: it changes while it is read"}));
  std::size_t tries = 0;
  for (std::size_t at = 0; (at = asked_.find("BT61", at)) != std::string::npos; ++at) {
    ++tries;
  }
  EXPECT_EQ(tries, 3U);
}

// Its place is taken by the one that is as many blocks newer as there is room for.
TEST_F(SmallProfile, KeepsAnOlderBlockUntilItIsOverwritten) {
  for (const unsigned more : {0U, 1U, 2U}) {
    bt63_[5] = 9;
    behind_ = [&](const TableRead& read) {
      if (read.offset == 11) {
        bt63_[5] = static_cast<std::uint8_t>(9 + more);
      }
    };
    EXPECT_EQ(shown({midnight - 2h, midnight + 2h}),
              more < 2 ? "-1=1049(13) 0=1064(15) 1=1081(17) 2=1100(19)" : "1=1081 2=1100(19)")
        << more;
  }
}

TEST_F(SmallProfile, MayHaveBlocksOfAsManyBytesAsAReadMayBring) {
  for (const bool too_large : {false, true}) {
    bt61_[9] = too_large ? 0x34 : 0x33;
    bt61_[10] = 0x33;  // 13107 intervals of 5 bytes
    HistoryReader reader;
    const auto failure = reader.take(bt61_);
    ASSERT_EQ(failure.has_value(), too_large);
    if (failure) {
      EXPECT_EQ(*failure, (Failure{Fault::unexpected, "BT61: its blocks are too large"}));
    }
  }
}

TEST_F(SmallProfile, OfABlockThatIsTooShortIsAFailure) {
  HistoryReader reader;
  for (const Bytes* const table : {&bt61_, &bt63_, &bt62_}) {
    ASSERT_FALSE(reader.take(*table));
  }
  EXPECT_EQ(reader.take(ByteView(bt64_).subspan(26, 5)),
            (Failure{Fault::unexpected, "BT64: a block is too short"}));
}

TEST_F(SmallProfile, OfAnIntervalThatIsTooShortIsAFailure) {
  HistoryReader reader({midnight + 1h, midnight + 3h});
  for (const Bytes* const table : {&bt61_, &bt63_, &bt62_}) {
    ASSERT_FALSE(reader.take(*table));
  }
  ASSERT_FALSE(reader.take(ByteView(bt64_).subspan(26, 6)));
  EXPECT_EQ(reader.take(ByteView(bt64_).subspan(32, 14)),
            (Failure{Fault::unexpected, "BT64: an interval of BT64 is too short"}));
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
