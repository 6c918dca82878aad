// The bytes of the simulated meter's tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

// Every value a different number, so that none can stand in for another.
MeterValues numbered() {
  MeterValues values;
  for (std::size_t i = 0; i < values.summations.size(); ++i) {
    values.summations[i] = static_cast<std::int32_t>(0x01020300 + i);
  }
  values.tiers[0] = values.summations;
  for (std::size_t i = 0; i < values.present.size(); ++i) {
    values.present[i] = -static_cast<std::int32_t>(1000 + i);
  }
  return values;
}

Bytes image(const char* profile, std::uint16_t id, const MeterValues& values = numbered()) {
  return MeterTables(*find_profile(profile), {}).image(id, {.values = values}).value();
}

std::int32_t int32_at(const Bytes& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8U | bytes[offset + i];
  }
  return static_cast<std::int32_t>(value);
}

TEST(MeterTables, PlainRegistersStandInFront) {
  const Bytes bytes = image("plain", table::registers);
  ASSERT_EQ(bytes.size(), 300U);
  for (std::size_t i = 0; i < 15; ++i) {
    EXPECT_EQ(int32_at(bytes, 4 * i), 0x01020300 + static_cast<std::int32_t>(i));
  }
  EXPECT_EQ(int32_at(bytes, 60), 0x01020300);  // forward, first tier
  EXPECT_EQ(int32_at(bytes, 64), 0x01020301);
  EXPECT_EQ(int32_at(bytes, 60 + 4 * 4), 0);  // outages are not counted by tier
  EXPECT_EQ(int32_at(bytes, 120), 0);
  EXPECT_EQ(int32_at(bytes, 240), 0);
}

TEST(MeterTables, ADemandResetCounterMovesTheRegistersByOneByte) {
  EXPECT_EQ(image("demands", table::dimensions), hex("07 0C 0C 0F 01 00 01 04 00 29"));
  const Bytes bytes = image("demands", table::registers);
  ASSERT_EQ(bytes.size(), 70U + 4 * 69);
  EXPECT_EQ(int32_at(bytes, 1), 0x01020300);
  EXPECT_EQ(int32_at(bytes, 5), 0x01020301);
  EXPECT_EQ(int32_at(bytes, 57), 0x0102030E);
  EXPECT_EQ(int32_at(bytes, 70), 0x01020300);
  EXPECT_EQ(int32_at(bytes, 139), 0);
}

TEST(MeterTables, PresentValuesStandBehindPresentDemands) {
  const Bytes plain = image("plain", table::present_values);
  ASSERT_EQ(plain.size(), 164U);
  EXPECT_EQ(int32_at(plain, 0), -1000);
  EXPECT_EQ(int32_at(plain, 160), -1040);
  const Bytes moved = image("present-demands", table::present_values);
  ASSERT_EQ(moved.size(), 2U * 7 + 164);
  EXPECT_EQ(int32_at(moved, 14), -1000);
  EXPECT_EQ(int32_at(moved, 14 + 4 * 12), -1012);
}

TEST(MeterTables, OldFirmwareHasItsDimensionsInTable20Only) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.profile = *find_profile("old");
  VirtualClient client(settings);
  client.open_session();
  EXPECT_EQ(client.ask(request::read(21, 0, 10)), hex("05"));
  EXPECT_EQ(client.table(request::full_read(20)), hex("03 0C 00 0B 00 00 00 04 00 12"));
  EXPECT_EQ(client.table(request::read(1, 14, 2)), hex("20 27"));  // 2.1.7
  EXPECT_EQ(image("old", table::registers).size(), 5U * 44);
  // The meter has no value behind these, and reads give zeroes.
  client.meter.set_values(numbered());
  const Bytes values = client.table(request::read(28, 68, 8));
  EXPECT_EQ(int32_at(values, 0), -1017);
  EXPECT_EQ(int32_at(values, 4), 0);
}

TEST(MeterTables, NewFirmwareHasMoreOfEverything) {
  EXPECT_EQ(image("new", table::registers).size(), 9U * 76);
  EXPECT_EQ(image("new", table::present_values).size(), 288U);
  EXPECT_EQ(image("new", table::configuration).size(), 93U);
  EXPECT_EQ(image("newest", table::present_values).size(), 4U * 84);
}

