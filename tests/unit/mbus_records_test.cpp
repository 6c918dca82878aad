// The records of M-Bus telegrams, by examples written from EN 13757-3.
#include "lib/meter/mbus_records.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "lib/meter/mbus.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::January;
using std::chrono::sys_days;
using Form = MbusRecord::Form;
using State = MbusContent::State;

std::string value_text(const MbusRecord& record) {
  if (const auto* const number = std::get_if<MbusNumber>(&record.value)) {
    return to_text(*number);
  }
  if (const auto* const time = std::get_if<MeterTime>(&record.value)) {
    return std::to_string(time->time_since_epoch().count());
  }
  const auto* const text = std::get_if<MbusRecord::Text>(&record.value);
  return text != nullptr ? "'" + text->text() + "'" : "-";
}

// "energy 12 kWh; not understood 3", with what is not usual in brackets. What has no value has "-".
std::string records_of(ByteView bytes) {
  std::string all;
  MbusRecords records(bytes);
  std::size_t seen = 0;
  while (const auto record = records.next()) {
    seen += record->bytes.size();
    std::string text;
    switch (record->form) {
      case Form::decoded:
      case Form::without_value:
        text = info(record->what).key;
        text += record->name.reversed.empty() ? "" : "(" + record->name.text() + ")";
        text += record->function == MbusRecord::Function::instantaneous ? ""
                : record->function == MbusRecord::Function::maximum     ? " max"
                : record->function == MbusRecord::Function::minimum     ? " min"
                                                                        : " error";
        text += record->storage == 0 ? "" : " s" + std::to_string(record->storage);
        text += record->tariff == 0 ? "" : " t" + std::to_string(record->tariff);
        text += record->subunit == 0 ? "" : " u" + std::to_string(record->subunit);
        text += " " + value_text(*record);
        text += record->unit.empty() ? "" : " " + std::string(record->unit);
        break;
      case Form::not_understood:
        text = "unknown " + std::to_string(record->bytes.size());
        break;
      case Form::of_maker:
        text = "maker " + std::to_string(record->bytes.size());
        break;
      case Form::torn:
        text = "torn " + std::to_string(record->bytes.size());
        break;
    }
    EXPECT_EQ(record->form == Form::decoded,
              !std::holds_alternative<std::monostate>(record->value));
    all += (all.empty() ? "" : "; ") + text;
  }
  EXPECT_LE(seen, bytes.size());
  EXPECT_FALSE(records.next()) << "the end stays the end";
  return all;
}
std::string records_of(const std::string& text) {
  return records_of(from_hex(text));
}

TEST(MbusRecords, HaveDataOfEachType) {
  const std::vector<std::pair<const char*, const char*>> examples{
      {"00 06", "energy - kWh"},
      {"01 06 7F", "energy 127 kWh"},
      {"01 06 FE", "energy -2 kWh"},
      {"02 06 34 12", "energy 4660 kWh"},
      {"03 06 FF FF FF", "energy -1 kWh"},
      {"04 06 78 56 34 12", "energy 305419896 kWh"},
      {"05 5B 00 00 45 41", "flow_temperature 12.3125 °C"},
      {"05 5B CD CC 44 41", "flow_temperature 12.3 °C"},
      {"05 5B 00 00 00 00", "flow_temperature 0 °C"},
      {"05 5B 00 00 20 C0", "flow_temperature -2.5 °C"},
      {"06 06 01 00 00 00 00 80", "energy -140737488355327 kWh"},
      {"07 06 FF FF FF FF FF FF FF 7F", "energy 9223372036854775807 kWh"},
      {"08 06", "energy - kWh"},
      {"09 06 99", "energy 99 kWh"},
      {"0A 06 34 12", "energy 1234 kWh"},
      {"0B 06 56 34 12", "energy 123456 kWh"},
      {"0C 06 78 56 34 12", "energy 12345678 kWh"},
      {"0E 06 12 90 78 56 34 12", "energy 123456789012 kWh"},
      {"0D 06 C3 56 34 12", "energy 123456 kWh"},
      {"0D 06 D2 34 12", "energy -1234 kWh"},
      {"0D 78 04 34 33 32 31", "fabrication_number '1234'"},
  };
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(records_of(bytes), text) << bytes;
    EXPECT_EQ(records_of(std::string(bytes) + " 01 06 05"), std::string(text) + "; energy 5 kWh")
        << bytes << " has its length";
  }
}

