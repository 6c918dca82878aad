// Table decoders against real headers, published examples and odd content.
#include "lib/meter/tables.hpp"
#include "lib/meter/transformers.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/decode_reading.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

// The header of a real meter.
const Bytes real_bt00 = from_hex("02 2A 88 45 4C 4F 4E 02 00 FF 0C 01 00 0A 0D 02 0C 09 04");
const Bytes example_bt01 =
    from_hex("45 4C 4F 4E 38 33 33 33 34 34 33 49 31 55 31 55 00 00 00 00 12 34 56 78");

TEST(Bt00, OfARealMeterIsReadable) {
  EXPECT_EQ(real_bt00.size(), bt00_size);
  EXPECT_TRUE(check_bt00(real_bt00).ok());
  Bytes with_bitmaps = real_bt00;
  with_bitmaps.resize(79);
  EXPECT_TRUE(check_bt00(with_bitmaps).ok());
}

TEST(Bt00, NamesWhatThisLibraryCannotRead) {
  const auto error_with = [](std::size_t at, std::uint8_t value) {
    Bytes table = real_bt00;
    table[at] = value;
    const auto checked = check_bt00(table);
    return checked.ok() ? std::string() : checked.error().what;
  };
  EXPECT_NE(error_with(0, 0x03).find("big-endian"), std::string::npos);
  EXPECT_NE(error_with(1, 0x22).find("offset"), std::string::npos);  // no partial access
  EXPECT_NE(error_with(1, 0x32).find("offset"), std::string::npos);  // by index only
  EXPECT_NE(error_with(1, 0x3A).find("offset"), std::string::npos);
  EXPECT_NE(error_with(1, 0x00).find("offset"), std::string::npos);
  EXPECT_EQ(error_with(0, 0xFE), "");
  EXPECT_EQ(error_with(1, 0xEF), "");
  EXPECT_NE(error_with(2, 0x98).find("32-bit"), std::string::npos);
  EXPECT_NE(error_with(2, 0x89).find("32-bit"), std::string::npos);
  EXPECT_NE(error_with(2, 0x80).find("32-bit"), std::string::npos);
  EXPECT_NE(error_with(2, 0x08).find("32-bit"), std::string::npos);
}

TEST(Bt00, IsRefusedWhenShort) {
  for (std::size_t size = 0; size < bt00_size; ++size) {
    EXPECT_FALSE(check_bt00(ByteView(real_bt00).first(size)).ok());
  }
}

TEST(Bt01, GivesTheIdentityOfTheExample) {
  const auto identity = decode_bt01(example_bt01);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->manufacturer, "ELON");
  EXPECT_EQ(identity->model, "8333443I");
  EXPECT_EQ(identity->hardware_version, "3.10.21");
  EXPECT_EQ(identity->firmware_version, "3.10.21");
  EXPECT_EQ(identity->serial_number, "0000000012345678");
  EXPECT_EQ(identity->utility_serial_number, "");
}

TEST(Bt01, IsRefusedWhenShort) {
  for (std::size_t size = 0; size < bt01_size; ++size) {
    EXPECT_FALSE(decode_bt01(ByteView(example_bt01).first(size)).ok());
  }
}

TEST(Bt01, GivesTheFirmwareAsANumber) {
  EXPECT_EQ(*decode_firmware(example_bt01), static_cast<Firmware>(0x3155));  // 3.10.21
  EXPECT_GT(*decode_firmware(example_bt01), firmware_since(3, 10));
  EXPECT_LT(*decode_firmware(example_bt01), firmware_since(3, 11));
  EXPECT_FALSE(decode_firmware(ByteView(example_bt01).first(bt01_size - 1)).ok());
}

