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

#include "common/made_text.hpp"
#include "lib/meter/quantity.hpp"

namespace irmeterd {

// A text of the table, by its place among all texts. With addresses in it the table could not be
// shared: each process would need a copy, in which they are set at the start.
class FaceText {
 public:
  constexpr FaceText() = default;
  constexpr FaceText(std::size_t begin, std::size_t size)
      : begin_(static_cast<std::uint16_t>(begin)), size_(static_cast<std::uint16_t>(size)) {}

  [[nodiscard]] constexpr std::string_view view() const;
  // NOLINTNEXTLINE(google-explicit-constructor): it is used wherever a text is
  constexpr operator std::string_view() const { return view(); }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

  friend constexpr bool operator==(FaceText a, FaceText b) { return a.view() == b.view(); }
  friend constexpr bool operator==(FaceText a, std::string_view b) { return a.view() == b; }

 private:
  std::uint16_t begin_ = 0;
  std::uint16_t size_ = 0;
};

struct Face {
  irmeter::Quantity id;

  // For people, in JSON and in Home Assistant.
  FaceText label;
  FaceText json_key;
  int json_decimals;  // value = integer / 10^json_decimals, printed with that many digits
  FaceText unit;      // of that value; empty: none

  // On D-Bus; metrics are named by the key and this unit (daemon/sinks/cache/prometheus_text.cpp).
  FaceText dbus_name;  // the property; empty where there is only `Quantities`
  FaceText dbus_unit;
  int dbus_decimals;  // value = integer / 10^dbus_decimals, in dbus_unit

  // Home Assistant's own words.
  FaceText device_class;  // empty: it has none
  FaceText state_class;
  FaceText icon;  // where Home Assistant has no class, and with it none of its own
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

using Text = MadeText<48>;

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

struct Made {
  MadeText<std::numeric_limits<std::uint16_t>::max()> texts;
  std::array<Face, irmeter::quantity_count> faces;

  constexpr FaceText add(std::string_view text) {
    const FaceText added(texts.size, text.size());
    texts.add(text);
    return added;
  }
};

consteval Made make_faces() {
  Made made{};
  for (std::size_t i = 0; i < made.faces.size(); ++i) {
    const irmeter::QuantityInfo& quantity = irmeter::quantities[i];
    const UnitFace& unit = unit_face(quantity.unit);
    Text json_key;
    json_key.add(quantity.key);
    json_key.add(unit.json_suffix);
    const bool enabled =
        is_first_class(quantity) || quantity.id == irmeter::Quantity::apparent_power;
    // A sine is no power factor.
    const bool sine = quantity.key.starts_with("phase_sine");
    made.faces[i] = {
        quantity.id,
        made.add(label_of(quantity.key).view()),
        made.add(json_key.view()),
        unit.json_decimals,
        made.add(unit.unit),
        made.add(is_first_class(quantity) ? camel_case(quantity.key).view() : std::string_view()),
        made.add(unit.dbus_unit),
        unit.dbus_decimals,
        made.add(sine ? "" : unit.device_class),
        made.add(irmeter::is_register(quantity.id) ? "total" : "measurement"),
        made.add(sine ? "mdi:sine-wave" : unit.icon),
        unit.display_precision,
        enabled};
  }
  return made;
}

inline constexpr auto texts = [] {
  constexpr std::size_t size = make_faces().texts.size;
  std::array<char, size> shrunk{};
  std::ranges::copy(make_faces().texts.view(), shrunk.begin());
  return shrunk;
}();

}  // namespace faces_detail

constexpr std::string_view FaceText::view() const {
  return std::string_view(faces_detail::texts.data(), faces_detail::texts.size())
      .substr(begin_, size_);
}

// Made of the table of quantities and of what each unit looks like.
inline constexpr std::array<Face, irmeter::quantity_count> faces = faces_detail::make_faces().faces;

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
  return interval_key(face) +
         std::string(face.json_key.view().substr(irmeter::info(face.id).key.size()));
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
