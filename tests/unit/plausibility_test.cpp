// Which registers are published, which keep their value and for how long, and what that makes of a
// reading.
#include "tests/unit/plausibility_fixture.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class PlausibilityOfARegister : public PlausibilityOf {
 protected:
  static constexpr Quantity energy = Quantity::energy_import;

  // The first readings of a meter.
  void begins(std::int64_t value) {
    absent(value);
    published(value);
  }
  void published(std::int64_t value) {
    expect_published(energy, value);
    last_ = value;
  }
  // Not published at all.
  void absent(std::int64_t value) { expect_withheld(energy, value); }
  // The value published last is published again.
  void withheld(std::int64_t value) { expect_withheld(energy, value, last_); }
  // Withheld in all readings of ten minutes, and accepted with the next one.
  void accepted_after_ten_minutes(std::int64_t value) {
    for (int reading = 0; reading < 60; ++reading) {
      withheld(value);
    }
    accepted(value);
  }
  void accepted(std::int64_t value) {
    expect_accepted(energy, last_, value);
    last_ = value;
  }

 private:
  std::int64_t last_ = 0;
};

TEST_F(PlausibilityOfARegister, BeginsWithAnyValueThatTwoReadingsAgreeOn) {
  begins(0);
  expect_withheld(Quantity::energy_export, most_register - 1);
  expect_published(Quantity::energy_export, most_register);
}