TEST(Bt01, TrimsPaddingAndMasksWhatIsNoText) {
  Bytes table = example_bt01;
  const Bytes manufacturer = from_hex("4E 45 53 20");
  const Bytes model = from_hex("20 41 07 E9 42 00 43 44");
  std::copy(manufacturer.begin(), manufacturer.end(), table.begin());
  std::copy(model.begin(), model.end(), table.begin() + 4);
  const auto identity = decode_bt01(table);
  EXPECT_EQ(identity->manufacturer, "NES");
  EXPECT_EQ(identity->model, "A??B");
}

TEST(Bt01, HasTwoVersionsAndTheFirstOfThemIsThatOfTheHardware) {
  Bytes table = example_bt01;
  table[12] = 0x20;
  table[13] = 0x41;
  table[14] = 0x30;
  table[15] = 0x18;
  EXPECT_EQ(decode_bt01(table)->hardware_version, "2.02.01");
  EXPECT_EQ(decode_bt01(table)->firmware_version, "3.00.24");
  EXPECT_EQ(*decode_firmware(table), static_cast<Firmware>(0x3018));
}

TEST(Bt01, ShowsEveryCharacterThatPrints) {
  Bytes table = example_bt01;
  const Bytes model = from_hex("21 7E 1F 7F 20 80 FF 41");
  std::copy(model.begin(), model.end(), table.begin() + 4);
  EXPECT_EQ(decode_bt01(table)->model, "!~?? ??A");
}

TEST(Bt01, HasARestThatIsOfOneMeterAndFirmware) {
  const Identity identity = *decode_bt01(example_bt01);
  const ByteView rest = ByteView(example_bt01).subspan(bt01_rest);
  EXPECT_TRUE(is_of(identity, rest));
  EXPECT_FALSE(is_of(identity, rest.first(9)));
  for (std::size_t i = 0; i < rest.size(); ++i) {
    Bytes other(rest.begin(), rest.end());
    other[i] ^= 1;
    EXPECT_FALSE(is_of(identity, other)) << i;
  }
  Bytes longer(rest.begin(), rest.end());
  longer.push_back(0);
  EXPECT_FALSE(is_of(identity, longer));
}

TEST(Bt01, OfZerosIsAnIdentityWithoutNames) {
  const auto identity = decode_bt01(Bytes(bt01_size));
  EXPECT_EQ(identity->manufacturer, "");
  EXPECT_EQ(identity->model, "");
  EXPECT_EQ(identity->firmware_version, "0.00.00");
  EXPECT_EQ(identity->serial_number, "0000000000000000");
}

TEST(Bt01, ShowsNibblesThatAreNoDigits) {
  Bytes table = example_bt01;
  table[16] = 0xAF;
  EXPECT_EQ(decode_bt01(table)->serial_number, "af00000012345678");
}

TEST(FirmwareWord, IsPackedInFourSevenAndFiveBits) {
  EXPECT_EQ(decode_version(0x3155), "3.10.21");
  EXPECT_EQ(decode_version(0x3018), "3.00.24");
  EXPECT_EQ(decode_version(0x0000), "0.00.00");
  EXPECT_EQ(decode_version(0xFFFF), "15.127.31");
  EXPECT_EQ(decode_version(0x4ABF), "4.85.31");
}

TEST(Et03, IsTextUpToItsPadding) {
  Bytes table(et03_size);
  EXPECT_EQ(decode_et03(table), "");
  const Bytes text = from_hex("35 30 31 32 33 34");
  std::copy(text.begin(), text.end(), table.begin());
  EXPECT_EQ(decode_et03(table), "501234");
  std::fill(table.begin() + 6, table.end(), std::uint8_t{' '});
  EXPECT_EQ(decode_et03(table), "501234");
  std::fill(table.begin(), table.end(), std::uint8_t{' '});
  EXPECT_EQ(decode_et03(table), "");
  std::fill(table.begin(), table.end(), std::uint8_t{'7'});
  EXPECT_EQ(decode_et03(table), std::string(30, '7'));
  table.resize(143, '8');
  EXPECT_EQ(decode_et03(table), std::string(30, '7'));
  EXPECT_EQ(decode_et03(from_hex("FF FF")), "??");
  EXPECT_EQ(decode_et03({}), "");
}

