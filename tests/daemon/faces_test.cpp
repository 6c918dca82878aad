// How the quantities are shown, everywhere.
#include "common/faces.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

namespace irmeterd {
namespace {

using irmeter::info;
using irmeter::is_register;
using irmeter::Quantity;
using irmeter::Source;
using irmeter::Values;

TEST(Faces, NameNothingTwice) {
  std::set<std::string_view> names;
  std::set<std::string_view> labels;
  for (const Face& face : faces) {
    EXPECT_TRUE(names.insert(face.json_key).second) << face.json_key.view();
    EXPECT_TRUE(face.dbus_name.empty() || names.insert(face.dbus_name).second);
    EXPECT_TRUE(labels.insert(face.label).second) << face.label.view();
  }
}

TEST(Faces, CarryTheUnitInTheJsonKey) {
  for (const Face& face : faces) {
    std::string expected(info(face.id).key);
    if (!face.unit.empty()) {
      expected += face.unit == "°" ? "_deg" : "_";
      for (const char c : face.unit == "°" ? std::string_view() : face.unit.view()) {
        expected += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    EXPECT_EQ(face.json_key, expected);
  }
}

TEST(Faces, HaveADBusPropertyInCamelCaseWhereTheyAreFirstClass) {
  for (const Face& face : faces) {
    std::string camel;
    bool upper = true;
    for (const char c : info(face.id).key) {
      if (c == '_') {
        upper = true;
      } else {
        camel += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        upper = false;
      }
    }
    const bool first_class = face.id == Quantity::power ||
                             (info(face.id).source == Source::bt23 && info(face.id).index < 2) ||
                             (info(face.id).source == Source::bt28 && info(face.id).index < 10);
    EXPECT_EQ(face.dbus_name, first_class ? camel : "") << face.json_key.view();
  }
}

TEST(Faces, SpellClassesAndUnitsAsHomeAssistantDoes) {
  const std::map<std::string_view, std::string_view> unit_of_class{
      {"reactive_energy", "kvarh"}, {"duration", "s"},        {"energy", "kWh"}, {"power", "W"},
      {"reactive_power", "var"},    {"apparent_power", "VA"}, {"current", "A"},  {"voltage", "V"},
      {"frequency", "Hz"},          {"power_factor", ""}};
  for (const Face& face : faces) {
    const auto found = unit_of_class.find(face.device_class);
    if (!face.device_class.empty()) {
      ASSERT_NE(found, unit_of_class.end()) << face.json_key.view();
      EXPECT_EQ(face.unit, found->second) << face.json_key.view();
    }
    EXPECT_EQ(face.state_class, is_register(face.id) ? "total" : "measurement")
        << face.json_key.view();
  }
}

TEST(Faces, ScaleTheMetersIntegersTheSameWayEverywhere) {
  for (const Face& face : faces) {
    // Energy is Wh on D-Bus and kWh in JSON; everything else has one unit.
    EXPECT_EQ(face.json_decimals, face.dbus_decimals + (face.unit.view().starts_with('k') ? 3 : 0))
        << face.json_key.view();
    EXPECT_LE(face.display_precision, face.json_decimals) << face.json_key.view();
  }
}

TEST(Faces, ShowValuesInTheUnitsOfDBus) {
  Values values;
  EXPECT_TRUE(std::isnan(dbus_value(values.get(Quantity::energy_import), Quantity::energy_import)));
  values.set(Quantity::energy_import, 33'821'691);
  values.set(Quantity::power, -231);
  values.set(Quantity::voltage_l1, 231'392);
  values.set(Quantity::power_factor_l1, -1000);
  values.set(Quantity::frequency, 49'987);
  EXPECT_EQ(dbus_value(values.get(Quantity::energy_import), Quantity::energy_import), 33'821'691.0);
  EXPECT_EQ(dbus_value(values.get(Quantity::power), Quantity::power), -231.0);
  EXPECT_EQ(dbus_value(values.get(Quantity::voltage_l1), Quantity::voltage_l1), 231.392);
  EXPECT_EQ(dbus_value(values.get(Quantity::power_factor_l1), Quantity::power_factor_l1), -1.0);
  EXPECT_EQ(dbus_value(values.get(Quantity::frequency), Quantity::frequency), 49.987);
}

}  // namespace
}  // namespace irmeterd
