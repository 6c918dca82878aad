// How every quantity is shown: one row for D-Bus, JSON and Home Assistant.
//
// A value is the integer the meter sent; decimals say where the point goes on the way out. The rows
// follow from key and unit in the table of quantities (lib/meter/quantity.hpp), in its order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
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
  std::string_view device_class;  // empty: it has none
  std::string_view state_class;
  std::string_view icon;  // where Home Assistant has no class, and with it none of its own
  int display_precision;
  bool enabled_by_default;
};

namespace faces_detail {

// What the quantities of a unit have in common.
struct UnitFace {
  irmeter::Unit id;
  std::string_view json_suffix;
  int json_decimals;
  std::string_view unit;
  std::string_view dbus_unit;
  int dbus_decimals;
  std::string_view device_class;
  std::string_view icon;
  int display_precision;
};
inline constexpr std::array<UnitFace, irmeter::unit_count> units{{
    {irmeter::Unit::watt_hour, "_kwh", 3, "kWh", "Wh", 0, "energy", "", 2},
    {irmeter::Unit::var_hour, "_kvarh", 3, "kvarh", "varh", 0, "", "mdi:sine-wave", 2},
    {irmeter::Unit::volt_ampere_hour, "_kvah", 3, "kVAh", "VAh", 0, "",
     "mdi:meter-electric-outline", 2},
    {irmeter::Unit::watt, "_w", 0, "W", "W", 0, "power", "", 0},
    {irmeter::Unit::var, "_var", 0, "var", "var", 0, "reactive_power", "", 0},
    {irmeter::Unit::volt_ampere, "_va", 0, "VA", "VA", 0, "apparent_power", "", 0},
    {irmeter::Unit::milliampere, "_a", 3, "A", "A", 3, "current", "", 2},
    {irmeter::Unit::millivolt, "_v", 3, "V", "V", 3, "voltage", "", 1},
    {irmeter::Unit::millihertz, "_hz", 3, "Hz", "Hz", 3, "frequency", "", 2},
    {irmeter::Unit::thousandth, "", 3, "", "1", 3, "power_factor", "", 2},
    {irmeter::Unit::centidegree, "_deg", 2, "°", "°", 2, "", "mdi:angle-acute", 1},
    {irmeter::Unit::second, "_s", 0, "s", "s", 0, "duration", "", 0},
    {irmeter::Unit::count, "", 0, "", "", 0, "", "mdi:counter", 0},
}};
[[nodiscard]] constexpr const UnitFace& unit_face(irmeter::Unit unit) {
  return units[static_cast<std::size_t>(unit)];
}
static_assert(std::ranges::all_of(units, [](const UnitFace& each) {
  return &unit_face(each.id) == &each;
}));

// Those that D-Bus has a property for: what every reader of these meters gives.
[[nodiscard]] constexpr bool is_first_class(const irmeter::QuantityInfo& quantity) {
  using irmeter::Source;
  return quantity.id == irmeter::Quantity::power ||
         (quantity.source == Source::bt23 && quantity.index < 2) ||
         (quantity.source == Source::bt28 && quantity.index < 10);
}

// A text that the compiler makes.
struct Text {
  std::array<char, 48> characters{};
  std::size_t size = 0;

  constexpr void add(char c) { characters[size++] = c; }
  constexpr void add(std::string_view text) {
    for (const char c : text) {
      add(c);
    }
  }
  [[nodiscard]] constexpr std::string_view view() const { return {characters.data(), size}; }
};
using Texts = std::array<Text, irmeter::quantity_count>;

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// "Power import L1": words like l1 and q1 in capitals, t1 as a tariff.
constexpr Text label_of(std::string_view key) {
  Text text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool begins = i == 0 || key[i - 1] == '_';
    const bool numbered = begins && i + 1 < key.size() && key[i + 1] >= '1' && key[i + 1] <= '9';
    if (numbered && key[i] == 't') {
      text.add("tariff ");
    } else if (key[i] == '_') {
      text.add(' ');
    } else {
      text.add(i == 0 || numbered ? upper(key[i]) : key[i]);
    }
  }
  return text;
}

constexpr Text camel_case(std::string_view key) {
  Text text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '_') {
      text.add(i == 0 || key[i - 1] == '_' ? upper(key[i]) : key[i]);
    }
  }
  return text;
}

constexpr Texts make_labels() {
  Texts texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = label_of(irmeter::quantities[i].key);
  }
  return texts;
}
constexpr Texts make_json_keys() {
  Texts texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i].add(irmeter::quantities[i].key);
    texts[i].add(unit_face(irmeter::quantities[i].unit).json_suffix);
  }
  return texts;
}
constexpr Texts make_dbus_names() {
  Texts texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] =
        is_first_class(irmeter::quantities[i]) ? camel_case(irmeter::quantities[i].key) : Text{};
  }
  return texts;
}
inline constexpr Texts labels = make_labels();
inline constexpr Texts json_keys = make_json_keys();
inline constexpr Texts dbus_names = make_dbus_names();

constexpr std::array<Face, irmeter::quantity_count> make_faces() {
  std::array<Face, irmeter::quantity_count> faces{};
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const irmeter::QuantityInfo& quantity = irmeter::quantities[i];
    const UnitFace& unit = unit_face(quantity.unit);
    const bool enabled =
        is_first_class(quantity) || quantity.id == irmeter::Quantity::apparent_power;
    // A sine is no power factor.
    const bool sine = quantity.key.starts_with("phase_sine");
    faces[i] = {quantity.id,
                labels[i].view(),
                json_keys[i].view(),
                unit.json_decimals,
                unit.unit,
                dbus_names[i].view(),
                unit.dbus_unit,
                unit.dbus_decimals,
                sine ? "" : unit.device_class,
                irmeter::is_register(quantity.id) ? "total" : "measurement",
                sine ? "mdi:sine-wave" : unit.icon,
                unit.display_precision,
                enabled};
  }
  return faces;
}

}  // namespace faces_detail

// Made of the table of quantities and of what each unit looks like.
inline constexpr std::array<Face, irmeter::quantity_count> faces = faces_detail::make_faces();

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

// What was consumed in an interval of the load profile: "energy_import_interval" on D-Bus, and with
// the unit behind it in JSON.
[[nodiscard]] inline std::string interval_key(const Face& face) {
  return std::string(irmeter::info(face.id).key) + "_interval";
}
[[nodiscard]] inline std::string interval_json_key(const Face& face) {
  return interval_key(face) + std::string(face.json_key.substr(irmeter::info(face.id).key.size()));
}

// The value in Face::dbus_unit, or NaN where it is absent.
[[nodiscard]] inline double dbus_value(std::optional<std::int64_t> value,
                                       irmeter::Quantity quantity) {
  constexpr std::array<double, 4> powers{1, 10, 100, 1000};
  const auto decimals = static_cast<std::size_t>(face(quantity).dbus_decimals);
  return value ? static_cast<double>(*value) / powers[decimals]
               : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace irmeterd
