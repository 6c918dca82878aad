// What people are shown of a table, field by field.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "lib/meter/fields.hpp"
#include "lib/meter/status.hpp"
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

// Behind which bytes of a table each of its fields is shown.
TEST(Fields, AreShownAsSoonAsTheirLastByteIsThere) {
  const std::map<TableId, std::vector<std::size_t>> ends{
      {bt00, {3, 7, 8, 12, 13, 14, 15, 18, 19, 19}},
      {bt01, {4, 12, 14, 16, 24}},
      {bt15, {4, 8, 9, 13, 17}},
      {bt20, {2, 3, 4, 5, 6, 7, 8, 9, 10}},
      {bt21, {2, 3, 4, 5, 6, 7, 8, 9, 10}},
      {bt03, {4}},
      {bt52, {6, 7}},
      {bt53, {3, 4, 6}},
      {bt55, {6, 7, 9, 9}},
      {bt61, {4, 7, 9, 11, 12, 13}},
      {bt63, {1, 3, 5, 9, 11, 13}},
      {bt71, {1, 2, 3, 4, 7, 9}},
      {bt74, {1, 3, 5, 9, 11}},
      {et03, {30}},
      {et11, {1, 2, 3, 4, 5, 7}},
      {et79, {1, 3, 5, 9, 11}},
      {et81, {1, 2, 3, 5, 6}}};
  for (const auto& [table, of_table] : ends) {
    for (std::size_t size = 0; size <= of_table.back() + 1; ++size) {
      EXPECT_EQ(decode_fields(table, counting(size), {}).size(),
                std::ranges::count_if(of_table, [&](std::size_t end) { return end <= size; }))
          << table << ": " << size;
    }
    const bool only_the_meter_knows = table == bt00 || table == et81;
    EXPECT_EQ(known_size(table, {}), only_the_meter_knows ? 0
                                     : table == bt03      ? bt03_known_size
                                                          : of_table.back());
  }
}

