// Telegrams of M-Bus devices: in which order they are read, and when they count.
#include "lib/meter/mbus_reads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "lib/meter/tables.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

constexpr MbusDimensions dimensions{2, 100};
constexpr TableRead head_0{et16, 0, 20};
constexpr TableRead records_0{et16, 20, 4};
constexpr TableRead head_1{et16, 100, 20};
constexpr TableRead records_1{et16, 120, 4};

Bytes head(std::uint8_t access, std::uint8_t length = 16) {
  Bytes bytes = from_hex("19 01 0F 0C 00 00 00 10 78 56 34 12 24 40 01 07 2A 00 00 00");
  bytes[7] = length;
  bytes[16] = access;
  return bytes;
}
const Bytes records = from_hex("01 13 05 00");

bool wants(const MbusReads& reads, const TableRead& part) {
  const auto next = reads.part(dimensions);
  return next && next->table == part.table && next->offset == part.offset &&
         next->count == part.count;
}

TEST(MbusReads, BringTheRecordsAndThenTheHeadAgain) {
  MbusReads reads;
  EXPECT_FALSE(reads.part(dimensions));
  reads.take_head(0, head(1), dimensions);
  reads.take_head(1, head(2), dimensions);
  EXPECT_TRUE(wants(reads, records_0));
  reads.take_part(records);
  EXPECT_TRUE(wants(reads, head_0));
  reads.take_part(head(1));
  EXPECT_TRUE(wants(reads, records_1));
  reads.take_part(records);
  EXPECT_TRUE(wants(reads, head_1));
  reads.take_part(head(2));
  EXPECT_FALSE(reads.part(dimensions));
}

TEST(MbusReads, LeaveATelegramAloneThatTheyHaveBrought) {
  MbusReads reads;
  reads.take_head(0, head(1), dimensions);
  reads.take_part(records);
  reads.take_part(head(1));
  reads.take_head(0, head(1), dimensions);
  EXPECT_FALSE(reads.part(dimensions));
  reads.take_head(0, head(2), dimensions);
  EXPECT_TRUE(wants(reads, records_0));
}

TEST(MbusReads, BringATelegramLaterThatWasReplacedMeanwhile) {
  MbusReads reads;
  reads.take_head(0, head(1), dimensions);
  reads.take_part(records);
  reads.take_part(head(2));
  EXPECT_FALSE(reads.part(dimensions));
  reads.take_head(0, head(2), dimensions);
  EXPECT_TRUE(wants(reads, records_0));
}

TEST(MbusReads, BeginAnewWithATelegramThatComesInMeanwhile) {
  MbusReads reads;
  reads.take_head(0, head(1), dimensions);
  reads.take_part(records);
  reads.take_head(0, head(2), dimensions);
  EXPECT_TRUE(wants(reads, records_0)) << "not the head of the other one";
}

TEST(MbusReads, LeaveAloneWhatIsBehindTheirSlots) {
  MbusReads reads;
  reads.take_head(mbus_slots, head(1), dimensions);
  EXPECT_FALSE(reads.part(dimensions));
  reads.take_part(records);
  reads.take_head(mbus_slots - 1, head(1), dimensions);
  EXPECT_TRUE(wants(reads, {et16, 320, 4}));
}

TEST(MbusReads, EndWithTheEntry) {
  MbusReads reads;
  reads.take_head(0, head(1, 255), dimensions);
  EXPECT_TRUE(wants(reads, {et16, 20, 80}));
  reads.take_head(0, head(1, 12), dimensions);
  EXPECT_FALSE(reads.part(dimensions)) << "a telegram without records";
  reads.take_head(0, head(1, 13), dimensions);
  EXPECT_TRUE(wants(reads, {et16, 20, 1}));
  reads.take_head(0, head(1, 92), dimensions);
  EXPECT_TRUE(wants(reads, {et16, 20, 80}));
  reads.take_head(0, head(1, 91), dimensions);
  EXPECT_TRUE(wants(reads, {et16, 20, 79}));
  reads.take_head(0, head(1, 20), {2, 20});
  EXPECT_FALSE(reads.part(dimensions)) << "an entry without room for records";
}