TEST(MbusRecords, HaveTheUnitsOfThePrimaryTable) {
  const std::vector<std::pair<const char*, const char*>> examples{
      {"00", "energy 0.000005 kWh"},
      {"03", "energy 0.005 kWh"},
      {"07", "energy 50 kWh"},
      {"08", "energy 0.000005 MJ"},
      {"0F", "energy 50 MJ"},
      {"10", "volume 0.000005 m³"},
      {"13", "volume 0.005 m³"},
      {"17", "volume 50 m³"},
      {"18", "mass 0.005 kg"},
      {"1F", "mass 50000 kg"},
      {"20", "on_time 5 s"},
      {"21", "on_time 5 min"},
      {"22", "on_time 5 h"},
      {"23", "on_time 5 d"},
      {"24", "operating_time 5 s"},
      {"27", "operating_time 5 d"},
      {"28", "power 0.005 W"},
      {"2B", "power 5 W"},
      {"2F", "power 50000 W"},
      {"30", "power 0.000005 MJ/h"},
      {"37", "power 50 MJ/h"},
      {"38", "volume_flow 0.000005 m³/h"},
      {"3F", "volume_flow 50 m³/h"},
      {"40", "volume_flow 0.0000005 m³/min"},
      {"47", "volume_flow 5 m³/min"},
      {"48", "volume_flow 0.000000005 m³/s"},
      {"4F", "volume_flow 0.05 m³/s"},
      {"50", "mass_flow 0.005 kg/h"},
      {"57", "mass_flow 50000 kg/h"},
      {"58", "flow_temperature 0.005 °C"},
      {"5B", "flow_temperature 5 °C"},
      {"5C", "return_temperature 0.005 °C"},
      {"5F", "return_temperature 5 °C"},
      {"60", "temperature_difference 0.005 K"},
      {"63", "temperature_difference 5 K"},
      {"64", "external_temperature 0.005 °C"},
      {"67", "external_temperature 5 °C"},
      {"68", "pressure 0.005 bar"},
      {"6B", "pressure 5 bar"},
      {"6C", "unknown 3"},
      {"6D", "unknown 3"},
      {"6E", "heat_cost_units 5"},
      {"6F", "unknown 3"},
      {"70", "averaging_duration 5 s"},
      {"73", "averaging_duration 5 d"},
      {"74", "actuality_duration 5 s"},
      {"77", "actuality_duration 5 d"},
      {"78", "fabrication_number 5"},
      {"79", "enhanced_identification 5"},
      {"7A", "bus_address 5"},
      {"7B", "unknown 3"},
      {"7D", "unknown 3"},
      {"7E", "unknown 3"},
      {"7F", "maker 3"},
  };
  for (const auto& [vif, text] : examples) {
    EXPECT_EQ(records_of(std::string("01 ") + vif + " 05"), text) << vif;
  }
}

TEST(MbusRecords, HaveTheUnitsOfTheExtensions) {
  const std::vector<std::pair<const char*, const char*>> examples{
      {"FB 00", "energy 500 kWh"},
      {"FB 01", "energy 5000 kWh"},
      {"FB 08", "energy 500 MJ"},
      {"FB 09", "energy 5000 MJ"},
      {"FB 10", "volume 500 m³"},
      {"FB 11", "volume 5000 m³"},
      {"FB 18", "mass 500000 kg"},
      {"FB 19", "mass 5000000 kg"},
      {"FB 28", "power 500000 W"},
      {"FB 29", "power 5000000 W"},
      {"FB 30", "power 500 MJ/h"},
      {"FB 31", "power 5000 MJ/h"},
      {"FB 02", "unknown 4"},
      {"FB 0A", "unknown 4"},
      {"FB 12", "unknown 4"},
      {"FB 1A", "unknown 4"},
      {"FB 2A", "unknown 4"},
      {"FB 32", "unknown 4"},
      {"FB 7A", "unknown 4"},
      {"FD 0F", "unknown 4"},
      {"FD 12", "unknown 4"},
      {"FD 16", "unknown 4"},
      {"FD 18", "unknown 4"},
      {"FD 3F", "unknown 4"},
      {"FD 5F", "current 5000 A"},
      {"FD 40", "voltage 0.000000005 V"},
      {"FD 48", "voltage 0.5 V"},
      {"FD 4F", "voltage 5000000 V"},
      {"FD 50", "current 0.000000000005 A"},
      {"FD 5C", "current 5 A"},
      {"FD 10", "customer_location 5"},
      {"FD 11", "customer 5"},
      {"FD 17", "error_flags 5"},
      {"FD 60", "unknown 4"},
      {"FC 05", "torn 4"},
  };
  for (const auto& [vif, text] : examples) {
    EXPECT_EQ(records_of(std::string("01 ") + vif + " 05"), text) << vif;
  }
}