TEST(Fields, ThatAreNumbersHaveThemAsSuch) {
  for (const FieldValue& field : decode_fields(bt53, from_hex("01 02 03 FF FF 7F"), {})) {
    EXPECT_EQ(field.number.value_or(-1), field.unit.empty() ? -1 : std::stoll(field.text))
        << field.name;
  }
  const auto zone = [](const char* bytes) {
    return decode_fields(bt53, from_hex(std::string("00 00 00 00 ") + bytes), {}).back();
  };
  EXPECT_EQ(zone("FF 7F").number, 32'767);
  EXPECT_EQ(zone("00 80").number, -32'768);
  EXPECT_EQ(zone("FF FF").number, -1);
  EXPECT_EQ(zone("3C 00").unit, "min");
  const auto local = decode_fields(bt55, from_hex("19 01 0F 0C 1E 05 13 07 F0"), {});
  ASSERT_EQ(local.size(), 4U);
  EXPECT_FALSE(local[0].number);
  EXPECT_EQ(local[2].number, 8);   // the tariff
  EXPECT_EQ(local[3].number, 15);  // the season
}

TEST(Fields, OfTextHaveABlankForWhatIsNotPrintable) {
  EXPECT_EQ(fields_of(bt01, from_hex("21 7E 41 7F 1F 20 42 00 80 FF 43 20")),
            "manufacturer=!~A, model=  B   C");
}

TEST(Fields, OfTheStatusAreItsFlags) {
  EXPECT_EQ(fields_of(bt03, from_hex("01 00 00 00")), "flags=none");
  EXPECT_EQ(fields_of(bt03, from_hex("03 00 10 00")), "flags=test_mode, cover_removed");
  EXPECT_EQ(fields_of(bt03, from_hex("03 00 10")), "");
  EXPECT_EQ(fields_of(bt03, Bytes(10, 0xFF)), "");
}

TEST(Fields, OfATimeHaveTwoDigitsEach) {
  EXPECT_EQ(fields_of(bt52, from_hex("0A 0A 09 0A 09 0A")), "UTC=2010-10-09 10:09:10");
  EXPECT_EQ(fields_of(bt52, from_hex("00 09 0A 09 0A 09")), "UTC=2000-09-10 09:10:09");
  EXPECT_EQ(fields_of(bt52, from_hex("63 0C 1F 17 3B 3B")), "UTC=2099-12-31 23:59:59");
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
  EXPECT_TRUE(fields_of(et81, ByteView(table).first(18)).ends_with("13:00:00"));
  EXPECT_TRUE(fields_of(et81, ByteView(table).first(17)).ends_with("unread entries=1"));
  EXPECT_TRUE(fields_of(et81, ByteView(table).first(30)).ends_with("no time (ffffffffffff)"));
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

// What a record is of beside its quantity, and its digits as a number.
TEST(Fields, OfMbusRecordsSayOfWhatTheyAre) {
  const auto record = [](const char* bytes) {
    const Bytes records = from_hex(bytes);
    Bytes entry = from_hex("19 01 0F 0C 00 00 00 00 78 56 34 12 24 40 01 04 2A 00 00 00");
    entry[7] = static_cast<std::uint8_t>(12 + records.size());
    entry.insert(entry.end(), records.begin(), records.end());
    return decode_fields(et16, entry, {}, MbusDimensions{1, 200}).back();
  };
  EXPECT_EQ(record("21 2B 05").name, "device 1 minimum of power");
  EXPECT_EQ(record("11 2B 05").name, "device 1 maximum of power");
  EXPECT_EQ(record("31 2B 05").name, "device 1 power during an error");
  EXPECT_EQ(record("C1 52 06 05").name, "device 1 energy, storage 5, tariff 1, subunit 1");
  EXPECT_EQ(record("02 FD 17 01 80").text, "32769");
  const struct {
    const char* bytes;
    const char* text;
    std::optional<std::int64_t> number;
    int decimals;
  } examples[]{{"01 06 85", "-123", -123, 0},
               {"02 12 39 30", "1.2345", 12'345, 4},
               {"01 07 05", "50", std::nullopt, 0},
               {"0D 78 02 31 32", "21", std::nullopt, 0},
               {"02 6C 2F 31", "2025-01-15", std::nullopt, 0},
               {"21 06 80", "no value (210680)", std::nullopt, 0}};
  for (const auto& [bytes, text, number, decimals] : examples) {
    const FieldValue field = record(bytes);
    EXPECT_EQ(field.text, text);
    EXPECT_EQ(field.number, number) << text;
    EXPECT_EQ(field.decimals, decimals) << text;
  }
}

TEST(Fields, OfMbusDevicesEndWithTheirEntry) {
  const MbusDimensions dimensions{2, 30};
  Bytes table = from_hex(
      "19 01 0F 0C 00 00 00 FF 78 56 34 12 24 40 01 07 2A 04 00 00 01 13 05 01 06 07 2F 2F 2F 02 "
      "19 01 0F 0C 00 00 20 0C 78 56 34 12 24 40 01 07 2A 04 00 00 FF FF FF FF FF FF FF FF FF FF");
  EXPECT_TRUE(fields_of(et16, ByteView(table).first(49), {}, dimensions)
                  .ends_with("device 1 volume=0.005m³, device 1 energy=7kWh, "
                             "device 1 rest that is not understood=02"));
  const std::string text = fields_of(et16, ByteView(table).first(50), {}, dimensions);
  EXPECT_TRUE(text.find("device 2 read at=") != std::string::npos) << text;
  EXPECT_EQ(text, fields_of(et16, table, {}, dimensions)) << "nothing is behind its head";
  EXPECT_TRUE(text.ends_with("device 2 signature=0000")) << text;
  table[37] = 13;
  EXPECT_TRUE(fields_of(et16, table, {}, dimensions)
                  .ends_with("device 2 records that the meter does not trust=ff"));
  table[36] = 1;
  EXPECT_TRUE(fields_of(et16, table, {}, dimensions).ends_with("device 2 records=ff"));
  EXPECT_EQ(decode_fields(et16, table, {}, dimensions).front().number, 30);
  EXPECT_FALSE(decode_fields(et16, table, {}).front().number) << "it is not known";
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
  EXPECT_EQ(fields_of(bt23, counting(20)), "") << "not without the dimensions";
  EXPECT_EQ(fields_of(bt28, counting(20)), "");
}

TEST(Fields, OfRowsBeginBehindWhatIsInFrontOfThem) {
  Dimensions dimensions = *decode_dimensions(from_hex("07 0C 00 03 00 00 00 04 01 02"));
  EXPECT_EQ(known_size(bt23, dimensions), 13U);
  EXPECT_EQ(known_size(bt28, dimensions), 12U);
  EXPECT_EQ(fields_of(bt23, from_hex("FF 01 00 00 00 02 00 00 00 03 00 00 00"), dimensions),
            "energy_import=1, energy_export=2, reactive_energy_import=3");
  EXPECT_EQ(fields_of(bt28, from_hex("FF FF FF FF 01 00 00 00 02 00 00 00"), dimensions),
            "power_import=1, power_export=2");
  dimensions.summations = 20;
  const auto rows = decode_fields(bt23, Bytes(known_size(bt23, dimensions), 1), dimensions);
  ASSERT_EQ(rows.size(), 20U);
  EXPECT_EQ(rows[19].name, "summation 19");
  EXPECT_EQ(rows[19].number, 0x01010101);
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
