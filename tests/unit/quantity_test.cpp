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
    {"reactive_energy_import", {Source::bt23, 2}},
    {"reactive_energy_export", {Source::bt23, 3}},
    {"power_outage_time", {Source::bt23, 4}},
    {"power_outages", {Source::bt23, 5}},
    {"energy_sum", {Source::bt23, 6}},
    {"energy_net", {Source::bt23, 7}},
    {"pulses_1", {Source::bt23, 8}},
    {"pulses_2", {Source::bt23, 9}},
    {"errors", {Source::bt23, 10}},
    {"reactive_energy_q1", {Source::bt23, 11}},
    {"reactive_energy_q2", {Source::bt23, 12}},
    {"reactive_energy_q3", {Source::bt23, 13}},
    {"reactive_energy_q4", {Source::bt23, 14}},
    {"apparent_energy_q1", {Source::bt23, 15}},
    {"apparent_energy_q2", {Source::bt23, 16}},
    {"apparent_energy_q3", {Source::bt23, 17}},
    {"apparent_energy_q4", {Source::bt23, 18}},
    {"energy_import_t1", {Source::tiers, 0}},
    {"energy_import_t2", {Source::tiers, 2}},
    {"energy_import_t3", {Source::tiers, 4}},
    {"energy_import_t4", {Source::tiers, 6}},
    {"energy_import_t5", {Source::tiers, 8}},
    {"energy_import_t6", {Source::tiers, 10}},
    {"energy_import_t7", {Source::tiers, 12}},
    {"energy_import_t8", {Source::tiers, 14}},
    {"energy_export_t1", {Source::tiers, 1}},
    {"energy_export_t2", {Source::tiers, 3}},
    {"energy_export_t3", {Source::tiers, 5}},
    {"energy_export_t4", {Source::tiers, 7}},
    {"energy_export_t5", {Source::tiers, 9}},
    {"energy_export_t6", {Source::tiers, 11}},
    {"energy_export_t7", {Source::tiers, 13}},
    {"energy_export_t8", {Source::tiers, 15}},
    {"phase_sine_l1", {Source::bt28, 15}},
    {"phase_sine_l2", {Source::bt28, 16}},
    {"phase_sine_l3", {Source::bt28, 17}},
    {"power_import_primary", {Source::bt28, 18}},
    {"power_export_primary", {Source::bt28, 19}},
    {"reactive_power_import_primary", {Source::bt28, 20}},
    {"reactive_power_export_primary", {Source::bt28, 21}},
    {"reactive_power_q1", {Source::bt28, 22}},
    {"reactive_power_q2", {Source::bt28, 23}},
    {"reactive_power_q3", {Source::bt28, 24}},
    {"reactive_power_q4", {Source::bt28, 25}},
    {"power_import_l1", {Source::bt28, 26}},
    {"power_import_l2", {Source::bt28, 27}},
    {"power_import_l3", {Source::bt28, 28}},
    {"power_export_l1", {Source::bt28, 29}},
    {"power_export_l2", {Source::bt28, 30}},
    {"power_export_l3", {Source::bt28, 31}},
    {"power_l1", {Source::derived, 1}},
    {"power_l2", {Source::derived, 2}},
    {"power_l3", {Source::derived, 3}},
    {"power_import_l1_primary", {Source::bt28, 32}},
    {"power_import_l2_primary", {Source::bt28, 33}},
    {"power_import_l3_primary", {Source::bt28, 34}},
    {"power_export_l1_primary", {Source::bt28, 35}},
    {"power_export_l2_primary", {Source::bt28, 36}},
    {"power_export_l3_primary", {Source::bt28, 37}},
    {"current_l1_primary", {Source::bt28, 38}},
    {"current_l2_primary", {Source::bt28, 39}},
    {"current_l3_primary", {Source::bt28, 40}},
    {"voltage_l1_continuous", {Source::bt28, 41}},
    {"voltage_l2_continuous", {Source::bt28, 42}},
    {"voltage_l3_continuous", {Source::bt28, 43}},
    {"voltage_l1_average", {Source::bt28, 44}},
    {"voltage_l2_average", {Source::bt28, 45}},
    {"voltage_l3_average", {Source::bt28, 46}},
    {"power_import_average", {Source::bt28, 47}},
    {"power_export_average", {Source::bt28, 48}},
    {"power_import_l1_average", {Source::bt28, 49}},
    {"power_import_l2_average", {Source::bt28, 50}},
    {"power_import_l3_average", {Source::bt28, 51}},
    {"power_export_l1_average", {Source::bt28, 52}},
    {"power_export_l2_average", {Source::bt28, 53}},
    {"power_export_l3_average", {Source::bt28, 54}},
    {"apparent_power_q1", {Source::bt28, 55}},
    {"apparent_power_q2", {Source::bt28, 56}},
    {"apparent_power_q3", {Source::bt28, 57}},
    {"apparent_power_q4", {Source::bt28, 58}},
    {"apparent_power_q1_l1", {Source::bt28, 59}},
    {"apparent_power_q2_l1", {Source::bt28, 60}},
    {"apparent_power_q3_l1", {Source::bt28, 61}},
    {"apparent_power_q4_l1", {Source::bt28, 62}},
    {"apparent_power_q1_l2", {Source::bt28, 63}},
    {"apparent_power_q2_l2", {Source::bt28, 64}},
    {"apparent_power_q3_l2", {Source::bt28, 65}},
    {"apparent_power_q4_l2", {Source::bt28, 66}},
    {"apparent_power_q1_l3", {Source::bt28, 67}},
    {"apparent_power_q2_l3", {Source::bt28, 68}},
    {"apparent_power_q3_l3", {Source::bt28, 69}},
    {"apparent_power_q4_l3", {Source::bt28, 70}},
    {"current_neutral", {Source::bt28, 71}},
    {"current_l1_average", {Source::bt28, 72}},
    {"current_l2_average", {Source::bt28, 73}},
    {"current_l3_average", {Source::bt28, 74}},
    {"phase_angle_l12", {Source::bt28, 75}},
    {"phase_angle_l23", {Source::bt28, 76}},
    {"phase_angle_l31", {Source::bt28, 77}},
    {"reactive_power_import_l1", {Source::bt28, 78}},
    {"reactive_power_import_l2", {Source::bt28, 79}},
    {"reactive_power_import_l3", {Source::bt28, 80}},
    {"reactive_power_export_l1", {Source::bt28, 81}},
    {"reactive_power_export_l2", {Source::bt28, 82}},
    {"reactive_power_export_l3", {Source::bt28, 83}},
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
        quantity.source == Source::derived || quantity.id == Quantity::energy_net ||
        quantity.key.starts_with("power_factor") || quantity.key.starts_with("phase_");
    EXPECT_EQ(quantity.may_be_negative, expected) << quantity.key;
  }
}

TEST(Quantities, ThatAreReadWithEachPollAreTheTenThatAllReadAndThreeMore) {
  const QuantitySet usual = usual_quantities();
  EXPECT_EQ(usual.count(), 16U);
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_EQ(usual.test(static_cast<std::size_t>(quantity.id)),
              quantity.id <= Quantity::apparent_power)
        << quantity.key;
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