TEST(MbusRecords, MayBeScaledByWhatFollowsTheirUnit) {
  EXPECT_EQ(records_of("01 86 70 05"), "energy 0.000005 kWh");
  EXPECT_EQ(records_of("01 86 76 05"), "energy 5 kWh");
  EXPECT_EQ(records_of("01 86 77 05"), "energy 50 kWh");
  EXPECT_EQ(records_of("01 86 7D 05"), "energy 5000 kWh");
  EXPECT_EQ(records_of("01 86 F7 7D 05"), "energy 50000 kWh");
  EXPECT_EQ(records_of("01 FB 80 77 05"), "energy 5000 kWh");
}

TEST(MbusRecords, MayBeScaledByEachOfEightFactors) {
  const std::vector<std::pair<const char*, const char*>> examples{
      {"6F", "unknown 4"}, {"70", "0.000005"},  {"71", "0.00005"},   {"72", "0.0005"},
      {"73", "0.005"},     {"74", "0.05"},      {"75", "0.5"},       {"76", "5"},
      {"77", "50"},        {"78", "unknown 4"}, {"7C", "unknown 4"}, {"7D", "5000"},
      {"7E", "unknown 4"}};
  for (const auto& [factor, text] : examples) {
    const bool known = text[0] != 'u';
    EXPECT_EQ(records_of(std::string("01 86 ") + factor + " 05"),
              known ? "energy " + std::string(text) + " kWh" : text)
        << factor;
  }
}

// It may be another thing altogether: the sum of what flowed back, an error, a limit.
TEST(MbusRecords, AreNotUnderstoodWithAnotherExtension) {
  for (const char* extension : {"3C", "3B", "3A", "15", "41", "78", "7E"}) {
    EXPECT_EQ(records_of(std::string("01 93 ") + extension + " 05 01 06 07"),
              "unknown 4; energy 7 kWh")
        << extension;
  }
  EXPECT_EQ(records_of("01 93 7F 05 01 06 07"), "maker 4; energy 7 kWh");
  EXPECT_EQ(records_of("01 93 BC 77 05 01 06 07"), "unknown 5; energy 7 kWh");
}

TEST(MbusRecords, HaveFunctionStorageTariffAndSubunit) {
  EXPECT_EQ(records_of("11 2B 05"), "power max 5 W");
  EXPECT_EQ(records_of("21 2B 05"), "power min 5 W");
  EXPECT_EQ(records_of("41 06 05"), "energy s1 5 kWh");
  EXPECT_EQ(records_of("81 10 06 05"), "energy t1 5 kWh");
  EXPECT_EQ(records_of("81 40 06 05"), "energy u1 5 kWh");
  EXPECT_EQ(records_of("C1 85 10 06 05"), "energy s11 t4 5 kWh");
  EXPECT_EQ(records_of("C1 FF 7F 06 05"), "energy s511 t15 u3 5 kWh");
  EXPECT_EQ(records_of("C1 FF FF FF FF FF FF FF FF FF 7F 06 05"),
            "energy s2199023255551 t1048575 u1023 5 kWh");
}

