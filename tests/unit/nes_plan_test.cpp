// What the tables of an NES meter change in what is known of it, row by row.
#include "lib/meter/nes_plan.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using Known = PlanRow::Known;

// The first row that reads this table of a meter of which this is known.
const PlanRow& row_of(TableId table, const Known& known) {
  for (const PlanRow& row : nes_plan()) {
    const auto read = row.what != nullptr ? row.what(known) : std::nullopt;
    if (read && read->table == table) {
      return row;
    }
  }
  throw std::logic_error("no row reads " + table_name(table));
}

std::optional<Failure> take(TableId table, Known& known, const char* bytes) {
  return row_of(table, known).take(from_hex(bytes), known);
}

// Of a meter that has been read.
Known known_meter() {
  Known known;
  known.identity.serial_number = "1";
  known.identity.firmware_version = "4.00.00";
  known.firmware = firmware_since(4, 0);
  known.dimensions = *decode_dimensions(from_hex("03 0C 00 0F 00 00 00 04 00 29"));
  known.values.set(Quantity::power_import, 1);
  known.details.set(Quantity::frequency, 2);
  return known;
}

TEST(NesPlan, ForgetsTheValuesOnceTheyLieElsewhere) {
  Known known = known_meter();
  EXPECT_FALSE(take(bt22, known, "00 01 02 03 04 05 06 07 1A 1B 1C 6C 6D 6E 6F"));
  EXPECT_EQ(known.values.get(Quantity::power_import), 1) << "where they were";
  EXPECT_EQ(known.details.get(Quantity::frequency), 2);
  EXPECT_FALSE(take(bt22, known, "00 01 03 02 04 05 06 07 1A 1B 1C 6C 6D 6E 6F"));
  EXPECT_FALSE(known.values.get(Quantity::power_import));
  EXPECT_FALSE(known.details.get(Quantity::frequency));
  EXPECT_EQ(place_of(info(Quantity::reactive_energy_import), known.dimensions), 12U);
  EXPECT_TRUE(take(bt22, known, "00 00"));
}

TEST(NesPlan, ForgetsTheDetailsOnceTheDimensionsAreOthers) {
  Known known = known_meter();
  const Dimensions before = known.dimensions;
  known.dimensions.assumed = true;
  EXPECT_FALSE(take(bt21, known, "03 0C 00 0F 00 00 00 04 00 29"));
  EXPECT_EQ(known.dimensions, before);
  EXPECT_FALSE(known.values.get(Quantity::power_import));
  EXPECT_FALSE(known.details.get(Quantity::frequency));
  EXPECT_THROW((void)row_of(bt21, known), std::logic_error) << "they are known";
  known = known_meter();
  known.dimensions = usual_dimensions;
  known.dimensions.register_unit = 10;
  EXPECT_FALSE(take(bt21, known, "03 0C 00 0F 00 00 00 04 00 29"));
  EXPECT_EQ(known.dimensions.register_unit, 10);
  known.dimensions = {};
  EXPECT_EQ(take(bt21, known, "00 00 00 00 00 00 00 00 00 00"),
            (Failure{Fault::unexpected, "the meter says that it has no values"}));
}

TEST(NesPlan, HasTheRegisterUnitThatTheMeterTells) {
  Known known = known_meter();
  known.most_tariffs = 4;
  EXPECT_FALSE(take(et55, known, "0A"));
  EXPECT_EQ(known.dimensions.register_unit, 10);
  EXPECT_FALSE(take(et55, known, "03"));
  EXPECT_EQ(known.dimensions.register_unit, 0) << "one that is none";
}

TEST(NesPlan, KeepsTheRatiosWhereBt15MakesNoSense) {
  Known known = known_meter();
  EXPECT_FALSE(take(bt15, known, "01 00 00 00 00 00 00 00 00 28 00 00 00 02 00 00 00"));
  EXPECT_EQ(known.ratios, (Ratios{40, 2, false}));
  EXPECT_TRUE(take(bt15, known, "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF"));
  EXPECT_EQ(known.ratios, (Ratios{40, 2, false}));
}

// Whether the first log is wanted now.
bool looks(const Known& known) {
  return known.logs[0].part().has_value();
}

