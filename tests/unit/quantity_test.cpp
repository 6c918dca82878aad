// The tables that the rest of the program follows from.
#include "lib/meter/quantity.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lib/fault.hpp"
#include "lib/state.hpp"

namespace irmeter::testing {
namespace {

// What the documentation promises: these keys and sources, and none beside them.
const std::map<std::string_view, std::pair<Source, int>> promised{
    {"energy_import", {Source::bt23, 0}},
    {"energy_export", {Source::bt23, 1}},
    {"power_import", {Source::bt28, 0}},
    {"power_export", {Source::bt28, 1}},
    {"power", {Source::derived, 0}},
    {"reactive_power_import", {Source::bt28, 2}},
    {"reactive_power_export", {Source::bt28, 3}},
    {"current_l1", {Source::bt28, 4}},
    {"current_l2", {Source::bt28, 5}},
    {"current_l3", {Source::bt28, 6}},
    {"voltage_l1", {Source::bt28, 7}},
    {"voltage_l2", {Source::bt28, 8}},
    {"voltage_l3", {Source::bt28, 9}},
    {"power_factor_l1", {Source::bt28, 10}},
    {"frequency", {Source::bt28, 11}},
    {"apparent_power", {Source::bt28, 12}},
    {"power_factor_l2", {Source::bt28, 13}},
    {"power_factor_l3", {Source::bt28, 14}},
};

TEST(Quantities, AreThePromisedOnes) {
  EXPECT_EQ(quantities.size(), promised.size());
  for (const QuantityInfo& quantity : quantities) {
    const auto found = promised.find(quantity.key);
    ASSERT_NE(found, promised.end()) << quantity.key;
    EXPECT_EQ(std::pair(quantity.source, int{quantity.index}), found->second) << quantity.key;
  }
}

TEST(Quantities, NameNothingTwice) {
  std::set<std::string_view> keys;
  std::set<std::pair<Source, int>> places;
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_TRUE(keys.insert(quantity.key).second) << quantity.key;
    EXPECT_TRUE(places.emplace(quantity.source, quantity.index).second) << quantity.key;
  }
}

TEST(Quantities, MayOnlyBeNegativeWhereThatMeansSomething) {
  for (const QuantityInfo& quantity : quantities) {
    const bool expected =
        quantity.id == Quantity::power || quantity.key.starts_with("power_factor");
    EXPECT_EQ(quantity.may_be_negative, expected) << quantity.key;
  }
}

TEST(Values, AreAbsentUntilTheyAreSet) {
  Values values;
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_FALSE(values.get(quantity.id));
  }
  values.set(Quantity::power, -231);
  EXPECT_EQ(values.get(Quantity::power), -231);
  values.set(Quantity::power, std::nullopt);
  EXPECT_EQ(values, Values{});
}

TEST(States, AreThePromisedOnesInTheirPlaces) {
  const std::set<std::string_view> expected{
      "starting", "online", "no-device",    "no-permission", "device-busy", "silent", "echo",
      "garbled",  "no-key", "key-rejected", "locked-out",    "quiet",       "error"};
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < states.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(states[i].id), i);
    names.insert(states[i].name);
  }
  EXPECT_EQ(names, expected);
}

TEST(Faults, StandInTheirPlacesUnderNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const FaultInfo& fault = faults[i];
    EXPECT_EQ(static_cast<std::size_t>(fault.id), i);
    EXPECT_NE(fault.state, State::online);
    EXPECT_NE(fault.state, State::starting);
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
  }
}

TEST(Faults, OfTheKeyAreForSomebodyToEnd) {
  for (const Fault fault : {Fault::no_key, Fault::key_rejected, Fault::key_unanswered}) {
    EXPECT_EQ(info(fault).retry, Retry::by_user);
  }
}

}  // namespace
}  // namespace irmeter::testing
