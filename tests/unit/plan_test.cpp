// The plan by itself: which read comes next, at which pace, and what a refusal or another meter
// changes.
#include "lib/meter/plan.hpp"

#include <gtest/gtest.h>

#include <array>

namespace irmeter {
namespace {

using std::chrono::minutes;
using When = PlanRow::When;
using IfRefused = PlanRow::IfRefused;

template <TableId table, std::uint16_t count>
std::optional<TableRead> part(const PlanRow::Known&) {
  return TableRead{table, 0, count};
}
std::optional<Failure> take_nothing(ByteView, PlanRow::Known&) {
  return std::nullopt;
}

constexpr Negotiated limits{64, 2};

// The tables that a plan asks for until it is complete, each answered with zeros.
std::vector<TableId> tables_of(Plan& plan) {
  std::vector<TableId> tables;
  for (auto next = plan.next(); std::holds_alternative<TableRead>(next); next = plan.next()) {
    const TableRead read = std::get<TableRead>(next);
    tables.push_back(read.table);
    EXPECT_FALSE(plan.take(Bytes(read.count)));
  }
  EXPECT_TRUE(std::holds_alternative<Plan::Complete>(plan.next()));
  return tables;
}

TEST(Plan, ReadsEachTableAtItsPace) {
  constexpr std::array<PlanRow, 3> rows{{
      {When::once, part<1, 4>, take_nothing},
      {When::each_session, part<2, 4>, take_nothing},
      {When::each_poll, part<3, 4>, take_nothing},
  }};
  Plan plan(rows);
  plan.begin(limits, {});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{1, 2, 3}));
  plan.restart({});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{3}));
  plan.begin(limits, {});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{2, 3}));
  plan.forget_meter();
  plan.begin(limits, {});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{1, 2, 3}));
}

std::optional<Failure> take_serial_number(ByteView table, PlanRow::Known& known) {
  known.identity.serial_number = std::to_string(table[0]);
  return std::nullopt;
}

TEST(Plan, ReadsAnewOfAnotherMeterWhatItReadsOnce) {
  constexpr std::array<PlanRow, 4> rows{{
      {When::each_session, part<1, 1>, take_serial_number},
      {When::once, part<2, 1>, take_nothing},
      {When::once, part<3, 1>, take_nothing},
      {.when = When::each_poll},  // the key
  }};
  Plan plan(rows);
  const auto tables_for = [&plan](std::uint8_t number) {
    std::vector<TableId> tables;
    plan.begin(limits, {});
    for (auto next = plan.next(); std::holds_alternative<TableRead>(next); next = plan.next()) {
      tables.push_back(std::get<TableRead>(next).table);
      EXPECT_FALSE(plan.take(Bytes{number}));
    }
    (void)plan.identified();
    return tables;
  };
  EXPECT_EQ(tables_for(1), (std::vector<TableId>{1, 2, 3}));
  EXPECT_EQ(tables_for(1), (std::vector<TableId>{1}));
  EXPECT_EQ(tables_for(2), (std::vector<TableId>{1, 2, 3}));
}

// The number of present values, as the only byte of a table.
std::optional<Failure> take_number(ByteView table, PlanRow::Known& known) {
  known.dimensions.present_values = table[0];
  return std::nullopt;
}

TEST(Plan, DropsWhatItHasBegunWhereFewerValuesAreLeft) {
  constexpr std::array<PlanRow, 2> rows{{
      {When::each_session, part<21, 1>, take_number},
      {.when = When::each_period, .values = bt28},
  }};
  Plan plan(rows, {.slow_interval = minutes(1)});
  plan.begin(limits, {});
  EXPECT_FALSE(plan.take(Bytes{84}));
  const auto first = plan.pauses().next(plan.known(), limits.max_read(), true);
  ASSERT_TRUE(first);
  plan.pauses().take(Bytes(first->count), plan.known(), {}, {});
  EXPECT_GT(plan.pauses().next(plan.known(), limits.max_read(), true)->offset, first->offset);
  plan.begin(limits, Instant(minutes(1)));
  EXPECT_FALSE(plan.take(Bytes{16}));
  const auto other = plan.pauses().next(plan.known(), limits.max_read(), true);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->offset, first->offset);
  EXPECT_EQ(other->count, 3 * int32_size);
}

