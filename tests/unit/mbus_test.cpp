// The M-Bus devices behind a meter: by the tables of the simulated one, by examples, and by
// nonsense.
#include "lib/meter/mbus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "lib/meter/tables.hpp"
#include "tests/support/transcript.hpp"
#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmeter::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::January;

Bytes mbus_table(std::uint16_t id, unsigned devices, const char* profile = "plain") {
  irmetersim::MeterState state;
  state.clock = std::chrono::sys_days(January / 15 / 2025) + 11h + 20min;
  return irmetersim::MeterTables(*irmetersim::find_profile(profile), {}, devices)
      .image(id, state)
      .value();
}

// A gas meter, as the guides describe its entry.
Bytes gas_meter() {
  return from_hex("19 01 0F 0C 00 00 00 13 78 56 34 12 24 40 01 03 2A 00 00 00");
}

std::optional<MbusDevice> gas_with(std::size_t at, std::uint8_t byte) {
  Bytes head = gas_meter();
  head[at] = byte;
  return decode_mbus_device(head);
}

TEST(Mbus, DimensionsSayHowManyDevicesThereMayBe) {
  EXPECT_EQ(*decode_et11(mbus_table(et11, 1)), usual_mbus_dimensions);
  EXPECT_EQ(*decode_et11(mbus_table(et11, 1, "newest")), usual_mbus_dimensions);
  EXPECT_EQ(*decode_et11(from_hex("05 42 24 05 06 05 02")), usual_mbus_dimensions);
  EXPECT_EQ(usual_mbus_dimensions.offset(3), 3U * 517);
  EXPECT_EQ(decode_et11(from_hex("02 42 24 05 06 40 00"))->slots, 2);
}

