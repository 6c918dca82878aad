// The one table that names every quantity.
//
// D-Bus properties, JSON keys, the Home Assistant entities, the decoders of BT23 and BT28 and the
// documentation all follow from it. A value travels as the integer the meter sent (Wh, W, mA, mV,
// mHz, thousandths); decimals say where the point goes on the way out, so nothing is ever rounded.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace irmeter {

enum class Quantity : std::uint8_t {
  energy_import,
  energy_export,
  power_import,
  power_export,
  power,
  reactive_power_import,
  reactive_power_export,
  current_l1,
  current_l2,
  current_l3,
  voltage_l1,
  voltage_l2,
  voltage_l3,
  power_factor_l1,
  frequency,
  apparent_power,
  power_factor_l2,
  power_factor_l3,
};
inline constexpr std::size_t quantity_count = 18;

// Where a quantity is read: a summation of BT23, a present value of BT28, or computed from others.
enum class Source : std::uint8_t { bt23, bt28, derived };

// What a value is held against before it is believed (lib/plausibility.hpp).
enum class Check : std::uint8_t { none, rise, power, current, voltage, power_factor, frequency };

struct QuantityInfo {
  Quantity id;
  Source source;
  std::uint8_t index;  // summation or present value number; unused when derived
  bool may_be_negative;
  Check check;

  std::string_view key;        // in `Quantities` on D-Bus, and the base of every other name
  std::string_view dbus_name;  // the D-Bus property; empty where there is only `Quantities`
  std::string_view dbus_unit;
  int dbus_decimals;  // value on D-Bus = integer / 10^dbus_decimals, in dbus_unit

  std::string_view json_key;
  int json_decimals;  // value in JSON = integer / 10^json_decimals, printed with that many digits

  // Home Assistant: classes and units in its exact spelling, an empty class means none.
  std::string_view label;
  std::string_view device_class;
  std::string_view state_class;
  std::string_view unit;
  int display_precision;
  bool enabled_by_default;
};

inline constexpr std::array<QuantityInfo, quantity_count> quantities{{
    // clang-format off
  {Quantity::energy_import, Source::bt23, 0, false, Check::rise,
   "energy_import", "EnergyImport", "Wh", 0,
   "energy_import_kwh", 3, "Energy import", "energy", "total_increasing", "kWh", 2, true},
  {Quantity::energy_export, Source::bt23, 1, false, Check::rise,
   "energy_export", "EnergyExport", "Wh", 0,
   "energy_export_kwh", 3, "Energy export", "energy", "total_increasing", "kWh", 2, true},
  {Quantity::power_import, Source::bt28, 0, false, Check::power,
   "power_import", "PowerImport", "W", 0,
   "power_import_w", 0, "Power import", "power", "measurement", "W", 0, true},
  {Quantity::power_export, Source::bt28, 1, false, Check::power,
   "power_export", "PowerExport", "W", 0,
   "power_export_w", 0, "Power export", "power", "measurement", "W", 0, true},
  {Quantity::power, Source::derived, 0, true, Check::none,
   "power", "Power", "W", 0,
   "power_w", 0, "Power", "power", "measurement", "W", 0, true},
  {Quantity::reactive_power_import, Source::bt28, 2, false, Check::power,
   "reactive_power_import", "ReactivePowerImport", "var", 0,
   "reactive_power_import_var", 0, "Reactive power import", "reactive_power", "measurement", "var", 0, true},
  {Quantity::reactive_power_export, Source::bt28, 3, false, Check::power,
   "reactive_power_export", "ReactivePowerExport", "var", 0,
   "reactive_power_export_var", 0, "Reactive power export", "reactive_power", "measurement", "var", 0, true},
  {Quantity::current_l1, Source::bt28, 4, false, Check::current,
   "current_l1", "CurrentL1", "A", 3,
   "current_l1_a", 3, "Current L1", "current", "measurement", "A", 2, true},
  {Quantity::current_l2, Source::bt28, 5, false, Check::current,
   "current_l2", "CurrentL2", "A", 3,
   "current_l2_a", 3, "Current L2", "current", "measurement", "A", 2, true},
  {Quantity::current_l3, Source::bt28, 6, false, Check::current,
   "current_l3", "CurrentL3", "A", 3,
   "current_l3_a", 3, "Current L3", "current", "measurement", "A", 2, true},
  {Quantity::voltage_l1, Source::bt28, 7, false, Check::voltage,
   "voltage_l1", "VoltageL1", "V", 3,
   "voltage_l1_v", 3, "Voltage L1", "voltage", "measurement", "V", 1, true},
  {Quantity::voltage_l2, Source::bt28, 8, false, Check::voltage,
   "voltage_l2", "VoltageL2", "V", 3,
   "voltage_l2_v", 3, "Voltage L2", "voltage", "measurement", "V", 1, true},
  {Quantity::voltage_l3, Source::bt28, 9, false, Check::voltage,
   "voltage_l3", "VoltageL3", "V", 3,
   "voltage_l3_v", 3, "Voltage L3", "voltage", "measurement", "V", 1, true},
  {Quantity::power_factor_l1, Source::bt28, 10, true, Check::power_factor,
   "power_factor_l1", "", "1", 3,
   "power_factor_l1", 3, "Power factor L1", "power_factor", "measurement", "", 2, false},
  {Quantity::frequency, Source::bt28, 11, false, Check::frequency,
   "frequency", "", "Hz", 3,
   "frequency_hz", 3, "Frequency", "frequency", "measurement", "Hz", 2, false},
  {Quantity::apparent_power, Source::bt28, 12, false, Check::power,
   "apparent_power", "", "VA", 0,
   "apparent_power_va", 0, "Apparent power", "apparent_power", "measurement", "VA", 0, true},
  {Quantity::power_factor_l2, Source::bt28, 13, true, Check::power_factor,
   "power_factor_l2", "", "1", 3,
   "power_factor_l2", 3, "Power factor L2", "power_factor", "measurement", "", 2, false},
  {Quantity::power_factor_l3, Source::bt28, 14, true, Check::power_factor,
   "power_factor_l3", "", "1", 3,
   "power_factor_l3", 3, "Power factor L3", "power_factor", "measurement", "", 2, false},
    // clang-format on
}};

[[nodiscard]] constexpr const QuantityInfo& info(Quantity quantity) {
  return quantities[static_cast<std::size_t>(quantity)];
}

// Registers are true however old they are; everything else is momentary and goes stale.
[[nodiscard]] constexpr bool is_register(const QuantityInfo& quantity) {
  return quantity.source == Source::bt23;
}

// Some of the quantities, by their number.
using QuantitySet = std::bitset<quantity_count>;

// The values of one reading, each the meter's own integer, or absent.
class Values {
 public:
  [[nodiscard]] std::optional<std::int64_t> get(Quantity quantity) const {
    return values_[static_cast<std::size_t>(quantity)];
  }
  void set(Quantity quantity, std::optional<std::int64_t> value) {
    values_[static_cast<std::size_t>(quantity)] = value;
  }
  friend bool operator==(const Values&, const Values&) = default;

 private:
  std::array<std::optional<std::int64_t>, quantity_count> values_{};
};

// The value in the unit D-Bus uses (QuantityInfo::dbus_unit), or NaN where it is absent.
[[nodiscard]] double dbus_value(const Values& values, Quantity quantity);

}  // namespace irmeter