// Each bit of the DIF and of those behind it, alone.
TEST(MbusRecords, HaveTheBitsOfStorageTariffAndSubunitInTheirPlaces) {
  for (unsigned number = 0; number < 10; ++number) {
    std::string head = "81";
    for (unsigned i = 0; i < number; ++i) {
      head += " 80";
    }
    for (unsigned bit = 0; bit < 7; ++bit) {
      const Bytes last{static_cast<std::uint8_t>(1U << bit)};
      const std::string value = bit < 4
                                    ? "s" + std::to_string(std::uint64_t{2} << (4 * number + bit))
                                : bit < 6 ? "t" + std::to_string(1U << (2 * number + bit - 4))
                                          : "u" + std::to_string(1U << number);
      EXPECT_EQ(records_of(head + " " + to_hex(last) + " 06 05"), "energy " + value + " 5 kWh");
    }
  }
}

TEST(MbusRecords, HaveADateOrATime) {
  const auto text = [](MeterTime time) { return std::to_string(time.time_since_epoch().count()); };
  const auto day = std::chrono::sys_days(January / 15 / 2025);
  // 15th, January, 2025: the year in two parts of three and four bits.
  EXPECT_EQ(records_of("02 6C 2F 31"), "date " + text(day));
  EXPECT_EQ(records_of("04 6D 14 0B 2F 31"), "date_time " + text(day + 11h + 20min));
  EXPECT_EQ(records_of("04 6D 14 2B 2F 31"), "date_time " + text(day + 11h + 20min));  // 2000 + 25
  EXPECT_EQ(records_of("04 6D 14 8B 2F 31"), "date_time " + text(day + 11h + 20min));  // summer
  EXPECT_EQ(records_of("02 6C 7F C1"),
            "date " + text(std::chrono::sys_days(std::chrono::year(1999) / 1 / 31)));
  EXPECT_EQ(records_of("04 6D 94 0B 2F 31"), "date_time -") << "marked as not valid";
  EXPECT_EQ(records_of("04 6D 3C 0B 2F 31"), "date_time -") << "minute 60";
  EXPECT_EQ(records_of("04 6D 14 18 2F 31"), "date_time -") << "hour 24";
  EXPECT_EQ(records_of("02 6C 20 31"), "date -") << "day 0";
  EXPECT_EQ(records_of("02 6C 3E 32"), "date -") << "30 February";
  EXPECT_EQ(records_of("02 6C FF FF"), "date -") << "any day of any year";
  EXPECT_EQ(records_of("04 6D 00 00 21 31"), "date_time " + text(sys_days(2025y / 1 / 1)));
  EXPECT_EQ(records_of("04 6D 3B 17 3F 3C"),
            "date_time " + text(sys_days(2025y / 12 / 31) + 23h + 59min));
  EXPECT_EQ(records_of("04 6D 54 4B 2F 31"), "date_time " + text(sys_days(2125y / 1 / 15) + 680min))
      << "a bit of the minute that is of no use";
  EXPECT_EQ(records_of("0A 6C 15 01"), "unknown 4");
  EXPECT_EQ(records_of("03 6C 2F 31 00"), "unknown 5");
  EXPECT_EQ(records_of("0C 6D 14 0B 2F 31"), "unknown 6");
  EXPECT_EQ(records_of("02 6D 2F 31"), "unknown 4");
}

TEST(MbusRecords, HaveTheYearInTwoPartsOfADate) {
  for (int year = 0; year < 128; ++year) {
    for (unsigned month = 0; month < 16; ++month) {
      const auto high = static_cast<std::uint8_t>(year >> 3 << 4 | static_cast<int>(month));
      const auto low = static_cast<std::uint8_t>((year & 7) << 5 | 9);
      const std::chrono::year_month_day date(
          std::chrono::year(year <= 80 ? 2000 + year : 1900 + year), std::chrono::month(month),
          std::chrono::day(9));
      const bool is_one = year <= 99 && month >= 1 && month <= 12;
      const std::string time =
          is_one ? std::to_string(MeterTime(std::chrono::sys_days(date)).time_since_epoch().count())
                 : "-";
      EXPECT_EQ(records_of(Bytes{0x02, 0x6C, low, high}), "date " + time) << year << " " << month;
    }
  }
}

