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
