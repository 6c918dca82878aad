// Readings from captured bytes, and what becomes absent.
#include "lib/meter/reading.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lib/meter/tables.hpp"
#include "tests/support/decode_reading.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using Expected = std::vector<std::pair<Quantity, std::int64_t>>;

const Bytes real_registers = from_hex("FB 13 04 02 4D 89 1A 00");
const Bytes real_present_values = from_hex(
    "00 00 00 00 E7 00 00 00 00 00 00 00 47 00 00 00 56 02 00 00 BC 02 00 00 C1 02 00 00"
    " E0 87 03 00 B1 8E 03 00 D5 84 03 00");

// Exactly these quantities, and nothing else.
void expect_values(const Values& values, const Expected& expected) {
  Values wanted;
  for (const auto& [quantity, value] : expected) {
    wanted.set(quantity, value);
  }
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_EQ(values.get(quantity.id), wanted.get(quantity.id)) << quantity.key;
  }
}

TEST(Reading, OfARealSessionIsExact) {
  const auto real = payloads_of(load_transcript("real-session.txt"), Sender::meter);
  const Reading reading = decode_reading(*parse_table(real[3]), *parse_table(real[4]));
  expect_values(reading.values, {{Quantity::energy_import, 33'821'691},
                                 {Quantity::energy_export, 1'739'085},
                                 {Quantity::power_import, 0},
                                 {Quantity::power_export, 231},
                                 {Quantity::power, -231},
                                 {Quantity::reactive_power_import, 0},
                                 {Quantity::reactive_power_export, 71},
                                 {Quantity::current_l1, 598},
                                 {Quantity::current_l2, 700},
                                 {Quantity::current_l3, 705},
                                 {Quantity::voltage_l1, 231'392},
                                 {Quantity::voltage_l2, 233'137},
                                 {Quantity::voltage_l3, 230'613}});
}

TEST(Reading, OfAHouseholdIsExact) {
  const auto household = payloads_of(load_transcript("household-values.txt"), Sender::meter);
  ASSERT_EQ(household.size(), 4U);
  for (const std::size_t copy : {0U, 1U}) {
    const Reading reading =
        decode_reading(*parse_table(household[copy]), *parse_table(household[2 + copy]));
    expect_values(reading.values, {{Quantity::energy_import, 344'180},
                                   {Quantity::energy_export, 7'583},
                                   {Quantity::power_import, 2710},
                                   {Quantity::power_export, 0},
                                   {Quantity::power, 2710},
                                   {Quantity::reactive_power_import, 0},
                                   {Quantity::reactive_power_export, 569},
                                   {Quantity::current_l1, 3320},
                                   {Quantity::current_l2, 3292},
                                   {Quantity::current_l3, 6544},
                                   {Quantity::voltage_l1, 225'319},
                                   {Quantity::voltage_l2, 225'263},
                                   {Quantity::voltage_l3, 225'398}});
  }
}

TEST(Reading, LeavesOutWhatIsBeyondTheBytes) {
  expect_values(decode_reading(ByteView(real_registers).first(4), {}).values,
                {{Quantity::energy_import, 33'821'691}});
  expect_values(decode_reading({}, {}).values, {});
  expect_values(decode_reading({}, ByteView(real_present_values).first(4)).values,
                {{Quantity::power_import, 0}});
  expect_values(decode_reading({}, ByteView(real_present_values).first(7)).values,
                {{Quantity::power_import, 0}});
}

TEST(Reading, TakesNoNegativeRegisterOrPower) {
  const Reading reading =
      decode_reading(from_hex("FF FF FF FF 00 00 00 80"), from_hex("FF FF FF FF 05 00 00 00"));
  expect_values(reading.values, {{Quantity::power_export, 5}});
}

TEST(Reading, TakesNoExtremeForAValue) {
  Bytes present(60);
  const Bytes nothing = from_hex("FF FF FF 7F");
  const Bytes also_nothing = from_hex("00 00 00 80");
  std::ranges::copy(nothing, present.begin() + 8 * 4);
  std::ranges::copy(also_nothing, present.begin() + 13 * 4);
  const Values values = decode_reading(from_hex("FF FF FF 7F 07 00 00 00"), present).values;
  EXPECT_FALSE(values.get(Quantity::energy_import));
  EXPECT_EQ(values.get(Quantity::energy_export), 7);
  EXPECT_FALSE(values.get(Quantity::voltage_l2));
  EXPECT_FALSE(values.get(Quantity::power_factor_l2));
}

TEST(Reading, HasNoPowerWhereOneOfItsPartsIsMissing) {
  EXPECT_FALSE(decode_reading({}, from_hex("05 00 00 00 FF FF FF FF")).values.get(Quantity::power));
  EXPECT_EQ(decode_reading({}, from_hex("05 00 00 00 07 00 00 00")).values.get(Quantity::power),
            -2);
}

TEST(Reading, TakesNegativePowerFactors) {
  Bytes present(60);
  for (const std::size_t index : {10U, 11U, 12U, 13U, 14U}) {
    const Bytes minus_two = from_hex("FE FF FF FF");
    std::copy(minus_two.begin(), minus_two.end(), present.begin() + static_cast<long>(index * 4));
  }
  const Values values = decode_reading({}, present).values;
  EXPECT_EQ(values.get(Quantity::power_factor_l1), -2);
  EXPECT_EQ(values.get(Quantity::power_factor_l2), -2);
  EXPECT_EQ(values.get(Quantity::power_factor_l3), -2);
  EXPECT_FALSE(values.get(Quantity::frequency));
  EXPECT_FALSE(values.get(Quantity::apparent_power));
}

TEST(Reading, ReachesTheLargestRegister) {
  const Reading reading = decode_reading(from_hex("FE FF FF 7F 00 00 00 00"), {});
  EXPECT_EQ(reading.values.get(Quantity::energy_import), 2'147'483'646);
}

std::string id_of(std::string manufacturer, std::string serial) {
  Identity identity;
  identity.manufacturer = std::move(manufacturer);
  identity.serial_number = std::move(serial);
  return meter_id(identity);
}

TEST(MeterId, IsManufacturerAndSerialNumberInLowerCase) {
  EXPECT_EQ(id_of("NES", "0000000012345678"), "nes_0000000012345678");
  EXPECT_EQ(id_of("ELON", "0000000012345678"), "elon_0000000012345678");
}

TEST(MeterId, HoldsNothingButLowerCaseDigitsAndUnderscores) {
  for (const auto& [manufacturer, serial] : {std::pair<std::string, std::string>{"N S", "00 12"},
                                             {"N\n\x01", "\x7F"},
                                             {"+#/", "1"},
                                             {"\xC3\xA9", "\xFF"},
                                             {"", ""},
                                             {"a/b", "../.."}}) {
    const std::string id = id_of(manufacturer, serial);
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos)
        << id;
    EXPECT_FALSE(id.empty());
  }
}

TEST(MeterId, KeepsOddSerialNumbersApart) {
  std::set<std::string> ids;
  const std::vector<std::string> serials{"a b",
                                         "a_b",
                                         "a\tb",
                                         "a-b",
                                         "a?b",
                                         "a\xE9"
                                         "b"};
  for (const std::string& serial : serials) {
    ids.insert(id_of("NES", serial));
  }
  EXPECT_EQ(ids.size(), serials.size());
}

TEST(MeterId, StaysTheSame) {
  EXPECT_EQ(id_of("N S", "0000000012345678"), id_of("N S", "0000000012345678"));
  EXPECT_EQ(id_of("azAZ", "09_"), "azaz_09_");
  // What cannot be kept tells the check value of it all.
  EXPECT_EQ(id_of("N S", "1"), "n_s_1_fc0c");
  EXPECT_EQ(id_of("@[`{/:", "1"), "_______1_8f2a");
}

}  // namespace
}  // namespace irmeter::testing