// Without a century it is that of the year alone.
TEST(MbusRecords, MayHaveACenturyInTheHour) {
  const std::vector<std::pair<const char*, std::chrono::year>> examples{
      {"04 6D 00 00 01 A1", 2080y}, {"04 6D 00 00 21 A1", 1981y}, {"04 6D 00 20 01 A1", 2080y},
      {"04 6D 00 20 21 A1", 2081y}, {"04 6D 00 40 01 01", 2100y}, {"04 6D 00 60 61 C1", 2299y}};
  for (const auto& [bytes, year] : examples) {
    EXPECT_EQ(
        records_of(bytes),
        "date_time " + std::to_string(MeterTime(sys_days(year / 1 / 1)).time_since_epoch().count()))
        << bytes;
  }
}

// Those that identify something or are rows of bits.
TEST(MbusRecords, HaveNoSignWhereTheyCountNothing) {
  EXPECT_EQ(records_of("01 78 80"), "fabrication_number 128");
  EXPECT_EQ(records_of("01 79 80"), "enhanced_identification 128");
  EXPECT_EQ(records_of("01 7A 80"), "bus_address 128");
  EXPECT_EQ(records_of("01 FD 17 80"), "error_flags 128");
  EXPECT_EQ(records_of("01 FD 10 FF"), "customer_location -1");
  EXPECT_EQ(records_of("01 FD 11 FF"), "customer -1");
  EXPECT_EQ(records_of("01 6E FF"), "heat_cost_units -1");
  EXPECT_EQ(records_of("07 78 FF FF FF FF FF FF FF 7F"), "fabrication_number 9223372036854775807");
  EXPECT_EQ(records_of("07 78 00 00 00 00 00 00 00 80"), "fabrication_number -");
}

TEST(MbusRecords, MayBeTextOfWhoOrWhereItIs) {
  EXPECT_EQ(records_of("0D 78 02 31 32"), "fabrication_number '21'");
  EXPECT_EQ(records_of("0D 79 02 31 32"), "enhanced_identification '21'");
  EXPECT_EQ(records_of("0D FD 10 02 20 7E"), "customer_location '~ '");
  EXPECT_EQ(records_of("0D FD 11 02 31 32"), "customer '21'");
  EXPECT_EQ(records_of("0D 7C 01 78 02 31 32"), "named(x) '21'");
  EXPECT_EQ(records_of("0D 7A 01 31"), "unknown 4");
  EXPECT_EQ(records_of("0D FD 17 01 31"), "unknown 5");
  EXPECT_EQ(records_of("0D 78 01 1F"), "fabrication_number -");
  EXPECT_EQ(records_of("0D 78 01 7F"), "fabrication_number -");
  const Bytes characters(0xBF, 'a');
  Bytes longest = from_hex("0D 78 BF");
  longest.insert(longest.end(), characters.begin(), characters.end());
  EXPECT_EQ(records_of(longest), "fabrication_number '" + std::string(0xBF, 'a') + "'");
}

TEST(MbusRecords, OfVariableLengthMayBeNumbers) {
  EXPECT_EQ(records_of("0D 06 C1 12"), "energy 12 kWh");
  EXPECT_EQ(records_of("0D 06 C9 12 90 78 56 34 12 90 78 56"), "energy 567890123456789012 kWh");
  EXPECT_EQ(records_of("0D 06 CA 12 90 78 56 34 12 90 78 56 00"), "torn 13");
  EXPECT_EQ(records_of("0D 06 D0"), "energy - kWh");
  EXPECT_EQ(records_of("0D 06 D1 99"), "energy -99 kWh");
  EXPECT_EQ(records_of("0D 06 D9 12 90 78 56 34 12 90 78 56"), "energy -567890123456789012 kWh");
  EXPECT_EQ(records_of("0D 06 DA 12 90 78 56 34 12 90 78 56 00"), "torn 13");
  EXPECT_EQ(records_of("0D 06 E0 01 06 05"), "unknown 3; energy 5 kWh");
  EXPECT_EQ(records_of("0D 06 EF 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F"), "unknown 18");
  EXPECT_EQ(records_of("0D 06 F0"), "torn 3");
}