TEST(NesPlan, LooksAtTheLogsForEachFlagThatAppears) {
  Known known = known_meter();
  known.logs[0].use(LogDimensions{2, 20});
  known.logs[1].use(LogDimensions{2, 20, et79});
  EXPECT_FALSE(take(bt03, known, "01 00 00 00 00 00 00 00 00 00"));
  EXPECT_FALSE(looks(known));
  EXPECT_FALSE(take(bt03, known, "01 00 10 00 00 00 00 00 00 00"));
  EXPECT_TRUE(looks(known));
  EXPECT_TRUE(known.logs[1].part());
  known.logs[0] = {};
  known.logs[0].use(LogDimensions{2, 20});
  EXPECT_FALSE(take(bt03, known, "01 00 10 00 00 00 00 00 00 00"));
  EXPECT_FALSE(looks(known)) << "it was there before";
  EXPECT_FALSE(take(bt03, known, "01 00 00 00 00 00 00 00 00 00"));
  EXPECT_FALSE(looks(known)) << "it is gone";
  EXPECT_TRUE(take(bt03, known, "FF FF FF FF FF FF FF FF FF FF"));
  EXPECT_FALSE(looks(known));
  EXPECT_FALSE(take(bt03, known, "01 00 10 00 00 00 00 00 00 00"));
  EXPECT_TRUE(looks(known));
}

TEST(NesPlan, HasRecordsOfOneLengthInBothLogs) {
  Known known = known_meter();
  EXPECT_THROW((void)row_of(et54, known), std::logic_error) << "not before BT71";
  EXPECT_FALSE(take(bt71, known, "00 08 13 02 00 64 00 00 00"));
  EXPECT_EQ(known.logs[0].dimensions(), (LogDimensions{2, 100}));
  EXPECT_FALSE(take(et54, known, "14 00"));
  EXPECT_EQ(known.logs[1].dimensions(), (LogDimensions{2, 20, et79}));
  EXPECT_FALSE(take(bt71, known, "00 08 13 04 00 64 00 00 00"));
  EXPECT_EQ(known.logs[0].dimensions(), (LogDimensions{4, 100}));
  EXPECT_EQ(known.logs[1].dimensions(), (LogDimensions{4, 20, et79}));
  EXPECT_FALSE(take(et36, known, "51 08 0C 00 FD 00 0A 00 00"));
  EXPECT_EQ(known.logs[2].dimensions(), (LogDimensions{0, 10, et81}));
  EXPECT_TRUE(take(bt71, known, "00 00 00 00 00 00 00 00 00"));
  EXPECT_FALSE(known.logs[0].dimensions());
  EXPECT_EQ(known.logs[1].dimensions(), (LogDimensions{4, 20, et79}));
}

TEST(NesPlan, ReadsEachDeviceThatThereIsRoomFor) {
  Known known = known_meter();
  const auto offsets = [&known] {
    std::vector<std::uint32_t> all;
    for (const PlanRow& row : nes_plan()) {
      const auto read = row.what != nullptr ? row.what(known) : std::nullopt;
      if (read && read->table == et16) {
        all.push_back(read->offset);
      }
    }
    return all;
  };
  EXPECT_TRUE(offsets().empty());
  EXPECT_FALSE(take(et11, known, "03 00 00 00 00 64 00"));
  EXPECT_EQ(offsets(), (std::vector<std::uint32_t>{0})) << "until the first one is given";
  EXPECT_FALSE(take(et16, known, "19 01 0F 0C 00 00 00 10 78 56 34 12 24 40 01 07 2A 00 00 00"));
  EXPECT_EQ(offsets(), (std::vector<std::uint32_t>{0, 100, 200, 20}));
  EXPECT_FALSE(take(et11, known, "03 00 00 00 00 64 00"));
  EXPECT_EQ(offsets(), (std::vector<std::uint32_t>{0, 100, 200, 20}));
  EXPECT_TRUE(take(et11, known, "03 00 00 00 00 00 00"));
  EXPECT_EQ(offsets(), (std::vector<std::uint32_t>{0, 100, 200, 20}));
  EXPECT_FALSE(take(et11, known, "02 00 00 00 00 C8 00"));
  EXPECT_EQ(offsets(), (std::vector<std::uint32_t>{0, 200})) << "the records lie elsewhere";
}

}  // namespace
}  // namespace irmeter::testing
