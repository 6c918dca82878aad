// Which registers are believed, which are held back and for how long, and what that makes of a
// reading.
#include "tests/unit/plausibility_fixture.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::hours;

class PlausibilityOfARegister : public PlausibilityOf {
 protected:
  static constexpr Quantity energy = Quantity::energy_import;

  // The first readings of a meter.
  void begins(std::int64_t value) {
    held(value);
    believed(value);
  }
  void believed(std::int64_t value) { expect_believed(energy, value); }
  void held(std::int64_t value) { expect_held(energy, value); }
  void accepted(std::int64_t before, std::int64_t value) { expect_accepted(energy, before, value); }
};

TEST_F(PlausibilityOfARegister, BeginsWithAnyValueThatTwoReadingsAgreeOn) {
  begins(0);
  expect_held(Quantity::energy_export, most_register - 1);
  expect_believed(Quantity::energy_export, most_register);
}

TEST_F(PlausibilityOfARegister, HoldsAJumpInTheFirstReading) {
  held(1'344'180);
  held(344'180);
  believed(344'181);
  held(1'344'181);
  believed(344'182);
}

TEST_F(PlausibilityOfARegister, HoldsAJumpInTheSecondReading) {
  held(344'180);
  held(1'344'180);
  held(344'180);
  believed(344'180);
}

TEST_F(PlausibilityOfARegister, BeginsWithTheSixthValueWhereNoTwoAgree) {
  for (const std::int64_t value : {6'000, 5'000, 4'000, 3'000, 2'000}) {
    held(value);
  }
  expect_accepted(energy, std::nullopt, 1'000);
  believed(1'001);
}

TEST_F(PlausibilityOfARegister, LetsItStandStillAndRise) {
  begins(344'180);
  for (const std::int64_t value : {344'180, 344'181, 344'300, 344'300}) {
    believed(value);
  }
}

// Ten seconds from one reading to the next, ten that a poll may take, two Wh for rounding.
TEST_F(PlausibilityOfARegister, LetsItRiseByWhatTheFuseCarriesTwice) {
  begins(1'000'000);
  believed(1'000'485);
  held(1'000'971);
}

TEST_F(PlausibilityOfARegister, LetsItRiseMoreAfterALongerTime) {
  begins(1'000'000);
  now_ += hours(1) - seconds(20);
  believed(1'086'942);
  now_ += hours(1) - seconds(20);
  held(1'173'885);
}

TEST_F(PlausibilityOfARegister, CountsTheTimeFromTheLastPublishedValue) {
  begins(1'000'000);
  held(1'000'500);
  believed(1'000'700);
}

TEST_F(PlausibilityOfARegister, KnowsHowLongAFailureLasted) {
  begins(0);
  now_ += hours(24 * 365 * 100);
  believed(most_register);
  now_ += hours(24 * 365 * 100);
  held(most_register - 1);
}

TEST_F(PlausibilityOfARegister, HoldsAJumpOfAThousandKilowattHoursAndBack) {
  begins(344'180);
  held(1'344'180);
  held(1'344'181);
  believed(344'182);
  held(1'344'182);
  held(1'344'183);
  believed(344'183);
}

TEST_F(PlausibilityOfARegister, HoldsAFallToZeroAndBack) {
  begins(344'180);
  held(0);
  held(0);
  believed(344'180);
}

TEST_F(PlausibilityOfARegister, HoldsAFallByOne) {
  begins(344'180);
  held(344'179);
  believed(344'180);
}

TEST_F(PlausibilityOfARegister, AcceptsANewLevelThatThreeReadingsAgreeOn) {
  begins(344'180);
  held(12);
  held(13);
  accepted(344'180, 13);
  believed(14);
}

TEST_F(PlausibilityOfARegister, AcceptsAHigherLevelOnce) {
  begins(344'180);
  held(99'000'000);
  held(99'000'010);
  accepted(344'180, 99'000'020);
  for (std::int64_t value = 99'000'030; value < 99'000'100; value += 10) {
    believed(value);
  }
}

TEST_F(PlausibilityOfARegister, ForgetsTheNewLevelWhenTheOldOneGoesOn) {
  begins(344'180);
  for (int round = 0; round < 10; ++round) {
    held(12);
    held(12);
    believed(344'180);
  }
}

TEST_F(PlausibilityOfARegister, CountsOnlyReadingsThatFollowOneAnother) {
  begins(344'180);
  held(12);
  held(13);
  held(11);  // falls below the new level
  held(11);
  accepted(344'180, 11);
}

TEST_F(PlausibilityOfARegister, TakesTheSixthValueWhereNoTwoAgree) {
  begins(344'180);
  for (const std::int64_t value : {6'000, 5'000, 4'000, 3'000, 2'000}) {
    held(value);
  }
  accepted(344'180, 1'000);
  believed(1'001);
}

TEST_F(PlausibilityOfARegister, IsNotMovedByReadingsWithoutIt) {
  const auto absent = [&] {
    const auto verdict = judge(energy, std::nullopt);
    EXPECT_FALSE(verdict.reading.values.get(energy));
    EXPECT_TRUE(verdict.held.none());
    EXPECT_TRUE(verdict.accepted.empty());
  };
  absent();
  begins(344'180);
  held(12);
  absent();
  held(12);
  absent();
  absent();
  accepted(344'180, 12);
}

TEST_F(PlausibilityOfARegister, StartsAfreshWithAnotherMeter) {
  begins(344'180);
  held(12);
  plausibility_.forget();
  begins(12);
}

TEST_F(PlausibilityOfARegister, DependsOnTheFuse) {
  plausibility_ = Plausibility({.phases = 1, .amperes = 16});
  begins(0);
  believed(42);
  held(85);
  plausibility_ = Plausibility({.phases = 3, .amperes = 4'000});
  begins(0);
  believed(30'668);
  held(2 * 30'668 + 1);
}

class PlausibilityOfAReading : public PlausibilityOf {
 protected:
  PlausibilityOfAReading() { (void)judge(household()); }

  static Reading household() {
    Reading reading;
    reading.values.set(Quantity::energy_import, 344'180);
    reading.values.set(Quantity::energy_export, 7'583);
    reading.values.set(Quantity::power_import, 2'710);
    reading.values.set(Quantity::power_export, 0);
    reading.values.set(Quantity::power, 2'710);
    reading.values.set(Quantity::reactive_power_import, 0);
    reading.values.set(Quantity::reactive_power_export, 569);
    for (const Quantity current :
         {Quantity::current_l1, Quantity::current_l2, Quantity::current_l3}) {
      reading.values.set(current, 3'320);
    }
    for (const Quantity voltage :
         {Quantity::voltage_l1, Quantity::voltage_l2, Quantity::voltage_l3}) {
      reading.values.set(voltage, 225'319);
    }
    reading.values.set(Quantity::power_factor_l1, 980);
    reading.raw_registers.emplace().fill(1);
    reading.raw_present_values.emplace().fill(2);
    return reading;
  }

  static Reading household_with(Quantity quantity, std::optional<std::int64_t> value) {
    Reading reading = household();
    reading.values.set(quantity, value);
    return reading;
  }
};

TEST_F(PlausibilityOfAReading, LeavesAGoodOneAsItIs) {
  for (int round = 0; round < 3; ++round) {
    const auto verdict = judge(household());
    EXPECT_EQ(verdict.reading, household());
    EXPECT_TRUE(verdict.held.none());
    EXPECT_TRUE(verdict.accepted.empty());
  }
}

TEST_F(PlausibilityOfAReading, WithAHeldRegisterLosesItAndTheBytesOfTheRegisters) {
  (void)judge(household());
  for (const Quantity energy : {Quantity::energy_import, Quantity::energy_export}) {
    Reading expected = household_with(energy, std::nullopt);
    expected.raw_registers.reset();
    EXPECT_EQ(judge(household_with(energy, 5)).reading, expected);
  }
}

TEST_F(PlausibilityOfAReading, WithAHeldPresentValueLosesItAndTheirBytes) {
  Reading expected = household_with(Quantity::voltage_l3, std::nullopt);
  expected.raw_present_values.reset();
  EXPECT_EQ(judge(household_with(Quantity::voltage_l3, 1'000'000)).reading, expected);
}

TEST_F(PlausibilityOfAReading, KeepsTheBytesThatTheHeldValueIsNotIn) {
  EXPECT_EQ(judge(household_with(Quantity::power_factor_l1, 2'000)).reading,
            household_with(Quantity::power_factor_l1, std::nullopt));
}

TEST_F(PlausibilityOfAReading, WithAHeldPowerHasNoNetPower) {
  for (const Quantity part : {Quantity::power_import, Quantity::power_export}) {
    const auto verdict = judge(household_with(part, 1'000'000));
    EXPECT_EQ(verdict.held, QuantitySet().set(static_cast<std::size_t>(part)));
    EXPECT_FALSE(verdict.reading.values.get(part));
    EXPECT_FALSE(verdict.reading.values.get(Quantity::power));
    EXPECT_FALSE(verdict.reading.raw_present_values);
    EXPECT_EQ(verdict.reading.values.get(Quantity::current_l1), 3'320);
    EXPECT_TRUE(verdict.reading.raw_registers);
  }
}

// A negative register is absent already when the reading is decoded, and its bytes are no better.
TEST_F(PlausibilityOfAReading, LosesTheBytesOfAValueThatWasNoneFromTheBeginning) {
  const auto verdict = judge(household_with(Quantity::energy_export, std::nullopt));
  EXPECT_FALSE(verdict.reading.raw_registers);
  EXPECT_TRUE(verdict.reading.raw_present_values);
  EXPECT_TRUE(verdict.held.none());
}

TEST_F(PlausibilityOfAReading, IsWholeAgainWhenTheNewLevelIsAccepted) {
  (void)judge(household());
  Reading exchanged = household();
  exchanged.values.set(Quantity::energy_import, 3);
  exchanged.values.set(Quantity::energy_export, 0);
  EXPECT_EQ(judge(exchanged).held.count(), 2U);
  EXPECT_EQ(judge(exchanged).held.count(), 2U);
  const auto verdict = judge(exchanged);
  EXPECT_EQ(verdict.reading, exchanged);
  EXPECT_EQ(verdict.accepted, (std::vector<Plausibility::Accepted>{
                                  {Quantity::energy_import, 344'180, 3},
                                  {Quantity::energy_export, 7'583, 0},
                              }));
}

}  // namespace
}  // namespace irmeter::testing
