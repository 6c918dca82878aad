// The tables that every face of the program is generated from.
#include "lib/meter/quantity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "lib/fault.hpp"
#include "lib/state.hpp"

namespace irmeter::testing {
namespace {

struct Published {
  const char* dbus_unit;
  const char* json_key;
  Source source;
  int index;
};

// What the documentation promises: these keys, units and sources, and none beside them.
const std::map<std::string_view, Published> promised{
    {"energy_import", {"Wh", "energy_import_kwh", Source::bt23, 0}},
    {"energy_export", {"Wh", "energy_export_kwh", Source::bt23, 1}},
    {"power_import", {"W", "power_import_w", Source::bt28, 0}},
    {"power_export", {"W", "power_export_w", Source::bt28, 1}},
    {"power", {"W", "power_w", Source::derived, 0}},
    {"reactive_power_import", {"var", "reactive_power_import_var", Source::bt28, 2}},
    {"reactive_power_export", {"var", "reactive_power_export_var", Source::bt28, 3}},
    {"current_l1", {"A", "current_l1_a", Source::bt28, 4}},
    {"current_l2", {"A", "current_l2_a", Source::bt28, 5}},
    {"current_l3", {"A", "current_l3_a", Source::bt28, 6}},
    {"voltage_l1", {"V", "voltage_l1_v", Source::bt28, 7}},
    {"voltage_l2", {"V", "voltage_l2_v", Source::bt28, 8}},
    {"voltage_l3", {"V", "voltage_l3_v", Source::bt28, 9}},
    {"power_factor_l1", {"1", "power_factor_l1", Source::bt28, 10}},
    {"frequency", {"Hz", "frequency_hz", Source::bt28, 11}},
    {"apparent_power", {"VA", "apparent_power_va", Source::bt28, 12}},
    {"power_factor_l2", {"1", "power_factor_l2", Source::bt28, 13}},
    {"power_factor_l3", {"1", "power_factor_l3", Source::bt28, 14}},
};

TEST(Quantities, AreThePromisedOnes) {
  EXPECT_EQ(quantities.size(), promised.size());
  for (const QuantityInfo& quantity : quantities) {
    const auto found = promised.find(quantity.key);
    ASSERT_NE(found, promised.end()) << quantity.key;
    EXPECT_EQ(quantity.dbus_unit, found->second.dbus_unit) << quantity.key;
    EXPECT_EQ(quantity.json_key, found->second.json_key) << quantity.key;
    EXPECT_EQ(quantity.source, found->second.source) << quantity.key;
    EXPECT_EQ(quantity.index, found->second.index) << quantity.key;
  }
}

TEST(Quantities, NameNothingTwice) {
  std::set<std::string_view> names;
  std::set<std::string_view> labels;
  std::set<std::pair<Source, int>> places;
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_TRUE(names.insert(quantity.key).second) << quantity.key;
    EXPECT_TRUE(quantity.json_key == quantity.key || names.insert(quantity.json_key).second);
    EXPECT_TRUE(quantity.dbus_name.empty() || names.insert(quantity.dbus_name).second);
    EXPECT_TRUE(labels.insert(quantity.label).second) << quantity.label;
    EXPECT_TRUE(places.emplace(quantity.source, quantity.index).second) << quantity.key;
  }
}

TEST(Quantities, CarryTheUnitInTheJsonKey) {
  for (const QuantityInfo& quantity : quantities) {
    std::string expected(quantity.key);
    if (!quantity.unit.empty()) {
      expected += '_';
      for (const char c : quantity.unit) {
        expected += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    EXPECT_EQ(quantity.json_key, expected);
  }
}

TEST(Quantities, HaveADBusPropertyInCamelCaseWhereTheyAreFirstClass) {
  for (const QuantityInfo& quantity : quantities) {
    std::string camel;
    bool upper = true;
    for (const char c : quantity.key) {
      if (c == '_') {
        upper = true;
      } else {
        camel += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        upper = false;
      }
    }
    const bool first_class = quantity.source != Source::bt28 || quantity.index < 10;
    EXPECT_EQ(quantity.dbus_name, first_class ? camel : "") << quantity.key;
  }
}

TEST(Quantities, SpellClassesAndUnitsAsHomeAssistantDoes) {
  const std::map<std::string_view, std::string_view> unit_of_class{
      {"energy", "kWh"}, {"power", "W"},   {"reactive_power", "var"}, {"apparent_power", "VA"},
      {"current", "A"},  {"voltage", "V"}, {"frequency", "Hz"},       {"power_factor", ""}};
  for (const QuantityInfo& quantity : quantities) {
    const auto found = unit_of_class.find(quantity.device_class);
    ASSERT_NE(found, unit_of_class.end()) << quantity.key;
    EXPECT_EQ(quantity.unit, found->second) << quantity.key;
    EXPECT_EQ(quantity.state_class, is_register(quantity) ? "total_increasing" : "measurement")
        << quantity.key;
  }
}

TEST(Quantities, ScaleTheMetersIntegersTheSameWayEverywhere) {
  for (const QuantityInfo& quantity : quantities) {
    // Energy is Wh on D-Bus and kWh in JSON; everything else has one unit.
    EXPECT_EQ(quantity.json_decimals, quantity.dbus_decimals + (is_register(quantity) ? 3 : 0))
        << quantity.key;
    EXPECT_LE(quantity.display_precision, quantity.json_decimals) << quantity.key;
  }
}

TEST(Quantities, MayOnlyBeNegativeWhereThatMeansSomething) {
  for (const QuantityInfo& quantity : quantities) {
    const bool expected = quantity.id == Quantity::power || quantity.device_class == "power_factor";
    EXPECT_EQ(quantity.may_be_negative, expected) << quantity.key;
  }
}

TEST(Values, AreAbsentUntilTheyAreSet) {
  Values values;
  for (const QuantityInfo& quantity : quantities) {
    EXPECT_FALSE(values.get(quantity.id));
    EXPECT_TRUE(std::isnan(dbus_value(values, quantity.id)));
  }
  values.set(Quantity::power, -231);
  EXPECT_EQ(values.get(Quantity::power), -231);
  values.set(Quantity::power, std::nullopt);
  EXPECT_EQ(values, Values{});
}

TEST(Values, GoOutInTheUnitsOfDBus) {
  Values values;
  values.set(Quantity::energy_import, 33'821'691);
  values.set(Quantity::power, -231);
  values.set(Quantity::voltage_l1, 231'392);
  values.set(Quantity::power_factor_l1, -1000);
  values.set(Quantity::frequency, 49'987);
  EXPECT_EQ(dbus_value(values, Quantity::energy_import), 33'821'691.0);
  EXPECT_EQ(dbus_value(values, Quantity::power), -231.0);
  EXPECT_EQ(dbus_value(values, Quantity::voltage_l1), 231.392);
  EXPECT_EQ(dbus_value(values, Quantity::power_factor_l1), -1.0);
  EXPECT_EQ(dbus_value(values, Quantity::frequency), 49.987);
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