TEST(Plan, DropsWhatItHasBegunOfAnotherMeter) {
  constexpr std::array<PlanRow, 1> rows{{{.when = When::each_period, .values = bt28}}};
  Plan plan(rows, {.slow_interval = minutes(1)});
  plan.known().dimensions.present_values = 84;
  plan.known().identity.serial_number = "1";
  plan.begin(limits, {});
  Pauses& pauses = plan.pauses();
  pauses.identified(plan.known());
  const auto first = pauses.next(plan.known(), limits.max_read(), true);
  ASSERT_TRUE(first);
  pauses.take(Bytes(first->count), plan.known(), {}, {});
  EXPECT_NE(pauses.next(plan.known(), limits.max_read(), true), first);
  plan.known().identity.serial_number = "2";
  pauses.identified(plan.known());
  EXPECT_EQ(pauses.next(plan.known(), limits.max_read(), true), first);
}

TEST(Plan, SplitsATableIntoReadsThatFit) {
  constexpr std::array<PlanRow, 1> rows{{{When::each_poll, part<5, 150>, take_nothing}}};
  Plan plan(rows);
  plan.begin(limits, {});
  std::size_t bytes = 0;
  while (std::holds_alternative<TableRead>(plan.next())) {
    const TableRead read = std::get<TableRead>(plan.next());
    EXPECT_EQ(read.offset, bytes);
    EXPECT_GT(read.count, 0U);
    EXPECT_LE(read.count, limits.max_read());
    bytes += read.count;
    EXPECT_FALSE(plan.take(Bytes(read.count)));
  }
  EXPECT_EQ(bytes, 150U);
}

TEST(Plan, AsksForTheNextRowInPlaceOfATableThatTheMeterLacks) {
  constexpr std::array<PlanRow, 3> rows{{
      {When::each_session, part<21, 4>, take_nothing, IfRefused::instead},
      {When::instead, part<20, 4>, take_nothing},
      {When::each_poll, part<23, 4>, take_nothing},
  }};
  Plan plan(rows);
  plan.begin(limits, {});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{21, 23}));
  plan.begin(limits, {});
  for (const ResponseCode code : {ResponseCode::isc, ResponseCode::bsy, ResponseCode::rno}) {
    EXPECT_FALSE(plan.take_refusal(static_cast<std::uint8_t>(code)));
  }
  EXPECT_TRUE(plan.take_refusal(static_cast<std::uint8_t>(ResponseCode::iar)));
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{20, 23}));
  plan.restart({});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{23}));
}

TEST(Plan, GoesOnWithoutWhatIsRefusedOrLostWhereItCan) {
  constexpr std::array<PlanRow, 3> rows{{
      {When::once, part<1, 4>, take_nothing, IfRefused::go_on, false},
      {When::once, part<2, 4>, take_nothing, IfRefused::go_on},
      {When::each_poll, part<3, 4>, take_nothing},
  }};
  Plan plan(rows);
  plan.begin(limits, {});
  EXPECT_FALSE(plan.take_refusal(static_cast<std::uint8_t>(ResponseCode::rno)));
  EXPECT_TRUE(plan.take_loss());
  EXPECT_FALSE(plan.take_loss());
  EXPECT_TRUE(plan.take_refusal(static_cast<std::uint8_t>(ResponseCode::onp)));
  EXPECT_FALSE(plan.take_refusal(static_cast<std::uint8_t>(ResponseCode::onp)));
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{3}));
  plan.begin(limits, {});
  EXPECT_EQ(tables_of(plan), (std::vector<TableId>{3}));
}

}  // namespace
}  // namespace irmeter
