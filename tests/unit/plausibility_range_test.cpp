// The ranges of present values: what is in them is believed, and nothing else at once.
#include <string>

#include "tests/unit/plausibility_fixture.hpp"

namespace irmeter::testing {
namespace {

struct Range {
  Quantity quantity;
  std::int64_t least;
  std::int64_t most;
};

class PlausibilityOfAPresentValue : public PlausibilityOf,
                                    public ::testing::WithParamInterface<Range> {
 protected:
  void believed(std::int64_t value) { expect_believed(GetParam().quantity, value); }
  void held(std::int64_t value) { expect_held(GetParam().quantity, value); }
  void accepted(std::optional<std::int64_t> before, std::int64_t value) {
    expect_accepted(GetParam().quantity, before, value);
  }
};

TEST_P(PlausibilityOfAPresentValue, LetsItTakeAnyPlaceInItsRange) {
  for (const std::int64_t value :
       {GetParam().most, GetParam().least, std::int64_t{0}, GetParam().least, GetParam().most}) {
    believed(value);
  }
}

TEST_P(PlausibilityOfAPresentValue, HoldsWhatIsOutOfRange) {
  believed(GetParam().most);
  held(GetParam().most + 1);
  held(most_register);
  believed(GetParam().least);
  held(GetParam().least - 1);
  held(-most_register);
  believed(0);
}

TEST_P(PlausibilityOfAPresentValue, AcceptsTheThirdOutOfRangeAndAllThatFollow) {
  const std::int64_t most = GetParam().most;
  believed(most);
  held(most + 1);
  held(most + 1'000);
  accepted(most, most + 500);
  believed(most + 1);
  believed(most + 100'000);
  believed(most);
  held(most + 500);
}

TEST_P(PlausibilityOfAPresentValue, HoldsTheFirstOneOutOfRange) {
  held(GetParam().most + 1);
  held(GetParam().most + 1);
  accepted(std::nullopt, GetParam().most + 1);
}

TEST_P(PlausibilityOfAPresentValue, StartsAfreshWithAnotherMeter) {
  const std::int64_t beyond = GetParam().most + 1;
  held(beyond);
  held(beyond);
  accepted(std::nullopt, beyond);
  plausibility_.forget();
  held(beyond);
}

INSTANTIATE_TEST_SUITE_P(
    EveryOne, PlausibilityOfAPresentValue,
    ::testing::Values(
        Range{Quantity::power_import, 0, 86'940}, Range{Quantity::power_export, 0, 86'940},
        Range{Quantity::reactive_power_import, 0, 86'940},
        Range{Quantity::reactive_power_export, 0, 86'940},
        Range{Quantity::apparent_power, 0, 86'940}, Range{Quantity::current_l1, 0, 126'000},
        Range{Quantity::current_l2, 0, 126'000}, Range{Quantity::current_l3, 0, 126'000},
        Range{Quantity::voltage_l1, 0, 300'000}, Range{Quantity::voltage_l2, 0, 300'000},
        Range{Quantity::voltage_l3, 0, 300'000}, Range{Quantity::power_factor_l1, -1'000, 1'000},
        Range{Quantity::power_factor_l2, -1'000, 1'000},
        Range{Quantity::power_factor_l3, -1'000, 1'000}),
    [](const auto& test) { return std::string(irmeter::info(test.param.quantity).key); });

TEST_F(PlausibilityOf, PowerAndCurrentDependsOnTheFuse) {
  plausibility_ = Plausibility({.phases = 1, .amperes = 16});
  expect_believed(Quantity::power_import, 7'360);
  expect_held(Quantity::power_import, 7'361);
  expect_believed(Quantity::current_l1, 32'000);
  expect_held(Quantity::current_l1, 32'001);
}

TEST_F(PlausibilityOf, TheFrequencyIsThatOfAGrid) {
  for (const std::int64_t value : {40'000, 50'000, 60'000, 70'000}) {
    expect_believed(Quantity::frequency, value);
  }
  for (const std::int64_t value : {39'999, 70'001}) {
    expect_held(Quantity::frequency, value);
    expect_believed(Quantity::frequency, 50'000);
  }
}

}  // namespace
}  // namespace irmeter::testing