TEST(MbusReads, LeaveAloneWhatCannotBeDecoded) {
  MbusReads reads;
  reads.take_head(0, Bytes(20), dimensions);
  EXPECT_FALSE(reads.part(dimensions));
  for (const std::uint8_t response : from_hex("01 02")) {
    Bytes other = head(1, 20);
    other[6] = response;
    reads.take_head(0, other, dimensions);
    EXPECT_FALSE(reads.part(dimensions));
  }
  Bytes nobody = head(1, 20);
  std::fill_n(nobody.begin() + 8, 4, std::uint8_t{0});
  reads.take_head(0, nobody, dimensions);
  EXPECT_FALSE(reads.part(dimensions));
}

TEST(MbusTelegrams, CountOnceTheirHeadHasStayedTheSame) {
  MbusTelegrams telegrams;
  telegrams.take_dimensions(dimensions);
  EXPECT_EQ(telegrams.take(head_1, head(1)), 1U);
  EXPECT_EQ(telegrams.device(1)->serial_number, "12345678");
  EXPECT_FALSE(telegrams.device(0));
  EXPECT_EQ(telegrams.take(records_1, records), 1U);
  EXPECT_TRUE(telegrams.entry(1).empty());
  telegrams.take(head_1, head(1));
  ASSERT_EQ(telegrams.entry(1).size(), 24U);
  EXPECT_TRUE(std::ranges::equal(telegrams.entry(1).subspan(20), records));
  EXPECT_TRUE(std::ranges::equal(telegrams.entry(1).first(20), head(1)));
  EXPECT_TRUE(telegrams.entry(0).empty());
  telegrams.take(head_1, head(2));
  telegrams.take(records_1, from_hex("01"));
  telegrams.take(records_1, from_hex("02 03"));
  telegrams.take(head_1, head(2));
  EXPECT_TRUE(std::ranges::equal(telegrams.entry(1).subspan(20), from_hex("02 03")));
}

TEST(MbusTelegrams, OfWhichOneWasReplacedMeanwhileDoNotCount) {
  MbusTelegrams telegrams;
  telegrams.take_dimensions(dimensions);
  telegrams.take(head_0, head(1));
  telegrams.take(records_0, records);
  telegrams.take(head_0, head(2));
  EXPECT_TRUE(telegrams.entry(0).empty());
  telegrams.take(head_0, head(2));
  EXPECT_TRUE(telegrams.entry(0).empty()) << "nor do its records belong to the other";
}

TEST(MbusTelegrams, StayUntilThereIsANewOneOrAnotherDevice) {
  MbusTelegrams telegrams;
  telegrams.take_dimensions(dimensions);
  telegrams.take(head_0, head(1));
  telegrams.take(records_0, records);
  telegrams.take(head_0, head(1));
  telegrams.take(head_0, head(2));
  EXPECT_EQ(telegrams.entry(0)[16], 1) << "until that is there as well";
  Bytes other = head(3);
  other[8] = 0x79;
  telegrams.take(head_0, other);
  EXPECT_TRUE(telegrams.entry(0).empty());
  telegrams.take(head_0, Bytes(20));
  EXPECT_FALSE(telegrams.device(0));
}

TEST(MbusTelegrams, AreGoneWithOtherDimensions) {
  MbusTelegrams telegrams;
  EXPECT_EQ(telegrams.take(head_0, head(1)), std::nullopt);
  telegrams.take_dimensions(dimensions);
  telegrams.take(head_0, head(1));
  telegrams.take_dimensions(dimensions);
  EXPECT_TRUE(telegrams.device(0));
  EXPECT_EQ(telegrams.take({et16, 40, 20}, head(2)), std::nullopt);
  EXPECT_EQ(telegrams.take({et16, 200, 20}, head(2)), std::nullopt);
  EXPECT_EQ(telegrams.take({et16, 220, 20}, head(2)), std::nullopt);
  telegrams.take_dimensions({});
  EXPECT_FALSE(telegrams.device(0));
  EXPECT_EQ(telegrams.take({et16, 1034, 20}, head(1)), std::nullopt);
}

}  // namespace
}  // namespace irmeter::testing
