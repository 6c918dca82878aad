// The one table of every quantity: where a meter keeps it and what it may be.
//
// The decoders of BT23 and BT28 and the plausibility check follow from it; how a quantity is shown
// is none of its business. A value travels as the integer the meter sent (Wh, W, var, VA, mA, mV,
// mHz, thousandths), so nothing is ever rounded.
#pragma once

#include <algorithm>
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

// The rule a value is checked by before it is published (lib/meter/plausibility.hpp).
enum class Check : std::uint8_t { none, rise, power, current, voltage, power_factor, frequency };

struct QuantityInfo {
  Quantity id;
  std::string_view key;  // its name for programs
  Source source;
  std::uint8_t index;  // summation or present value number; unused when derived
  bool may_be_negative;
  Check check;
};

inline constexpr std::array<QuantityInfo, quantity_count> quantities{{
    // clang-format off
  {Quantity::energy_import, "energy_import", Source::bt23, 0, false, Check::rise},
  {Quantity::energy_export, "energy_export", Source::bt23, 1, false, Check::rise},
  {Quantity::power_import, "power_import", Source::bt28, 0, false, Check::power},
  {Quantity::power_export, "power_export", Source::bt28, 1, false, Check::power},
  {Quantity::power, "power", Source::derived, 0, true, Check::none},
  {Quantity::reactive_power_import, "reactive_power_import", Source::bt28, 2, false, Check::power},
  {Quantity::reactive_power_export, "reactive_power_export", Source::bt28, 3, false, Check::power},
  {Quantity::current_l1, "current_l1", Source::bt28, 4, false, Check::current},
  {Quantity::current_l2, "current_l2", Source::bt28, 5, false, Check::current},
  {Quantity::current_l3, "current_l3", Source::bt28, 6, false, Check::current},
  {Quantity::voltage_l1, "voltage_l1", Source::bt28, 7, false, Check::voltage},
  {Quantity::voltage_l2, "voltage_l2", Source::bt28, 8, false, Check::voltage},
  {Quantity::voltage_l3, "voltage_l3", Source::bt28, 9, false, Check::voltage},
  {Quantity::power_factor_l1, "power_factor_l1", Source::bt28, 10, true, Check::power_factor},
  {Quantity::frequency, "frequency", Source::bt28, 11, false, Check::frequency},
  {Quantity::apparent_power, "apparent_power", Source::bt28, 12, false, Check::power},
  {Quantity::power_factor_l2, "power_factor_l2", Source::bt28, 13, true, Check::power_factor},
  {Quantity::power_factor_l3, "power_factor_l3", Source::bt28, 14, true, Check::power_factor},
    // clang-format on
}};

[[nodiscard]] constexpr const QuantityInfo& info(Quantity quantity) {
  return quantities[static_cast<std::size_t>(quantity)];
}
static_assert(std::ranges::all_of(quantities,
                                  [](const QuantityInfo& each) { return &info(each.id) == &each; }),
              "info() looks quantities up by their place");

// Registers are true however old they are; everything else is momentary and goes stale.
[[nodiscard]] constexpr bool is_register(Quantity quantity) {
  return info(quantity).source == Source::bt23;
}

// What is computed of two others.
struct Difference {
  Quantity is;
  Quantity of;
  Quantity less;
};
inline constexpr std::array<Difference, 1> differences{{
    {Quantity::power, Quantity::power_import, Quantity::power_export},
}};

// Some of the quantities, by their number.
using QuantitySet = std::bitset<quantity_count>;
[[nodiscard]] inline QuantitySet every_quantity() {
  return QuantitySet().set();
}

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

}  // namespace irmeter