TEST(MbusRecords, AreNoValueWhereTheyCannotBeTrue) {
  EXPECT_EQ(records_of("31 06 05"), "energy error - kWh");
  EXPECT_EQ(records_of("0A 06 3A 12"), "energy - kWh");
  EXPECT_EQ(records_of("0A 06 A3 12"), "energy - kWh");
  EXPECT_EQ(records_of("0C 06 78 56 34 F2"), "energy - kWh");
  EXPECT_EQ(records_of("0D 06 D1 F0"), "energy - kWh");
  EXPECT_EQ(records_of("01 06 80"), "energy - kWh");
  EXPECT_EQ(records_of("07 06 00 00 00 00 00 00 00 80"), "energy - kWh");
  EXPECT_EQ(records_of("07 78 FF FF FF FF FF FF FF FF"), "fabrication_number -");
  EXPECT_EQ(records_of("05 5B 00 00 C0 7F"), "flow_temperature - °C") << "not a number";
  EXPECT_EQ(records_of("05 5B 00 00 80 FF"), "flow_temperature - °C") << "infinite";
  EXPECT_EQ(records_of("05 5B 01 00 00 00"), "flow_temperature - °C") << "next to nothing";
  EXPECT_EQ(records_of("05 5B FF FF 7F 7F"), "flow_temperature - °C") << "beyond all reason";
  EXPECT_EQ(records_of("0D 78 02 31 07"), "fabrication_number -");
  EXPECT_EQ(records_of("0D 78 00"), "fabrication_number -");
  EXPECT_EQ(records_of("0D 06 C0"), "energy - kWh");
  EXPECT_EQ(records_of("0D 06 01 35"), "unknown 4") << "an energy is no text";
  EXPECT_EQ(records_of("0D 06 E1 35"), "unknown 4") << "nor are these bytes known";
}

TEST(MbusRecords, MayBeNamedByTheirDevice) {
  EXPECT_EQ(records_of("02 7C 03 6C 6F 4D 34 12 01 06 05"), "named(Mol) 4660; energy 5 kWh");
  EXPECT_EQ(records_of("02 7C 02 6C 07 34 12"), "unknown 7");
  EXPECT_EQ(records_of("02 7C 09 6C 6F 4D 34 12"), "torn 8");
  EXPECT_EQ(records_of("02 7C 02 7F 6F 34 12"), "unknown 7");
  EXPECT_EQ(records_of("02 7C 02 7E 20 34 12"), "named( ~) 4660");
  EXPECT_EQ(records_of("01 7C 00 05"), "named 5");
  // Whether the name or the extension comes first is not said.
  EXPECT_EQ(records_of("02 FC 03 6C 6F 4D 77 34 12"), "torn 9");
}

TEST(MbusRecords, EndAtWhatIsOfTheMaker) {
  EXPECT_EQ(records_of("01 06 05 0F 01 06 07"), "energy 5 kWh; maker 4");
  EXPECT_EQ(records_of("01 06 05 1F"), "energy 5 kWh; maker 1");
}

TEST(MbusRecords, LeaveOutWhatFills) {
  EXPECT_EQ(records_of("2F 2F 01 06 05 2F 01 06 07 2F 00"), "energy 5 kWh; energy 7 kWh");
  EXPECT_EQ(records_of(""), "");
  EXPECT_EQ(records_of("00"), "");
  EXPECT_EQ(records_of("2F"), "");
  EXPECT_EQ(records_of("2F 00"), "");
  EXPECT_EQ(records_of("00 00"), "energy - kWh");
  EXPECT_EQ(records_of("01"), "torn 1");
}

// What was whole before it counts.
TEST(MbusRecords, EndWhereTheyAreTornOrLie) {
  for (const char* torn : {"01",
                           "01 06",
                           "04 06 01 02 03",
                           "0D",
                           "0D 06",
                           "0D 06 05 31",
                           "0D 06 CA 01",
                           "0D 06 F4 01",
                           "81",
                           "81 80 80 80 80 80 80 80 80 80 80 00 06 05",
                           "01 86",
                           "01 FB",
                           "01 FD",
                           "01 86 F6 F6 F6 F6 F6 F6 F6 F6 F6 F6 76 05",
                           "01 FB 80 F6 F6 F6 F6 F6 F6 F6 F6 F6 76 05",
                           "01 7C",
                           "3F",
                           "4F",
                           "6F",
                           "7F",
                           "8F 01",
                           "FF"}) {
    const std::size_t size = from_hex(torn).size();
    EXPECT_EQ(records_of(std::string("01 06 05 ") + torn),
              "energy 5 kWh; torn " + std::to_string(size))
        << torn;
  }
  EXPECT_EQ(records_of("01 86 F6 F6 F6 F6 F6 F6 F6 F6 F6 76 05"), "energy 5 kWh");
  EXPECT_EQ(records_of("01 FB 80 F6 F6 F6 F6 F6 F6 F6 F6 76 05"), "energy 500 kWh");
}

