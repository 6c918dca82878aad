// How every quantity is shown: one row for D-Bus, JSON and Home Assistant.
//
// A value is the integer the meter sent; decimals say where the point goes on the way out. The rows
// stand in the order of the table of quantities (lib/meter/quantity.hpp), which the compiler
// checks.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/meter/quantity.hpp"

namespace irmeterd {

struct Face {
  irmeter::Quantity id;

  // For people, in JSON and in Home Assistant.
  std::string_view label;
  std::string_view json_key;
  int json_decimals;      // value = integer / 10^json_decimals, printed with that many digits
  std::string_view unit;  // of that value; empty: none

  // On D-Bus; metrics are named by the key and this unit (daemon/sinks/cache/prometheus_text.cpp).
  std::string_view dbus_name;  // the property; empty where there is only `Quantities`
  std::string_view dbus_unit;
  int dbus_decimals;  // value = integer / 10^dbus_decimals, in dbus_unit

  // Home Assistant's own words.
  std::string_view device_class;
  std::string_view state_class;
  int display_precision;
  bool enabled_by_default;
};

inline constexpr std::array<Face, irmeter::quantity_count> faces{{
    // clang-format off
  {irmeter::Quantity::energy_import,
   "Energy import", "energy_import_kwh", 3, "kWh",
   "EnergyImport", "Wh", 0,
   "energy", "total", 2, true},
  {irmeter::Quantity::energy_export,
   "Energy export", "energy_export_kwh", 3, "kWh",
   "EnergyExport", "Wh", 0,
   "energy", "total", 2, true},
  {irmeter::Quantity::power_import,
   "Power import", "power_import_w", 0, "W",
   "PowerImport", "W", 0,
   "power", "measurement", 0, true},
  {irmeter::Quantity::power_export,
   "Power export", "power_export_w", 0, "W",
   "PowerExport", "W", 0,
   "power", "measurement", 0, true},
  {irmeter::Quantity::power,
   "Power", "power_w", 0, "W",
   "Power", "W", 0,
   "power", "measurement", 0, true},
  {irmeter::Quantity::reactive_power_import,
   "Reactive power import", "reactive_power_import_var", 0, "var",
   "ReactivePowerImport", "var", 0,
   "reactive_power", "measurement", 0, true},
  {irmeter::Quantity::reactive_power_export,
   "Reactive power export", "reactive_power_export_var", 0, "var",
   "ReactivePowerExport", "var", 0,
   "reactive_power", "measurement", 0, true},
  {irmeter::Quantity::current_l1,
   "Current L1", "current_l1_a", 3, "A",
   "CurrentL1", "A", 3,
   "current", "measurement", 2, true},
  {irmeter::Quantity::current_l2,
   "Current L2", "current_l2_a", 3, "A",
   "CurrentL2", "A", 3,
   "current", "measurement", 2, true},
  {irmeter::Quantity::current_l3,
   "Current L3", "current_l3_a", 3, "A",
   "CurrentL3", "A", 3,
   "current", "measurement", 2, true},
  {irmeter::Quantity::voltage_l1,
   "Voltage L1", "voltage_l1_v", 3, "V",
   "VoltageL1", "V", 3,
   "voltage", "measurement", 1, true},
  {irmeter::Quantity::voltage_l2,
   "Voltage L2", "voltage_l2_v", 3, "V",
   "VoltageL2", "V", 3,
   "voltage", "measurement", 1, true},
  {irmeter::Quantity::voltage_l3,
   "Voltage L3", "voltage_l3_v", 3, "V",
   "VoltageL3", "V", 3,
   "voltage", "measurement", 1, true},
  {irmeter::Quantity::power_factor_l1,
   "Power factor L1", "power_factor_l1", 3, "",
   "", "1", 3,
   "power_factor", "measurement", 2, false},
  {irmeter::Quantity::frequency,
   "Frequency", "frequency_hz", 3, "Hz",
   "", "Hz", 3,
   "frequency", "measurement", 2, false},
  {irmeter::Quantity::apparent_power,
   "Apparent power", "apparent_power_va", 0, "VA",
   "", "VA", 0,
   "apparent_power", "measurement", 0, true},
  {irmeter::Quantity::power_factor_l2,
   "Power factor L2", "power_factor_l2", 3, "",
   "", "1", 3,
   "power_factor", "measurement", 2, false},
  {irmeter::Quantity::power_factor_l3,
   "Power factor L3", "power_factor_l3", 3, "",
   "", "1", 3,
   "power_factor", "measurement", 2, false},
    // clang-format on
}};
static_assert(std::ranges::equal(faces, irmeter::quantities, {}, &Face::id,
                                 &irmeter::QuantityInfo::id),
              "the order of lib/meter/quantity.hpp");

[[nodiscard]] constexpr const Face& face(irmeter::Quantity quantity) {
  return faces[static_cast<std::size_t>(quantity)];
}

// The keys of some quantities, in the order of the table.
[[nodiscard]] inline std::vector<std::string_view> keys_of(const irmeter::QuantitySet& set) {
  std::vector<std::string_view> keys;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (set.test(static_cast<std::size_t>(quantity.id))) {
      keys.push_back(quantity.key);
    }
  }
  return keys;
}

// The value in Face::dbus_unit, or NaN where it is absent.
[[nodiscard]] inline double dbus_value(std::optional<std::int64_t> value,
                                       irmeter::Quantity quantity) {
  return value ? static_cast<double>(*value) / std::pow(10.0, face(quantity).dbus_decimals)
               : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace irmeterd