Dimensions dimensions(const char* table) {
  return *decode_dimensions(from_hex(table));
}

TEST(Bt21, OfAPlainMeterPutsEverythingAtTheStart) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  EXPECT_EQ(plain, (Dimensions{15, 41, 0, 0, false, 4, 0, 60, 60}));
  EXPECT_EQ(place_of(info(Quantity::energy_export), plain), 4U);
  EXPECT_EQ(place_of(info(Quantity::power_factor_l3), plain), 56U);
}

TEST(Bt22, SaysWhichSummationIsAtWhichPlace) {
  Dimensions moved = dimensions("03 0C 00 07 00 00 00 04 00 29");
  ASSERT_EQ(sources_of(bt23, moved)->count, 7);
  // At the third place is what the list has no number for; outage time and outages are not there.
  ASSERT_TRUE(take_sources(from_hex("00 01 FF 03 1C 6C 02"), bt23, moved).ok());
  EXPECT_EQ(place_of(info(Quantity::energy_export), moved), 4U);
  EXPECT_EQ(place_of(info(Quantity::reactive_energy_import), moved), 24U);
  EXPECT_EQ(place_of(info(Quantity::reactive_energy_export), moved), 12U);
  EXPECT_EQ(place_of(info(Quantity::errors), moved), 16U);
  EXPECT_EQ(place_of(info(Quantity::reactive_energy_q1), moved), 20U);
  for (const Quantity none :
       {Quantity::power_outage_time, Quantity::power_outages, Quantity::energy_sum}) {
    EXPECT_EQ(place_of(info(none), moved), std::nullopt);
  }
}

TEST(Bt22, ThatMakesNoSenseLeavesEachAtItsPlace) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  Dimensions asked = plain;
  EXPECT_FALSE(take_sources(Bytes(15), bt23, asked).ok());  // zeros: it has no such table
  EXPECT_FALSE(take_sources(from_hex("01 00 02"), bt23, asked).ok());
  EXPECT_FALSE(take_sources(from_hex("00 02 03"), bt23, asked).ok());
  EXPECT_EQ(asked, plain);
  EXPECT_TRUE(
      take_sources(from_hex("00 01 02 03 04 05 06 07 1A 1B 1C 6C 6D 6E 6F"), bt23, asked).ok());
  EXPECT_EQ(asked, plain);
  EXPECT_TRUE(take_sources(Bytes(15, 0xFF), bt23, asked).ok());
  EXPECT_EQ(asked, plain);
  EXPECT_EQ(sources_of(bt23, usual_dimensions), std::nullopt);
  EXPECT_EQ(sources_of(bt28, {}), std::nullopt);
}

Ratios ratios(const char* table) {
  return *decode_bt15(from_hex(table));
}

TEST(Bt15, HasTheRatiosOfTheTransformers) {
  EXPECT_EQ(ratios("01 00 00 00 00 00 00 00 00 28 00 00 00 01 00 00 00"), (Ratios{40, 1, false}));
  EXPECT_EQ(ratios("01 00 00 00 00 00 00 00 01 28 00 00 00 64 00 00 00"), (Ratios{40, 100, true}));
  EXPECT_EQ(ratios("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"), (Ratios{0, 0, false}));
  EXPECT_FALSE(decode_bt15(Bytes(16)).ok());
  EXPECT_FALSE(decode_bt15(Bytes(17, 0xFF)).ok());
  EXPECT_FALSE(decode_bt15(Bytes(17, 0x5A)).ok());
}