TEST(MbusRecords, AnExponentBeyondReasonIsNoValue) {
  EXPECT_EQ(records_of("01 87 FD FD FD FD FD 7D 05"), "energy - kWh");
  EXPECT_EQ(records_of("01 87 FD FD FD FD 7D 05"), "energy 50000000000000000 kWh");
  EXPECT_EQ(records_of("01 87 FD FD FD FD FD F7 77 05"), "energy 5000000000000000000 kWh");
  EXPECT_EQ(records_of("01 87 FD FD FD FD FD F7 F7 77 05"), "energy - kWh");
  EXPECT_EQ(records_of("01 80 F0 70 05"), "energy 0.000000000000000005 kWh");
  EXPECT_EQ(records_of("01 80 F0 F0 75 05"), "energy - kWh");
}

// A water meter as the guides describe its entry.
Bytes entry_with(const std::string& records, std::uint8_t response = 0, std::uint8_t mode = 0) {
  Bytes entry = from_hex("19 01 0F 0C 00 00 00 00 78 56 34 12 24 40 01 07 2A 00 00 00");
  const Bytes bytes = from_hex(records);
  entry[6] = response;
  entry[7] = static_cast<std::uint8_t>(12 + bytes.size());
  entry[19] = mode;
  entry.insert(entry.end(), bytes.begin(), bytes.end());
  entry.resize(usual_mbus_dimensions.entry_size, 0xFF);
  return entry;
}

TEST(MbusContent, IsAsLongAsTheTelegram) {
  const Bytes entry = entry_with("01 13 05 00");
  const MbusContent content = mbus_content(entry);
  EXPECT_EQ(content.state, State::records);
  EXPECT_EQ(content.bytes.size(), 4U);
  EXPECT_EQ(mbus_content(ByteView(entry).first(22)).bytes.size(), 2U);
  EXPECT_EQ(mbus_content(ByteView(entry).first(20)).state, State::records);
  EXPECT_EQ(mbus_content(ByteView(entry).first(19)).state, State::empty);
  EXPECT_EQ(mbus_content(Bytes(517)).state, State::empty);
}

TEST(MbusContent, ThatIsEncryptedIsSaidToBe) {
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("2F 2F 01 13 05", 0, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("01 13 05 00", 4, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("2F 01 13 05", 4, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("01 2F 13 05", 4, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("2F", 4, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("2F 2F", 4, 5)).state, State::records);
  for (const std::uint8_t mode : from_hex("01 02 04 08 10 1F")) {
    EXPECT_EQ(mbus_content(entry_with("01 13 05", 0, mode)).state, State::encrypted) << +mode;
  }
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0, 0xE0)).state, State::records);
  EXPECT_EQ(mbus_content(entry_with("2F 2F 01 13 05", 0xD8, 5)).state, State::encrypted);
  EXPECT_EQ(mbus_content(entry_with("2F 2F 01 13 05", 4, 5)).state, State::records);
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 4, 0)).state, State::records);
  EXPECT_TRUE(mbus_values(entry_with("01 13 05", 0, 5), {}).empty());
}

TEST(MbusContent, OfAnotherStructureIsLeftAlone) {
  EXPECT_EQ(mbus_content(entry_with("01 13 05 00", 1)).state, State::foreign);
  EXPECT_EQ(mbus_content(entry_with("01 13 05 00", 2)).state, State::foreign);
  EXPECT_EQ(mbus_content(entry_with("01 13 05 00", 2)).bytes.size(), 16U) << "with its own head";
}

TEST(MbusContent, ThatTheMeterDoesNotTrustIsNoReading) {
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0x28)).state, State::refused);
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0x20)).state, State::refused);
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0x20)).bytes.size(), 3U);
  EXPECT_EQ(mbus_content(entry_with("01 13 05", 0xDC)).state, State::records);
}