TEST(Mbus, DimensionsMayBeAtTheirLimits) {
  const auto of = [](const char* table) { return *decode_et11(from_hex(table)); };
  EXPECT_EQ(of("01 FF FF FF FF 14 00"), (MbusDimensions{1, 20}));
  EXPECT_EQ(of("03 00 00 00 00 00 10"), (MbusDimensions{3, 4'096}));
  EXPECT_EQ(of("04 00 00 00 00 01 02"), (MbusDimensions{4, 513}));
  EXPECT_EQ(of("05 00 00 00 00 01 02"), (MbusDimensions{4, 513}));
  EXPECT_EQ(of("10 00 00 00 00 01 02"), (MbusDimensions{4, 513}));
  EXPECT_EQ(of("00 00 00 00 00 01 02"), MbusDimensions{});
}

TEST(Mbus, AMeterMayHaveNoRoomForDevices) {
  EXPECT_EQ(*decode_et11(mbus_table(et11, 0)), MbusDimensions{});
}

TEST(Mbus, ImpossibleDimensionsAreAnError) {
  for (const char* wrong :
       {"05 42 24 05 06 05", "FF FF FF FF FF FF FF", "05 42 24 05 06 00 00", "05 42 24 05 06 13 00",
        "05 42 24 05 06 01 10", "11 42 24 05 06 05 02"}) {
    EXPECT_FALSE(decode_et11(from_hex(wrong)).ok()) << wrong;
  }
}

TEST(Mbus, DevicesAreWhoTheySayTheyAre) {
  EXPECT_EQ(decode_mbus_device(gas_meter()), (MbusDevice{"12345678", "PAD", 3}));
  const Bytes data = mbus_table(et16, 3);
  const auto device = [&](std::size_t slot) {
    return decode_mbus_device(
        ByteView(data).subspan(usual_mbus_dimensions.offset(slot), et16_head_size));
  };
  EXPECT_EQ(device(0), (MbusDevice{"20417301", "SIM", 7}));
  EXPECT_EQ(device(1), (MbusDevice{"20417302", "SIM", 3}));
  EXPECT_EQ(device(2), (MbusDevice{"20417303", "SIM", 4}));
  EXPECT_EQ(device(3), std::nullopt);
}

TEST(Mbus, NumbersMayHaveTheHighestByteFirst) {
  EXPECT_EQ(
      decode_mbus_device(from_hex("19 01 0F 0C 00 00 01 13 12 34 56 78 40 24 01 03 2A 00 00 00")),
      (MbusDevice{"12345678", "PAD", 3}));
}

// The medium is in the two highest bits of either byte of the units; there is no maker.
TEST(Mbus, TheFixedStructureHasNoMaker) {
  const auto with_units = [](std::uint8_t low, std::uint8_t high) {
    Bytes head = from_hex("19 01 0F 0C 00 00 02 10 78 56 34 12 0A 00 00 00 01 00 00 00");
    head[14] = low;
    head[15] = high;
    return decode_mbus_device(head);
  };
  EXPECT_EQ(with_units(0xE9, 0x7E), (MbusDevice{"12345678", "", 7}));
  EXPECT_EQ(with_units(0x05, 0x45), (MbusDevice{"12345678", "", 4}));
  EXPECT_EQ(with_units(0xA9, 0xBE)->medium, 3);  // gas of mode 2
}

TEST(Mbus, TheFixedStructureHasSixteenMedia) {
  const std::array<const char*, 16> names{
      "0",         "oil",   "electricity",         "gas", "heat", "steam",
      "hot water", "water", "heat cost allocator", "15",  "gas",  "heat",
      "hot water", "water", "heat cost allocator", "15"};
  Bytes head = from_hex("19 01 0F 0C 00 00 02 10 78 56 34 12 0A 00 00 00 01 00 00 00");
  for (std::size_t medium = 0; medium < names.size(); ++medium) {
    head[14] = static_cast<std::uint8_t>(medium << 6U);
    head[15] = static_cast<std::uint8_t>(medium >> 2U << 6U);
    EXPECT_EQ(mbus_medium(decode_mbus_device(head)->medium), names[medium]) << medium;
  }
}

TEST(Mbus, ADeviceOfWhichNothingCouldBeDecryptedIsOne) {
  EXPECT_EQ(gas_with(6, 0x28), (MbusDevice{"12345678", "PAD", 3}));
}

TEST(Mbus, AMakerThatIsNoneIsLeftOut) {
  EXPECT_EQ(gas_with(13, 0x00), (MbusDevice{"12345678", "", 3}));
  EXPECT_EQ(gas_with(12, 0x3F), (MbusDevice{"12345678", "", 3}));
  EXPECT_EQ(gas_with(13, 0xC0), (MbusDevice{"12345678", "PAD", 3}));  // an address of the network
}

// Each bit of the byte that the meter adds: two of them tell how the telegram is made.
TEST(Mbus, TheResponseSaysHowTheTelegramIsMade) {
  for (unsigned bit = 0; bit < 8; ++bit) {
    Bytes head = gas_meter();
    head[6] = static_cast<std::uint8_t>(1U << bit);
    const auto entry = decode_et16_entry(head);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->msb_first, bit == 0);
    EXPECT_EQ(entry->fixed, bit == 1);
    EXPECT_EQ(entry->length, 0x13);
  }
}

TEST(Mbus, AMakerHasThreeLettersOfTheAlphabet) {
  const auto maker = [](unsigned first, unsigned second, unsigned third) {
    Bytes head = gas_meter();
    const unsigned number = first << 10U | second << 5U | third;
    head[12] = static_cast<std::uint8_t>(number);
    head[13] = static_cast<std::uint8_t>(number >> 8U);
    return decode_mbus_device(head)->maker;
  };
  EXPECT_EQ(maker(1, 26, 2), "AZB");
  EXPECT_EQ(maker(26, 1, 26), "ZAZ");
  for (const unsigned none : {0U, 27U, 31U}) {
    EXPECT_EQ(maker(none, 1, 1), "");
    EXPECT_EQ(maker(1, none, 1), "");
    EXPECT_EQ(maker(1, 1, none), "");
  }
}

TEST(Mbus, AnEmptySlotHasNoDevice) {
  EXPECT_FALSE(decode_mbus_device(Bytes(et16_head_size)));
  EXPECT_FALSE(decode_mbus_device(Bytes(et16_head_size, 0xFF)));
  EXPECT_FALSE(decode_mbus_device(ByteView(gas_meter()).first(19)));
  EXPECT_FALSE(gas_with(1, 13));     // no such month
  EXPECT_FALSE(gas_with(7, 0));      // no telegram
  EXPECT_FALSE(gas_with(7, 11));     // a part of its head
  EXPECT_TRUE(gas_with(7, 12));      // and all of it
  EXPECT_FALSE(gas_with(8, 0x7A));   // not BCD
  EXPECT_FALSE(gas_with(11, 0xF2));  // likewise
  Bytes zeros = gas_meter();
  std::fill_n(zeros.begin() + 8, 4, std::uint8_t{0});
  EXPECT_FALSE(decode_mbus_device(zeros));
  Bytes fixed = gas_meter();
  fixed[6] = 0x02;
  EXPECT_TRUE(decode_mbus_device(fixed));
  fixed[7] = 16;
  EXPECT_TRUE(decode_mbus_device(fixed));
  fixed[7] = 15;  // a telegram of the fixed structure has 16 bytes
  EXPECT_FALSE(decode_mbus_device(fixed));
}

TEST(Mbus, CommonMediaHaveNames) {
  const std::map<unsigned, std::string> names{{1, "oil"},
                                              {2, "electricity"},
                                              {3, "gas"},
                                              {4, "heat"},
                                              {5, "steam"},
                                              {6, "hot water"},
                                              {7, "water"},
                                              {8, "heat cost allocator"},
                                              {9, "compressed air"},
                                              {10, "cooling"},
                                              {11, "cooling"},
                                              {12, "heat"},
                                              {13, "heat and cooling"},
                                              {21, "hot water"},
                                              {22, "cold water"}};
  for (unsigned medium = 0; medium < 256; ++medium) {
    const auto name = names.find(medium);
    EXPECT_EQ(mbus_medium(static_cast<std::uint8_t>(medium)),
              name != names.end() ? name->second : std::to_string(medium));
  }
}

}  // namespace
}  // namespace irmeter::testing