TEST(MeterTables, FirmwareMayHaveMorePresentValuesThanItTells) {
  EXPECT_EQ(image("more", table::dimensions)[9], 41);
  EXPECT_EQ(image("more", table::present_values).size(), 4U * 55);
  EXPECT_STREQ(find_firmware("3.70")->name.data(), "more");
  EXPECT_EQ(find_firmware("3.10"), find_profile("plain"));
  EXPECT_EQ(find_firmware("5.0"), nullptr);
}

TEST(MeterTables, SourcesTellWhatTheRegistersCount) {
  EXPECT_EQ(image("plain", table::register_sources),
            hex("00 01 02 03 04 05 06 07 1A 1B 1C 6C 6D 6E 6F"));
  EXPECT_EQ(image("demands", table::register_sources).size(), 15U + 1 + 1);
}

TEST(MeterTables, ConfigurationTellsWhichTablesThereAre) {
  const Bytes bytes = image("plain", table::configuration);
  ASSERT_EQ(bytes.size(), 79U);
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 19),
            hex("02 2A 88 45 4C 4F 4E 02 00 FF 0C 01 00 0A 0D 02 0C 09 04"));
  EXPECT_EQ(Bytes(bytes.begin() + 19, bytes.begin() + 29), hex("0B 80 F0 1C 00 00 B0 E0 81 04"));
  EXPECT_EQ(bytes[29], 0x08);  // ET03
  EXPECT_EQ(image("old", table::configuration)[21], 0xD0);
}

TEST(MeterTables, MbusDevicesHaveAnEntryEach) {
  MeterState state;
  state.clock = std::chrono::sys_days(std::chrono::January / 15 / 2025) + std::chrono::hours(22);
  state.zone = std::chrono::minutes(150);
  const MeterTables tables(*find_profile("plain"), {}, 3);
  const Bytes dimensions = tables.image(table::mbus_dimensions, state).value();
  EXPECT_EQ(Bytes(dimensions.begin(), dimensions.begin() + 7), hex("05 42 24 05 06 05 02"));
  const Bytes data = tables.image(table::mbus_data, state).value();
  ASSERT_EQ(data.size(), 5U * 517);
  // Water: read at the last full hour, local time. The volume, what flows at night, the volume on
  // the first of the month with that date, and when all of that was.
  EXPECT_EQ(Bytes(data.begin(), data.begin() + 8 + 39),
            hex("19 01 10 00 00 00 00 27 01 73 41 20 2D 4D 01 07 C0 00 00 00 "
                "0C 13 52 99 02 00 02 3B 00 00 4C 13 32 56 02 00 42 6C 21 31 04 6D 00 00 30 31 "
                "00"));
  EXPECT_EQ(Bytes(data.begin() + 2 * 517 + 7, data.begin() + 2 * 517 + 12),
            hex("3D 03 73 41 20"));  // heat has more
  EXPECT_EQ(Bytes(data.begin() + 3 * 517, data.begin() + 3 * 517 + 20), Bytes(20));
  EXPECT_EQ(MeterTables(*find_profile("new"), {}, 1).image(table::mbus_data, state)->size(),
            6U * 517);
  EXPECT_EQ(image("plain", table::mbus_dimensions), Bytes(20));
}

TEST(MeterTables, MbusDevicesCountWhatIsUsedInTheHour) {
  MeterState state;
  state.clock = std::chrono::sys_days(std::chrono::January / 15 / 2025) + std::chrono::hours(7);
  const MeterTables tables(*find_profile("plain"), {}, 3);
  const auto heat = [&] {
    const Bytes data = tables.image(table::mbus_data, state).value();
    return Bytes(data.begin() + 2 * 517 + 20, data.begin() + 2 * 517 + 20 + 32);
  };
  // Energy, volume, power, flow, and the three temperatures.
  EXPECT_EQ(heat(), hex("0C 06 25 74 00 00 0C 13 75 92 31 00 02 2D 3C 00 02 3B 02 01 "
                        "02 5A 58 02 02 5E 90 01 02 62 C8 00"));
  state.clock += std::chrono::hours(1);
  EXPECT_EQ(heat(), hex("0C 06 34 74 00 00 0C 13 62 96 31 00 02 2D 5A 00 02 3B 83 01 "
                        "02 5A 71 02 02 5E A9 01 02 62 C8 00"));
}

