// The ranges of present values: what is in them is published, and nothing else at once.
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
  void published(std::int64_t value) { expect_published(GetParam().quantity, value); }
  void withheld(std::int64_t value) { expect_withheld(GetParam().quantity, value); }
  void accepted(std::optional<std::int64_t> before, std::int64_t value) {
    expect_accepted(GetParam().quantity, before, value);
  }
};

TEST_P(PlausibilityOfAPresentValue, LetsItTakeAnyPlaceInItsRange) {
  for (const std::int64_t value :
       {GetParam().most, GetParam().least, std::int64_t{0}, GetParam().least, GetParam().most}) {
    published(value);
  }
}

TEST_P(PlausibilityOfAPresentValue, HoldsWhatIsOutOfRange) {
  published(GetParam().most);
  withheld(GetParam().most + 1);
  withheld(most_register);
  published(GetParam().least);
  withheld(GetParam().least - 1);
  withheld(-most_register);
  published(0);
}

TEST_P(PlausibilityOfAPresentValue, AcceptsTheThirdOutOfRangeAndAllThatFollow) {
  const std::int64_t most = GetParam().most;
  published(most);
  withheld(most + 1);
  withheld(most + 1'000);
  accepted(most, most + 500);
  published(most + 1);
  published(most + 100'000);
  published(most);
  withheld(most + 500);
}

TEST_P(PlausibilityOfAPresentValue, HoldsTheFirstOneOutOfRange) {
  withheld(GetParam().most + 1);
  withheld(GetParam().most + 1);
  accepted(std::nullopt, GetParam().most + 1);
}

TEST_P(PlausibilityOfAPresentValue, StartsAfreshWithAnotherMeter) {
  const std::int64_t beyond = GetParam().most + 1;
  withheld(beyond);
  withheld(beyond);
  accepted(std::nullopt, beyond);
  plausibility_.begin_anew();
  withheld(beyond);
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
  plausibility_ = Plausibility({.main_fuse = {.phases = 1, .amperes = 16}});
  expect_published(Quantity::power_import, 7'360);
  expect_withheld(Quantity::power_import, 7'361);
  expect_published(Quantity::current_l1, 32'000);
  expect_withheld(Quantity::current_l1, 32'001);
}

TEST_F(PlausibilityOf, TheFrequencyIsThatOfAGrid) {
  for (const std::int64_t value : {40'000, 50'000, 60'000, 70'000}) {
    expect_published(Quantity::frequency, value);
  }
  for (const std::int64_t value : {39'999, 70'001}) {
    expect_withheld(Quantity::frequency, value);
    expect_published(Quantity::frequency, 50'000);
  }
}

}  // namespace
}  // namespace irmeter::testing