// Each ratio alone at its limit, and beyond it.
TEST(Bt15, HasNoRatioBeyondTenThousand) {
  EXPECT_EQ(ratios("01 00 00 00 00 00 00 00 FE 10 27 00 00 00 00 00 00"),
            (Ratios{10'000, 0, false}));
  EXPECT_EQ(ratios("01 00 00 00 00 00 00 00 00 00 00 00 00 10 27 00 00"),
            (Ratios{0, 10'000, false}));
  for (const char* wrong : {"01 00 00 00 00 00 00 00 00 11 27 00 00 01 00 00 00",
                            "01 00 00 00 00 00 00 00 00 01 00 00 00 11 27 00 00",
                            "01 00 00 00 00 00 00 00 00 FF FF FF FF 01 00 00 00",
                            "01 00 00 00 00 00 00 00 00 01 00 00 00 FF FF FF FF"}) {
    EXPECT_FALSE(decode_bt15(from_hex(wrong)).ok()) << wrong;
  }
}

TEST(Bt15, GivesPrimaryValuesThatTheMeterLacks) {
  const Dimensions old = dimensions("03 0C 00 0B 00 00 00 04 00 12");
  Values polled;
  polled.set(Quantity::power_import, 250);
  polled.set(Quantity::current_l2, 1'500);
  Values details;
  details.set(Quantity::power_import_l1, 90);
  compute_primaries({40, 10, false}, old, polled, details);
  EXPECT_EQ(details.get(Quantity::power_import_primary), 100'000);
  EXPECT_EQ(details.get(Quantity::current_l2_primary), 60'000);
  EXPECT_EQ(details.get(Quantity::power_import_l1_primary), 36'000);
  EXPECT_EQ(details.get(Quantity::power_export_primary), std::nullopt);
  EXPECT_EQ(details.get(Quantity::power_import_l1), 90);

  // What was polled counts, even where it is nothing.
  details.set(Quantity::power_import, 3);
  polled.set(Quantity::power_export, 0);
  compute_primaries({40, 10, false}, old, polled, details);
  EXPECT_EQ(details.get(Quantity::power_import_primary), 100'000);
  EXPECT_EQ(details.get(Quantity::power_export_primary), 0);
  compute_primaries({1, 0, false}, old, polled, details);
  EXPECT_EQ(details.get(Quantity::power_import_primary), std::nullopt);
  EXPECT_EQ(details.get(Quantity::current_l2_primary), 1'500);

  // Applied already, or not said: nothing is made up.
  for (const Ratios none : {Ratios{40, 10, true}, Ratios{40, 0, false}, Ratios{}}) {
    compute_primaries(none, old, polled, details);
    EXPECT_EQ(details.get(Quantity::power_import_primary), std::nullopt);
  }
  // The meter's own are left as they are.
  details.set(Quantity::power_import_primary, 7);
  compute_primaries({40, 10, false}, dimensions("03 0C 00 0F 00 00 00 04 00 29"), polled, details);
  EXPECT_EQ(details.get(Quantity::power_import_primary), 7);
}

TEST(Bt15, GivesPowersByBothRatiosAndCurrentsByThatOfCurrent) {
  constexpr struct {
    Quantity primary;
    Quantity measured;
    std::int64_t ratio;
  } expected[]{
      {Quantity::power_import_primary, Quantity::power_import, 400},
      {Quantity::power_export_primary, Quantity::power_export, 400},
      {Quantity::reactive_power_import_primary, Quantity::reactive_power_import, 400},
      {Quantity::reactive_power_export_primary, Quantity::reactive_power_export, 400},
      {Quantity::power_import_l1_primary, Quantity::power_import_l1, 400},
      {Quantity::power_import_l2_primary, Quantity::power_import_l2, 400},
      {Quantity::power_import_l3_primary, Quantity::power_import_l3, 400},
      {Quantity::power_export_l1_primary, Quantity::power_export_l1, 400},
      {Quantity::power_export_l2_primary, Quantity::power_export_l2, 400},
      {Quantity::power_export_l3_primary, Quantity::power_export_l3, 400},
      {Quantity::current_l1_primary, Quantity::current_l1, 40},
      {Quantity::current_l2_primary, Quantity::current_l2, 40},
      {Quantity::current_l3_primary, Quantity::current_l3, 40},
  };
  Values polled;
  std::int64_t value = 100;
  for (const auto& each : expected) {
    polled.set(each.measured, ++value);
  }
  Values details;
  compute_primaries({40, 10, false}, dimensions("03 0C 00 0B 00 00 00 04 00 12"), polled, details);
  for (const auto& [primary, measured, ratio] : expected) {
    EXPECT_EQ(details.get(primary), *polled.get(measured) * ratio) << info(primary).key;
  }
}

TEST(Bt27, NamesReactivePowerByQuadrant) {
  Dimensions moved = dimensions("03 0C 00 0F 00 00 00 04 02 18");
  ASSERT_EQ(sources_of(bt28, moved)->offset, 2U);
  Bytes sources(24, 0xC8);
  sources[22] = 105;
  sources[23] = 104;
  ASSERT_TRUE(take_sources(sources, bt28, moved).ok());
  EXPECT_EQ(place_of(info(Quantity::power_import), moved), 8U);
  EXPECT_EQ(place_of(info(Quantity::reactive_power_q1), moved), 8U + 23 * 4);
  EXPECT_EQ(place_of(info(Quantity::reactive_power_q2), moved), 8U + 22 * 4);
  sources[3] = 106;  // every known meter has another one of the ten there
  EXPECT_FALSE(take_sources(sources, bt28, moved).ok());
}

TEST(Bt21, WithADemandResetCounterMovesTheRegistersByAByte) {
  EXPECT_EQ(dimensions("07 0C 0C 0F 01 00 01 04 00 29"),
            (Dimensions{15, 41, 1, 0, false, 4, 0, 70, 69}));
}

TEST(Bt21, WithPresentDemandsMovesThePresentValues) {
  EXPECT_EQ(dimensions("03 0C 00 0F 00 00 00 04 01 29").present_values_offset, 4U);
  EXPECT_EQ(dimensions("03 0C 00 0F 00 00 00 04 08 29").present_values_offset, 32U);
  EXPECT_EQ(dimensions("43 0C 00 0F 00 00 00 04 02 29").present_values_offset, 14U);
  EXPECT_EQ(dimensions("43 0C 00 0F 00 00 00 04 FF 29").present_values_offset, 1785U);
}

TEST(Bt21, TimeRemainingAloneMovesNothing) {
  EXPECT_EQ(dimensions("43 0C 00 0F 00 00 00 04 00 29").present_values_offset, 0U);
}

TEST(Bt21, IsRefusedWhenShort) {
  for (std::size_t size = 0; size < dimensions_size; ++size) {
    EXPECT_FALSE(decode_dimensions(Bytes(size)).ok());
  }
}

// Where the first tier lies, and how long each is.
TEST(Bt21, CountsWhatLiesBehindTheTotals) {
  const struct {
    const char* table;
    std::uint32_t tiers_offset;
    std::uint32_t tier_size;
  } examples[]{
      {"00 00 00 02 00 00 00 00 00 00", 8, 8},   {"00 00 00 02 01 00 01 00 00 00", 12, 12},
      {"02 00 00 02 01 00 01 00 00 00", 17, 17}, {"10 00 00 02 01 00 01 00 00 00", 16, 16},
      {"20 00 00 02 01 00 01 00 00 00", 16, 16}, {"30 00 00 02 01 00 01 00 00 00", 20, 20},
      {"04 00 00 02 00 00 00 00 00 00", 9, 8},   {"FB FF FF 02 00 00 00 00 00 00", 8, 8},
      {"CD 00 00 02 01 00 03 00 00 00", 21, 20}, {"32 00 00 02 03 00 02 00 00 00", 86, 86},
      {"00 00 00 02 00 02 03 00 00 00", 32, 32}, {"01 00 00 03 02 01 01 00 00 00", 24, 24}};
  for (const auto& [table, tiers_offset, tier_size] : examples) {
    EXPECT_EQ(dimensions(table).tiers_offset, tiers_offset) << table;
    EXPECT_EQ(dimensions(table).tier_size, tier_size) << table;
  }
}

TEST(Bt21, HasEachCountInItsPlace) {
  const Dimensions all = dimensions("00 00 01 02 00 00 00 05 06 07");
  EXPECT_EQ(all, (Dimensions{2, 7, 0, 24, false, 5, 6, 8, 8}));
  for (unsigned bit = 0; bit < 8; ++bit) {
    Bytes table = from_hex("00 00 00 00 00 00 00 00 02 00");
    table[0] = static_cast<std::uint8_t>(1U << bit);
    const Dimensions dimensions = *decode_dimensions(table);
    EXPECT_EQ(dimensions.summations_offset, bit == 2 ? 1U : 0U) << bit;
    EXPECT_EQ(dimensions.present_values_offset, bit == 6 ? 14U : 8U) << bit;
  }
}

TEST(Bt20, HasTheSameShape) {
  EXPECT_EQ(dimensions("03 0C 00 0B 00 00 00 04 00 12"),
            (Dimensions{11, 18, 0, 0, false, 4, 0, 44, 44}));
}

TEST(Tiers, LieBehindTheTotalsAndTheirDemands) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  EXPECT_EQ(place_of(info(Quantity::energy_import_t1), plain), 60U);
  EXPECT_EQ(place_of(info(Quantity::energy_export_t1), plain), 64U);
  EXPECT_EQ(place_of(info(Quantity::energy_export_t4), plain), 244U);
  EXPECT_FALSE(place_of(info(Quantity::energy_import_t5), plain));
  const Dimensions demands = dimensions("07 0C 0C 0F 01 00 01 04 00 29");
  EXPECT_EQ(place_of(info(Quantity::energy_import_t1), demands), 70U);
  EXPECT_EQ(place_of(info(Quantity::energy_import_t2), demands), 139U);
}

TEST(Tiers, AreOnlyThoseThatThereAre) {
  for (const char count : {'0', '1', '3', '8'}) {
    const Dimensions some =
        dimensions((std::string("03 0C 00 0F 00 00 00 0") + count + " 00 29").c_str());
    for (const QuantityInfo& quantity : quantities) {
      if (quantity.source == Source::tiers) {
        const unsigned tier = quantity.index / 2U;
        const auto place = tier < static_cast<unsigned>(count - '0')
                               ? std::optional(60 + tier * 60 + quantity.index % 2U * 4)
                               : std::nullopt;
        EXPECT_EQ(place_of(quantity, some), place) << count << " " << quantity.key;
      }
    }
  }
}

TEST(Int32, IsTheOneOfItsNumberInARow) {
  const Bytes row = from_hex("01 02 03 04 FF FF FF 7F 00 00 00 80 FF FF FF");
  EXPECT_EQ(int32_at(row, 0), 0x04030201);
  EXPECT_EQ(int32_at(row, 1), 2'147'483'647);
  EXPECT_EQ(int32_at(row, 2), -2'147'483'648);
  EXPECT_EQ(int32_at(row, 3), std::nullopt);
  EXPECT_EQ(int32_at({}, 0), std::nullopt);
}

// Some of a table: what begins in front of it or is cut off at its end.
TEST(Values, AreThoseThatLieInAPart) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  const auto import_and_export = [&](std::uint32_t offset, const char* bytes) {
    Values values;
    values.set(Quantity::energy_import, 1);
    values.set(Quantity::energy_export, 2);
    decode_values(bt23, plain, offset, from_hex(bytes), every_quantity(), values);
    return std::pair(values.get(Quantity::energy_import), values.get(Quantity::energy_export));
  };
  using Pair = std::pair<std::optional<std::int64_t>, std::optional<std::int64_t>>;
  EXPECT_EQ(import_and_export(0, "07 00 00 00 08 00 00 00"), Pair(7, 8));
  EXPECT_EQ(import_and_export(0, "07 00 00 00"), Pair(7, 2));
  EXPECT_EQ(import_and_export(4, "08 00 00 00"), Pair(1, 8));
  EXPECT_EQ(import_and_export(0, "07 00 00 00 08"), Pair(7, std::nullopt));
  EXPECT_EQ(import_and_export(3, "00 08 00 00 00"), Pair(1, 8));
  EXPECT_EQ(import_and_export(5, "00 00 00"), Pair(1, 2));
  EXPECT_EQ(import_and_export(0, "FF FF FF FF 00 00 00 00"), Pair(std::nullopt, 0));
  EXPECT_EQ(import_and_export(0, "FF FF FF 7F FE FF FF 7F"), Pair(std::nullopt, 2'147'483'646));
}

TEST(Values, ThatMayBeNegativeAreButForTheExtreme) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  const auto negative = std::ranges::find_if(quantities, [](const QuantityInfo& quantity) {
    return quantity.source == Source::bt28 && quantity.may_be_negative;
  });
  ASSERT_NE(negative, quantities.end());
  const auto value = [&](const char* bytes) {
    Values values;
    decode_values(bt28, plain, *place_of(*negative, plain), from_hex(bytes), every_quantity(),
                  values);
    return values.get(negative->id);
  };
  EXPECT_EQ(value("FF FF FF FF"), -1);
  EXPECT_EQ(value("01 00 00 80"), -2'147'483'647);
  EXPECT_EQ(value("00 00 00 80"), std::nullopt);
  EXPECT_EQ(value("FF FF FF 7F"), std::nullopt);
}

TEST(Values, AreOnlyThoseThatAreWanted) {
  const Dimensions plain = dimensions("03 0C 00 0F 00 00 00 04 00 29");
  QuantitySet wanted;
  wanted.set(static_cast<std::size_t>(Quantity::energy_export));
  Values values;
  decode_values(bt23, plain, 0, from_hex("07 00 00 00 08 00 00 00"), wanted, values);
  EXPECT_EQ(values.get(Quantity::energy_import), std::nullopt);
  EXPECT_EQ(values.get(Quantity::energy_export), 8);
}

TEST(Differences, AreThereWhereBothOfTheirsAre) {
  for (const Difference& difference : differences) {
    for (const bool of : {false, true}) {
      for (const bool less : {false, true}) {
        Values values;
        values.set(difference.is, 5);
        values.set(difference.of, of ? std::optional(30) : std::nullopt);
        values.set(difference.less, less ? std::optional(100) : std::nullopt);
        compute_differences(values);
        EXPECT_EQ(values.get(difference.is), of && less ? std::optional(-70) : std::nullopt);
      }
    }
  }
}

TEST(Dimensions, LimitWhatThereIs) {
  for (const unsigned number : {0U, 1U, 2U, 10U, 15U, 255U}) {
    const auto count = static_cast<std::uint8_t>(number);
    for (const QuantityInfo& quantity : quantities) {
      if (quantity.source == Source::bt23 || quantity.source == Source::bt28) {
        EXPECT_EQ(place_of(quantity, Dimensions{count, count, 0, 0, false, 0, 0, 0}).has_value(),
                  quantity.index < count);
      }
    }
  }
}

TEST(Decoders, TakeAnyBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    Bytes table(random() % 100);
    for (std::uint8_t& byte : table) {
      byte = static_cast<std::uint8_t>(random());
    }
    (void)check_bt00(table);
    (void)decode_dimensions(table);
    for (const char c : decode_et03(table)) {
      ASSERT_TRUE(c >= ' ' && c <= '~');
    }
    if (const auto identity = decode_bt01(table)) {
      for (const char c : identity->manufacturer + identity->model + meter_id(*identity)) {
        ASSERT_TRUE(c >= ' ' && c <= '~');
      }
    }
    (void)decode_reading(table, table);
  }
}

}  // namespace
}  // namespace irmeter::testing
