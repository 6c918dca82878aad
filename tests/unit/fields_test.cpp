// What people are shown of a table, field by field.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include "lib/meter/fields.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

// "name=text", one after the other.
std::string fields_of(TableId table, ByteView bytes,
                      const std::optional<Dimensions>& dimensions = {},
                      const std::optional<MbusDimensions>& mbus = {}) {
  std::string text;
  for (const FieldValue& field : decode_fields(table, bytes, dimensions, mbus)) {
    text += (text.empty() ? "" : ", ") + field.name + "=" + field.text + field.unit;
  }
  return text;
}

// All different: 01 02 03 ...
Bytes counting(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

TEST(Fields, OfCapturedTablesAreWhatTheMeterSays) {
  EXPECT_EQ(fields_of(bt00, from_hex("02 2A 88 45 4C 4F 4E 02 00 FF 0C 01 00 02 01 02 0C 09 04 "
                                     "0F 80 08")),
            "format=022a88, manufacturer=ELON, nameplate type=2, standard version=1, "
            "standard revision=0, bytes of basic tables=2, bytes of extended tables=1, "
            "bytes of manufacturer status=9, basic tables=BT00 BT01 BT02 BT03 BT15, "
            "extended tables=ET03");
  EXPECT_TRUE(
      fields_of(bt00, from_hex("02 2A 88 45 4C 4F 4E 02 00 FF 0C 01 00 02 01 02 0C 09 04 0F"))
          .ends_with("basic tables=BT00 BT01 BT02 BT03, extended tables="));
  EXPECT_EQ(fields_of(bt01, from_hex("45 4C 4F 4E 38 33 33 33 34 34 33 49 31 55 30 18 00 00 00 00 "
                                     "12 34 56 78")),
            "manufacturer=ELON, model=8333443I, hardware version=3.10.21, "
            "firmware version=3.00.24, serial number=0000000012345678");
  EXPECT_EQ(fields_of(et03, from_hex("20 41 42 43 20 31 32 33 20 20 00 00 00 00 00 00 00 00 00 00 "
                                     "00 00 00 00 00 00 00 00 00 00")),
            "utility serial number= ABC 123");
}

TEST(Fields, LieWhereTheStandardHasThem) {
  const std::map<TableId, std::string> expected{
      {15,
       "multiplier=67305985, offset=134678021, already applied=9, "
       "current transformer ratio=218893066, voltage transformer ratio=286265102"},
      {bt20,
       "flags=0102, self-reads=3, summations=4, demands=5, coincident values=6, occurrences=7, "
       "tiers=8, present demands=9, present values=10"},
      {bt52, "UTC=2001-02-03 04:05:06, flags=07"},
      {bt53, "time of the switch=010203, daylight saving=4min, time zone=1541min"},
      {bt55, "local time=2001-02-03 04:05:06, flags=07, tariff=1, season=0"},
      {bt61,
       "memory=67305985bytes, flags=050607, blocks=2312, intervals of a block=2826, channels=12, "
       "interval=13min"},
      {bt63,
       "flags=01, valid blocks=770, last block=1284, last sequence number=151521030, "
       "unread blocks=2826, valid intervals of the last block=3340"},
      {bt71,
       "flags=01, bytes of standard events=2, bytes of manufacturer events=3, "
       "bytes of an argument=4, entries of the history log=1798, entries of the event log=2312"},
      {bt74,
       "flags=01, valid entries=770, last entry=1284, last sequence number=151521030, "
       "unread entries=2826"},
      {et11,
       "devices=1, bytes of an entry of ET13=2, bytes of an entry of ET14=3, entries of ET15=4, "
       "bytes of an entry of ET15=5, bytes of an entry of ET16=1798"}};
  for (const auto& [table, fields] : expected) {
    EXPECT_EQ(fields_of(table, counting(known_size(table, {}))), fields);
    EXPECT_NE(fields_of(table, counting(known_size(table, {}) - 1)), fields) << "a byte too few";
  }
  EXPECT_EQ(fields_of(bt21, counting(10)), expected.at(bt20));
  EXPECT_EQ(fields_of(et79, counting(11)), expected.at(bt74));
}

TEST(Fields, OfTheLogOfOutagesAreAsManyAsAreValid) {
  const Bytes table = from_hex(
      "00 02 01 07 00 01 19 01 0F 0C 1E 05 19 01 0F 0D 00 00 19 02 01 00 00 00 FF FF FF FF FF FF "
      "19 03 01 00 00 00 19 03 01 00 00 01");
  EXPECT_EQ(fields_of(et81, table),
            "flags=00, valid entries=2, last entry=1, last sequence number=7, unread entries=1, "
            "outage 0=2025-01-15 12:30:05 to 2025-01-15 13:00:00, "
            "outage 1=2025-02-01 00:00:00 to no time (ffffffffffff)");
  EXPECT_TRUE(fields_of(et81, ByteView(table).first(29)).ends_with("13:00:00"));
  Bytes circular = table;
  circular[2] = 0;  // the newest one is in front
  EXPECT_TRUE(fields_of(et81, circular)
                  .ends_with("outage 0=2025-01-15 12:30:05 to "
                             "2025-01-15 13:00:00"));
  circular[1] = 1;
  circular[2] = 2;  // and here the older ones were taken away
  EXPECT_TRUE(
      fields_of(et81, circular)
          .ends_with("unread entries=1, outage 2=2025-03-01 00:00:00 to 2025-03-01 00:00:01"));
  EXPECT_EQ(known_size(et81, {}), 0U);
}

TEST(Fields, OfMbusDevicesAreThoseOfTheirTelegrams) {
  Bytes table(known_size(et16, {}));
  ASSERT_EQ(table.size(), 4U * 517);
  const auto put = [&](std::size_t at, const Bytes& entry) {
    std::copy(entry.begin(), entry.end(), table.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, from_hex("19 01 0F 0C 00 00 00 13 78 56 34 12 24 40 01 07 2A 04 00 00 "
                  "0C 13 56 34 12 00 00 FF"));
  put(2 * 517, from_hex("19 01 0F 0D 00 00 02 10 21 43 65 87 0A 00 E9 7E 01 00 00 00 02 00 00 00"));
  EXPECT_EQ(fields_of(et16, table),
            "bytes of an entry=517 (usual; ET11 does not tell), device 1 read at=2025-01-15 "
            "12:00:00, device 1 response=00, "
            "device 1 serial number=12345678, device 1 maker=PAD, device 1 version=1, "
            "device 1 medium=water, device 1 access number=42, device 1 status=04, "
            "device 1 signature=0000, device 1 volume=123.456m³, device 2=none, "
            "device 3 read at=2025-01-15 13:00:00, device 3 response=02, "
            "device 3 serial number=87654321, device 3 access number=10, device 3 status=00, "
            "device 3 medium and units=e97e, device 3 counter 1=01000000, "
            "device 3 counter 2=02000000, device 4=none");
  EXPECT_TRUE(fields_of(et16, ByteView(table).first(2 * 517 + 20))
                  .ends_with("device 3 medium and units=e97e, device 3 counter 1=01000000"));
  EXPECT_TRUE(fields_of(et16, ByteView(table).first(22))
                  .ends_with("device 1 rest that is not understood=0c13"));
  put(0, from_hex("19 01 0F 0C 00 00 00 13 7A 56 34 12 00 00 01 07"));
  EXPECT_TRUE(fields_of(et16, ByteView(table).first(20))
                  .find("serial number=7a563412, device 1 maker=0000, device 1 version=1, "
                        "device 1 medium=water") != std::string::npos);
}

TEST(Fields, OfMbusDevicesLieWhereTheMeterSays) {
  const MbusDimensions dimensions{2, 40};
  EXPECT_EQ(known_size(et16, {}, dimensions), 80U);
  Bytes table(100);
  const Bytes entry = from_hex(
      "19 01 0F 0C 00 00 00 19 78 56 34 12 24 40 01 07 2A 04 00 00 0C 13 56 34 12 00 01 FB");
  std::copy(entry.begin(), entry.end(), table.begin() + 40);
  const std::string text = fields_of(et16, table, {}, dimensions);
  EXPECT_TRUE(text.starts_with("bytes of an entry=40, device 1=none, device 2 read at=")) << text;
  EXPECT_EQ(text.find("device 3"), std::string::npos);
  EXPECT_EQ(fields_of(et16, table, {}, MbusDimensions{}), "devices=none, by ET11");
  EXPECT_EQ(known_size(et16, {}, MbusDimensions{}), 4U * 517);
}

// What they are of a heat meter, with a part that is not understood, and of one that is encrypted.
TEST(Fields, OfMbusRecordsSayWhatEachIs) {
  const Bytes records = from_hex(
      "0C 06 34 12 00 00 02 5A 8C 02 52 5A 90 03 42 6C 2F 31 04 6D 14 0B 2F 31 8C 10 13 78 56 34 "
      "12 31 06 01 02 7C 01 78 05 00 01 93 3C 05 09 2B AA 0D 78 02 31 32 01 93 7F 05 0F 01 02");
  Bytes entry = from_hex("19 01 0F 0C 00 00 00 00 78 56 34 12 24 40 01 04 2A 04 00 00");
  entry[7] = static_cast<std::uint8_t>(12 + records.size());
  entry.insert(entry.end(), records.begin(), records.end());
  const MbusDimensions dimensions{1, 200};
  const std::string text = fields_of(et16, entry, {}, dimensions);
  EXPECT_EQ(text.substr(text.find("device 1 energy")),
            "device 1 energy=1234kWh, device 1 flow temperature=65.2°C, "
            "device 1 maximum of flow temperature, storage 1=91.2°C, "
            "device 1 date, storage 1=2025-01-15, device 1 date time=2025-01-15 11:20, "
            "device 1 volume, tariff 1=12345.678m³, "
            "device 1 energy during an error=no value (310601), device 1 'x'=5, "
            "device 1 record that is not understood=01933c05, device 1 power=no value (092baa), "
            "device 1 fabrication number=21, device 1 record of the maker's own=01937f05, "
            "device 1 record of the maker's own=0f0102");
  entry[19] = 5;
  EXPECT_TRUE(fields_of(et16, entry, {}, dimensions).find("device 1 encrypted records=0c06") !=
              std::string::npos);
  entry[6] = 0x20;
  EXPECT_TRUE(fields_of(et16, entry, {}, dimensions)
                  .find("device 1 records that the meter does not trust=0c06") !=
              std::string::npos);
}

TEST(Fields, OfRowsAreNamedByTheirQuantityAndHaveASign) {
  Dimensions dimensions = *decode_dimensions(from_hex("03 0C 00 0F 00 00 00 04 00 0A"));
  dimensions.summations = 3;
  dimensions.present_values = 2;
  EXPECT_EQ(known_size(bt23, dimensions), dimensions.summations_offset + 12);
  EXPECT_EQ(known_size(bt28, dimensions), dimensions.present_values_offset + 8);
  EXPECT_EQ(
      fields_of(bt23, from_hex("FF FF FF FF 02 00 00 00 00 00 01 00 04 00 00 00"), dimensions),
      "energy_import=-1, energy_export=2, reactive_energy_import=65536");
  EXPECT_EQ(fields_of(bt28, from_hex("05 00 00 00 06 00 00 00 07"), dimensions),
            "power_import=5, power_export=6");
  EXPECT_EQ(fields_of(bt52, counting(7), dimensions), fields_of(bt52, counting(7)));
}

TEST(Fields, OfAnUnknownLayoutAreNone) {
  EXPECT_EQ(fields_of(99, counting(20)), "");
  EXPECT_EQ(known_size(99, {}), 0U);
  EXPECT_EQ(known_size(bt00, {}), 0U);
  EXPECT_EQ(fields_of(bt52, from_hex("00 00 00 00 00 00 00")),
            "UTC=no time (000000000000), flags=00");
}

}  // namespace
}  // namespace irmeter::testing