TEST(MbusValues, AreThePresentOnesOfTheDevice) {
  const MeterTime read_at = std::chrono::sys_days(January / 15 / 2025) + 12h;
  const Bytes entry = entry_with(
      "0C 06 34 12 00 00 0C 13 80 67 05 00 02 5A 8C 02 4C 13 01 00 00 00 11 2B 07 81 10 06 09 "
      "31 2B 08 01 06 01 02 6C 2F 31 0A 5E 3A 12 0F 01");
  const std::vector<MbusValue> all{{MbusQuantity::energy, {1234, 0}, "kWh"},
                                   {MbusQuantity::volume, {56780, -3}, "m³"},
                                   {MbusQuantity::flow_temperature, {652, -1}, "°C"}};
  EXPECT_EQ(mbus_values(entry, read_at + 1h), all);
  EXPECT_EQ(mbus_values(entry, read_at + 2h), all);
  EXPECT_EQ(mbus_values(entry, read_at - 1h), all) << "the clock was set back";
  const std::vector<MbusValue> counters(all.begin(), all.begin() + 2);
  EXPECT_EQ(mbus_values(entry, read_at + 2h + 1s), counters);
  EXPECT_EQ(mbus_values(entry, read_at - 3h), counters);
  EXPECT_EQ(mbus_values(entry, {}), counters);
}

TEST(MbusNumbers, OfFloatsHaveNoMoreDigitsThanTellThemApart) {
  const struct {
    const char* bytes;
    MbusNumber number;
  } examples[]{{"00 00 80 3F", {1, 0}},           {"00 00 20 41", {1, 1}},
               {"00 00 C6 42", {99, 0}},          {"CD CC CC 3D", {1, -1}},
               {"AB AA AA 3E", {33'333'334, -8}}, {"AB AA AA BE", {-33'333'334, -8}},
               {"01 00 80 3F", {10'000'001, -7}}, {"FF FF 7F 4B", {16'777'215, 0}},
               {"00 00 80 4B", {16'777'216, 0}},  {"00 00 80 00", {11'754'944, -45}},
               {"FF FF 7F 7F", {34'028'235, 31}}, {"00 00 00 80", {0, 0}}};
  for (const auto& [bytes, number] : examples) {
    EXPECT_EQ(mbus_number({MbusData::Coding::real, 4}, from_hex(bytes), true), number) << bytes;
  }
  EXPECT_FALSE(mbus_number({MbusData::Coding::real, 4}, from_hex("FF FF 7F 00"), true));
  EXPECT_FALSE(mbus_number({MbusData::Coding::real, 4}, from_hex("00 00 80 7F"), true));
}

TEST(MbusNumbers, KeepTheDigitsThatWereSent) {
  EXPECT_EQ(to_text(MbusNumber{56780, -3}), "56.780");
  EXPECT_EQ(to_text(MbusNumber{5, -3}), "0.005");
  EXPECT_EQ(to_text(MbusNumber{-5, -1}), "-0.5");
  EXPECT_EQ(to_text(MbusNumber{-5, 2}), "-500");
  EXPECT_EQ(to_text(MbusNumber{0, 3}), "0");
  EXPECT_EQ(to_text(MbusNumber{0, -3}), "0.000");
  EXPECT_EQ(to_text(MbusNumber{7, 0}), "7");
  EXPECT_EQ(to_text(MbusNumber{7, 1}), "70");
  EXPECT_EQ(to_text(MbusNumber{123, -2}), "1.23");
  EXPECT_EQ(to_text(MbusNumber{123, -3}), "0.123");
  EXPECT_EQ(to_text(MbusNumber{123, -4}), "0.0123");
  EXPECT_EQ(to_text(MbusNumber{-123, -3}), "-0.123");
  EXPECT_EQ(to_double({7, 0}), 7.0);
  EXPECT_EQ(to_double({7, 1}), 70.0);
  EXPECT_EQ(to_double({7, -1}), 0.7);
  EXPECT_EQ(to_double({56780, -3}), 56.78);
  EXPECT_EQ(to_double({-5, 2}), -500.0);
}

}  // namespace
}  // namespace irmeter::testing