TEST(MeterTables, UtilitySerialIsText) {
  const Bytes bytes = image("plain", table::utility_information);
  ASSERT_EQ(bytes.size(), 143U);
  EXPECT_STREQ(std::string(bytes.begin(), bytes.end()).c_str(), "501234567");
}

TEST(MeterTables, ShortSerialsArePaddedWithZeroes) {
  Nameplate nameplate;
  nameplate.serial = "123";
  const Bytes bytes =
      MeterTables(*find_profile("plain"), nameplate).image(table::identification, {}).value();
  EXPECT_EQ(Bytes(bytes.begin() + 16, bytes.end()), hex("00 00 00 00 00 00 01 23"));
}

TEST(MeterTables, LongIdentificationCarriesTheUtilitySerialAndNoEnd) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.identification = Identification::long_form;
  VirtualClient client(settings);
  const Bytes body = client.ask(request::identify);
  ASSERT_EQ(body.size(), 37U);
  EXPECT_EQ(Bytes(body.begin(), body.begin() + 7), hex("00 00 02 00 07 1F 01"));
  EXPECT_EQ(std::string(body.begin() + 7, body.end()), "501234567" + std::string(21, ' '));
}

// The published session of a real meter, with the values it had. Its identification and key were
// altered by the author, so those two are left out.
TEST(MeterTables, SpeaksLikeTheRealMeter) {
  VirtualClient client;
  MeterValues values;
  values.summations[0] = 33'821'691;
  values.summations[1] = 1'739'085;
  const std::array<std::int32_t, 10> present{0,   231, 0,       71,      598,
                                             700, 705, 231'392, 233'137, 230'613};
  std::copy(present.begin(), present.end(), values.present.begin());
  client.meter.set_values(values);

  client.ask(request::identify);
  EXPECT_EQ(client.send(hex("EE 00 20 00 00 0D 50 00 63 66 69 78 65 64 75 73 65 72 20 8E 11")),
            hex("06 EE 00 20 00 00 01 00 80 51"));
  client.toggle = false;
  EXPECT_EQ(client.ask(request::security(demo_key)), hex("00"));
  EXPECT_EQ(client.send(hex("EE 00 20 00 00 08 3F 00 17 00 00 00 00 08 03 F2")),
            hex("06 EE 00 20 00 00 0C 00 00 08 FB 13 04 02 4D 89 1A 00 FC 92 F2"));
  EXPECT_EQ(client.send(hex("EE 00 00 00 00 08 3F 00 1C 00 00 00 00 28 94 D5")),
            hex("06 EE 00 00 00 00 2C 00 00 28 00 00 00 00 E7 00 00 00 00 00 00 00 47 00 00 00 56 "
                "02 00 00 BC 02 00 00 C1 02 00 00 E0 87 03 00 B1 8E 03 00 D5 84 03 00 F1 95 0E"));
  EXPECT_EQ(client.send(hex("EE 00 20 00 00 01 52 17 20")), hex("06 EE 00 20 00 00 01 00 80 51"));
  EXPECT_EQ(client.send(hex("EE 00 00 00 00 01 21 9A 01")), hex("06 EE 00 00 00 00 01 00 11 31"));
  EXPECT_EQ(client.meter.served().summations, values.summations);
  EXPECT_EQ(client.meter.served().present, values.present);
}

TEST(MeterTables, FollowTheHouseholdAsItsClockGoes) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.speed = 3'600;
  VirtualClient client(settings);
  settings.start = client.now;
  VirtualClient hurried(settings);
  hurried.open_session();
  const auto read = [&] { return int32_at(hurried.table(request::read(23, 0, 8)), 0); };
  const std::int32_t before = read();
  EXPECT_EQ(before, hurried.meter.served().summations[0]);
  hurried.pass(std::chrono::seconds(5));
  EXPECT_GT(read(), before + 300);
  Household household(settings.household);
  EXPECT_EQ(hurried.meter.values(settings.start + std::chrono::seconds(1)),
            household.values(std::chrono::hours(1)));
}

}  // namespace
}  // namespace irmetersim
