// The invariants of the simulated household.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "tools/ir-meter-sim/household.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t phases = 3;

class HouseholdDay : public testing::TestWithParam<std::uint64_t> {
 protected:
  HouseholdDay() { settings_.seed = GetParam(); }
  HouseholdSettings settings_;  // begins at midnight
};

TEST_P(HouseholdDay, RegistersCountExactlyWhatWasShown) {
  Household household(settings_);
  std::array<std::int64_t, 4> sums{};
  const MeterValues first = household.values(0s);
  EXPECT_EQ(first.summations[summation::forward], settings_.forward_wh);
  EXPECT_EQ(first.summations[summation::reverse], settings_.reverse_wh);
  for (auto second = 0s; second < 24h; second += 1s) {
    const MeterValues now = household.values(second);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      ASSERT_EQ(now.summations[i] - first.summations[i], sums[i] / 3'600) << second.count();
      sums[i] += now.present[i];
    }
  }
}

TEST_P(HouseholdDay, NeverImportsAndExportsAtOnce) {
  Household household(settings_);
  for (auto second = 0s; second < 24h; second += 7s) {
    const auto& now = household.values(second).present;
    EXPECT_TRUE(now[present::forward] == 0 || now[present::reverse] == 0);
    EXPECT_TRUE(now[present::reactive_import] == 0 || now[present::reactive_export] == 0);
    EXPECT_TRUE(std::ranges::all_of(now.begin(), now.begin() + present::power_factor_l1,
                                    [](std::int32_t value) { return value >= 0; }));
  }
}

TEST_P(HouseholdDay, TotalsAreTheSumsOfThePhases) {
  Household household(settings_);
  for (auto second = 0s; second < 24h; second += 61s) {
    const auto now = household.values(second).present;
    std::int32_t net = 0;
    for (std::size_t phase = 0; phase < phases; ++phase) {
      net += now[present::phase_forward + phase] - now[present::phase_forward + phases + phase];
    }
    EXPECT_EQ(now[present::forward] - now[present::reverse], net);
  }
}

TEST_P(HouseholdDay, CurrentVoltageAndPowerFactorGiveThePower) {
  Household household(settings_);
  for (auto second = 0s; second < 24h; second += 61s) {
    const auto now = household.values(second).present;
    for (std::size_t phase = 0; phase < phases; ++phase) {
      const double volts = now[present::voltage + phase] / 1e3;
      const double amperes = now[present::current + phase] / 1e3;
      const double factor =
          now[phase == 0 ? present::power_factor_l1 : present::power_factor_l2 + phase - 1] / 1e3;
      const double watts =
          now[present::phase_forward + phase] - now[present::phase_forward + phases + phase];
      EXPECT_NEAR(volts * amperes * factor, watts, 0.5 + 0.002 * std::abs(watts));
      EXPECT_NEAR(volts, 230, 12);
    }
    EXPECT_NEAR(now[present::frequency], 50'000, 60);
    EXPECT_GE(now[present::apparent] + 1, now[present::forward] + now[present::reverse]);
  }
}

TEST_P(HouseholdDay, ImportsInTheEveningAndExportsAroundNoon) {
  Household household(settings_);
  EXPECT_GT(household.values(4h).present[present::forward], 150);
  const MeterValues at_eleven = household.values(11h);
  const MeterValues at_two = household.values(14h);
  EXPECT_GT(at_two.summations[summation::reverse],
            at_eleven.summations[summation::reverse] + 1'000);
  const MeterValues at_six = household.values(18h);
  const MeterValues at_ten = household.values(22h);
  EXPECT_GT(at_ten.summations[summation::forward], at_six.summations[summation::forward] + 1'500);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HouseholdDay, testing::Values(0, 1, 2, 4711, UINT64_MAX));

TEST(Household, IsAFunctionOfSeedAndTime) {
  HouseholdSettings settings;
  Household one(settings);
  Household other(settings);
  const MeterValues late = one.values(30h);
  (void)other.values(7h);
  EXPECT_EQ(other.values(30h), late);
  const MeterValues early = one.values(3h);
  EXPECT_EQ(early, other.values(3h));
  settings.seed = 2;
  EXPECT_NE(Household(settings).values(30h), late);
}

TEST(Household, RegistersRollOverAtABillion) {
  HouseholdSettings settings;
  settings.forward_wh = 999'999'999;
  EXPECT_EQ(Household(settings).values(0s).summations[summation::forward], 999'999'999);
  EXPECT_LT(Household(settings).values(4h).summations[summation::forward], 10'000);
}

}  // namespace
}  // namespace irmetersim
