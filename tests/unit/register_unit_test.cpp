// Meters that count their registers of energy in 10 or 100 Wh.
#include "lib/meter/register_unit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

TEST(RegisterUnit, IsAskedForOnlyWhereTheFirmwareMayHaveIt) {
  const auto latest_without = static_cast<Firmware>(0x38BF);  // 3.69.31
  for (const Firmware before : {Firmware{}, firmware_since(3, 10), latest_without}) {
    EXPECT_FALSE(most_tariffs_of(before)) << static_cast<unsigned>(before);
  }
  for (const Firmware since : {firmware_since(3, 70), firmware_since(3, 100), firmware_since(4, 0),
                               firmware_since(10, 0)}) {
    EXPECT_EQ(most_tariffs_of(since), (TableRead{20, 7, 1})) << static_cast<unsigned>(since);
  }
}

TEST(RegisterUnit, StandsBehindAThresholdForEachTariffButOne) {
  EXPECT_EQ(register_unit_of(firmware_since(3, 70), 4), (TableRead{2103, 146 + 12 + 39, 1}));
  EXPECT_EQ(register_unit_of(firmware_since(4, 30), 8), (TableRead{2103, 147 + 28 + 39, 1}));
  const auto latest_of_3 = static_cast<Firmware>(0x3FFF);
  EXPECT_EQ(register_unit_of(latest_of_3, 1), (TableRead{2103, 146 + 39, 1}));
  EXPECT_EQ(register_unit_of(firmware_since(4, 0), 1), (TableRead{2103, 147 + 39, 1}));
  EXPECT_FALSE(register_unit_of(firmware_since(4, 30), 0));
}

TEST(RegisterUnit, IsOneTenOrAHundred) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::array<std::uint8_t, 1> bytes{static_cast<std::uint8_t>(byte)};
    EXPECT_EQ(decode_register_unit(bytes).value_or(0),
              byte == 1 || byte == 10 || byte == 100 ? byte : 0U);
  }
  EXPECT_FALSE(decode_register_unit({}));
  EXPECT_FALSE(decode_register_unit(from_hex("0A 0A")));
}

TEST(RegisterUnit, IsOfActiveAndReactiveEnergyAlone) {
  for (const QuantityInfo& quantity : quantities) {
    const bool is_energy = quantity.unit == Unit::watt_hour || quantity.unit == Unit::var_hour;
    EXPECT_EQ(in_its_unit(quantity, 7, 100), is_energy ? 700 : 7) << quantity.key;
    EXPECT_EQ(in_its_unit(quantity, 7, 0), 7);
  }
}

class CountsInTens : public ::testing::Test {
 protected:
  CountsInTens() {
    bench_.settings.profile = *irmetersim::find_profile("more");
    bench_.settings.nameplate.register_unit = 10;
  }

  Bench bench_;
};

TEST_F(CountsInTens, AndIsReadInWattHoursFromTheFirstPollOn) {
  for (const MeterOptions::SessionMode mode :
       {MeterOptions::SessionMode::keep, MeterOptions::SessionMode::each}) {
    bench_.options.session = mode;
    SimulatedPair pair(bench_);
    pair.sim().set_values(distinct_values());
    pair.start();
    ASSERT_TRUE(pair.run_polls(3));
    for (const PollRecord& record : pair.polls) {
      const Reading& reading = *record.poll.reading();
      EXPECT_EQ(reading.register_unit, 10);
      EXPECT_EQ(reading.values.get(Quantity::energy_import),
                distinct_values().summations[0] / 10 * 10);
      EXPECT_EQ(reading.values.get(Quantity::power_import), distinct_values().present[0]);
    }
    const std::string services = pair.services();
    EXPECT_NE(services.find("BT20 7+1, ET55 197+1, BT23 0+8"), std::string::npos) << services;
    EXPECT_EQ(services.find("ET55"), services.rfind("ET55")) << "once of each meter";
  }
}

TEST_F(CountsInTens, OrInOneWhereItDoesNotSay) {
  for (const std::string table : {"BT20 7+1", "ET55 197+1"}) {
    SimulatedPair pair(bench_);
    pair.sim().set_values(distinct_values());
    pair.to_client.fault = [&](Bytes bytes) {
      return pair.asked() == table && bytes.size() > 1
                 ? refused(bytes, static_cast<std::uint8_t>(ResponseCode::iar))
                 : std::move(bytes);
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(2));
    EXPECT_EQ(pair.readings(), 2U) << table;
    EXPECT_EQ(pair.polls[1].poll.reading()->register_unit, 0);
    EXPECT_EQ(pair.polls[1].poll.reading()->values.get(Quantity::energy_import),
              distinct_values().summations[0] / 10);
  }
}

TEST_F(CountsInTens, OrInOneWhereTheAnswerIsDamagedEachTime) {
  for (const std::string table : {"BT20 7+1", "ET55 197+1"}) {
    SimulatedPair pair(bench_);
    pair.sim().set_values(distinct_values());
    pair.to_client.fault = [&](Bytes bytes) {
      if (pair.asked() == table && bytes.size() > 1) {
        bytes.back() ^= 1;
      }
      return bytes;
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(2));
    EXPECT_EQ(pair.readings(), 2U) << table;
    EXPECT_EQ(pair.polls[1].poll.reading()->register_unit, 0);
  }
}

}  // namespace
}  // namespace irmeter::testing