TEST_F(PlausibilityOfARegister, HoldsAJumpInTheFirstReading) {
  absent(1'344'180);
  absent(344'180);
  published(344'181);
  withheld(1'344'181);
  published(344'182);
}

TEST_F(PlausibilityOfARegister, HoldsAJumpInTheSecondReading) {
  absent(344'180);
  absent(1'344'180);
  absent(344'180);
  published(344'180);
}

TEST_F(PlausibilityOfARegister, IsAbsentAsLongAsNoTwoReadingsAgree) {
  for (std::int64_t value = 100'000; value > 0; value -= 1'000) {
    absent(value);
  }
}

TEST_F(PlausibilityOfARegister, LetsItStandStillAndRise) {
  begins(344'180);
  for (const std::int64_t value : {344'180, 344'181, 344'300, 344'300}) {
    published(value);
  }
}

// Ten seconds from one reading to the next, ten that a poll may take, two Wh for rounding.
TEST_F(PlausibilityOfARegister, LetsItRiseByWhatTheFuseCarriesTwice) {
  begins(1'000'000);
  published(1'000'485);
  withheld(1'000'971);
}

TEST_F(PlausibilityOfARegister, LetsItRiseMoreAfterALongerTime) {
  begins(1'000'000);
  now_ += hours(1) - seconds(20);
  published(1'086'942);
  now_ += hours(1) - seconds(20);
  withheld(1'173'885);
}

TEST_F(PlausibilityOfARegister, CountsTheTimeFromTheLastPublishedValue) {
  begins(1'000'000);
  withheld(1'000'500);
  published(1'000'700);
}

TEST_F(PlausibilityOfARegister, KnowsHowLongAFailureLasted) {
  begins(0);
  now_ += hours(24 * 365 * 100);
  published(most_register);
  now_ += hours(24 * 365 * 100);
  withheld(most_register - 1);
}

TEST_F(PlausibilityOfARegister, KeepsItsValueInAJumpThatFallsBack) {
  begins(344'180);
  for (int reading = 0; reading < 60; ++reading) {
    withheld(1'344'180 + reading);
  }
  published(344'190);
  withheld(1'344'190);
  published(344'191);
}

TEST_F(PlausibilityOfARegister, KeepsItsValueInAFallToZeroAndBack) {
  begins(344'180);
  for (int reading = 0; reading < 60; ++reading) {
    withheld(0);
  }
  published(344'180);
}

TEST_F(PlausibilityOfARegister, HoldsAFallByOne) {
  begins(344'180);
  withheld(344'179);
  published(344'180);
}

TEST_F(PlausibilityOfARegister, AcceptsALevelThatTenMinutesAgreeOn) {
  begins(344'180);
  accepted_after_ten_minutes(12);
  published(13);
  accepted_after_ten_minutes(99'000'000);
  published(99'000'001);
}

TEST_F(PlausibilityOfARegister, AcceptsNoLevelThatFewerThanThreeReadingsAgreeOn) {
  begins(344'180);
  withheld(12);
  now_ += hours(1);
  withheld(12);
  accepted(12);
}

TEST_F(PlausibilityOfARegister, AcceptsALevelAfterTheTimeThatIsConfigured) {
  plausibility_ = Plausibility({.main_fuse = {}, .jump_after = seconds(0)});
  begins(344'180);
  withheld(12);
  withheld(13);
  accepted(13);
  plausibility_ = Plausibility({.main_fuse = {}, .jump_after = hours(1)});
  begins(344'180);
  withheld(12);
  now_ += hours(1) - seconds(20);
  withheld(12);
  accepted(12);
}

TEST_F(PlausibilityOfARegister, ForgetsTheNewLevelWhenTheOldOneGoesOn) {
  begins(344'180);
  for (int round = 0; round < 100; ++round) {
    withheld(12);
    withheld(12);
    published(344'180);
  }
}

TEST_F(PlausibilityOfARegister, CountsTheTimeInWhichReadingsAgreed) {
  begins(344'180);
  withheld(13);
  now_ += minutes(9);
  accepted_after_ten_minutes(11);  // which falls below the level before
}

TEST_F(PlausibilityOfARegister, KeepsItsValueAsLongAsNoTwoReadingsAgree) {
  begins(344'180);
  for (std::int64_t value = 200'000; value > 0; value -= 1'000) {
    withheld(value);
  }
}

TEST_F(PlausibilityOfARegister, IsNotMovedByReadingsWithoutIt) {
  const auto without = [&] {
    const auto checked = check(energy, std::nullopt);
    EXPECT_FALSE(checked.reading.values.get(energy));
    EXPECT_TRUE(checked.withheld.none());
    EXPECT_TRUE(checked.accepted.empty());
  };
  without();
  begins(344'180);
  withheld(12);
  without();
  withheld(12);
  without();
  now_ += minutes(10);
  without();
  accepted(12);
}

TEST_F(PlausibilityOfARegister, StartsAfreshWithAnotherMeter) {
  begins(344'180);
  withheld(12);
  plausibility_.begin_anew();
  begins(12);
}

// What an earlier run has published holds a jump as what this one has published does.
TEST_F(PlausibilityOfARegister, GoesOnFromWhatWasPublishedBefore) {
  Values before;
  before.set(energy, 344'180);
  plausibility_.begin_anew(before, now_ - seconds(90));
  expect_withheld(energy, 9'344'180, 344'180);
  expect_withheld(energy, 9'344'180, 344'180);
  published(346'595);
}

TEST_F(PlausibilityOfARegister, DependsOnTheFuse) {
  plausibility_ = Plausibility({.main_fuse = {.phases = 1, .amperes = 16}});
  begins(0);
  published(42);
  withheld(85);
  plausibility_ = Plausibility({.main_fuse = {.phases = 3, .amperes = 4'000}});
  begins(0);
  published(30'668);
  withheld(2 * 30'668 + 1);
}

class PlausibilityOfAReading : public PlausibilityOf {
 protected:
  PlausibilityOfAReading() { (void)check(household()); }

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
    const auto checked = check(household());
    EXPECT_EQ(checked.reading, household());
    EXPECT_TRUE(checked.withheld.none());
    EXPECT_TRUE(checked.accepted.empty());
  }
}

TEST_F(PlausibilityOfAReading, LosesWhatIsWithheldAndNothingElse) {
  (void)check(household());
  for (const Quantity energy : {Quantity::energy_import, Quantity::energy_export}) {
    EXPECT_EQ(check(household_with(energy, 5)).reading, household());
  }
  for (const auto& [quantity, value] :
       {std::pair{Quantity::voltage_l3, 1'000'000}, {Quantity::power_factor_l1, 2'000}}) {
    EXPECT_EQ(check(household_with(quantity, value)).reading,
              household_with(quantity, std::nullopt));
  }
}

TEST_F(PlausibilityOfAReading, WithoutOneDirectionHasNoNetPower) {
  for (const Quantity part : {Quantity::power_import, Quantity::power_export}) {
    const auto checked = check(household_with(part, 1'000'000));
    EXPECT_EQ(checked.withheld, QuantitySet().set(static_cast<std::size_t>(part)));
    Reading expected = household_with(part, std::nullopt);
    expected.values.set(Quantity::power, std::nullopt);
    EXPECT_EQ(checked.reading, expected);
  }
}

TEST_F(PlausibilityOfAReading, IsWholeAgainWhenTheNewLevelIsAccepted) {
  (void)check(household());
  Reading exchanged = household();
  exchanged.values.set(Quantity::energy_import, 3);
  exchanged.values.set(Quantity::energy_export, 0);
  EXPECT_EQ(check(exchanged).withheld.count(), 2U);
  now_ += minutes(10);
  EXPECT_EQ(check(exchanged).withheld.count(), 2U);
  const auto checked = check(exchanged);
  EXPECT_EQ(checked.reading, exchanged);
  EXPECT_EQ(checked.accepted, (std::vector<Plausibility::Accepted>{
                                  {Quantity::energy_import, 344'180, 3},
                                  {Quantity::energy_export, 7'583, 0},
                              }));
}

}  // namespace
}  // namespace irmeter::testing
