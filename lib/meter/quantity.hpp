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
#include <span>
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
  reactive_energy_import,
  reactive_energy_export,
  power_outage_time,
  power_outages,
  energy_sum,
  energy_net,
  pulses_1,
  pulses_2,
  errors,
  reactive_energy_q1,
  reactive_energy_q2,
  reactive_energy_q3,
  reactive_energy_q4,
  apparent_energy_q1,
  apparent_energy_q2,
  apparent_energy_q3,
  apparent_energy_q4,
  energy_import_t1,
  energy_import_t2,
  energy_import_t3,
  energy_import_t4,
  energy_import_t5,
  energy_import_t6,
  energy_import_t7,
  energy_import_t8,
  energy_export_t1,
  energy_export_t2,
  energy_export_t3,
  energy_export_t4,
  energy_export_t5,
  energy_export_t6,
  energy_export_t7,
  energy_export_t8,
  phase_sine_l1,
  phase_sine_l2,
  phase_sine_l3,
  power_import_primary,
  power_export_primary,
  reactive_power_import_primary,
  reactive_power_export_primary,
  reactive_power_q1,
  reactive_power_q2,
  reactive_power_q3,
  reactive_power_q4,
  power_import_l1,
  power_import_l2,
  power_import_l3,
  power_export_l1,
  power_export_l2,
  power_export_l3,
  power_l1,
  power_l2,
  power_l3,
  power_import_l1_primary,
  power_import_l2_primary,
  power_import_l3_primary,
  power_export_l1_primary,
  power_export_l2_primary,
  power_export_l3_primary,
  current_l1_primary,
  current_l2_primary,
  current_l3_primary,
  voltage_l1_continuous,
  voltage_l2_continuous,
  voltage_l3_continuous,
  voltage_l1_average,
  voltage_l2_average,
  voltage_l3_average,
  power_import_average,
  power_export_average,
  power_import_l1_average,
  power_import_l2_average,
  power_import_l3_average,
  power_export_l1_average,
  power_export_l2_average,
  power_export_l3_average,
  apparent_power_q1,
  apparent_power_q2,
  apparent_power_q3,
  apparent_power_q4,
  apparent_power_q1_l1,
  apparent_power_q2_l1,
  apparent_power_q3_l1,
  apparent_power_q4_l1,
  apparent_power_q1_l2,
  apparent_power_q2_l2,
  apparent_power_q3_l2,
  apparent_power_q4_l2,
  apparent_power_q1_l3,
  apparent_power_q2_l3,
  apparent_power_q3_l3,
  apparent_power_q4_l3,
  current_neutral,
  current_l1_average,
  current_l2_average,
  current_l3_average,
  phase_angle_l12,
  phase_angle_l23,
  phase_angle_l31,
  reactive_power_import_l1,
  reactive_power_import_l2,
  reactive_power_import_l3,
  reactive_power_export_l1,
  reactive_power_export_l2,
  reactive_power_export_l3,
};
inline constexpr std::size_t all_quantities_count = 123;
// A build may know the first of them only. With 16, which are what a poll brings, the core needs a
// fifth of the memory: for a microcontroller.
#ifdef IRMETER_QUANTITIES
inline constexpr std::size_t quantity_count = IRMETER_QUANTITIES;
#else
inline constexpr std::size_t quantity_count = all_quantities_count;
#endif
// Such a build reads nothing between the polls.
inline constexpr bool has_pauses = quantity_count == all_quantities_count;

// Where a quantity is read: a summation of BT23 or one of its tiers, a present value of BT28, or
// computed from others. tiers: 2 * tier + summation, of which there is import and export.
enum class Source : std::uint8_t { bt23, tiers, bt28, derived };

// What the meter's integer counts.
enum class Unit : std::uint8_t {
  watt_hour,
  var_hour,
  volt_ampere_hour,
  watt,
  var,
  volt_ampere,
  milliampere,
  millivolt,
  millihertz,
  thousandth,
  centidegree,
  second,
  count,
};
inline constexpr std::size_t unit_count = 13;

// The rule a value is checked by before it is published (lib/meter/plausibility.hpp).
enum class Check : std::uint8_t {
  none,
  rise,   // no more than the connection carries
  count,  // does not fall
  power,
  current,
  voltage,
  power_factor,
  frequency,
  angle,
};

struct QuantityInfo {
  Quantity id;
  std::string_view key;  // its name for programs
  Source source;
  std::uint8_t index;  // of the source; unused when derived
  Unit unit;
  bool may_be_negative;
  Check check;
};

// Source of the numbers: the OSGP Alliance's guide to the optical port. "primary" is what is
// computed with the ratios of the transformers, l1 to l3 are phases, q1 to q4 quadrants.
inline constexpr std::array<QuantityInfo, all_quantities_count> all_quantities{{
    // clang-format off
  {Quantity::energy_import, "energy_import", Source::bt23, 0, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export, "energy_export", Source::bt23, 1, Unit::watt_hour, false, Check::rise},
  {Quantity::power_import, "power_import", Source::bt28, 0, Unit::watt, false, Check::power},
  {Quantity::power_export, "power_export", Source::bt28, 1, Unit::watt, false, Check::power},
  {Quantity::power, "power", Source::derived, 0, Unit::watt, true, Check::none},
  {Quantity::reactive_power_import, "reactive_power_import", Source::bt28, 2, Unit::var, false, Check::power},
  {Quantity::reactive_power_export, "reactive_power_export", Source::bt28, 3, Unit::var, false, Check::power},
  {Quantity::current_l1, "current_l1", Source::bt28, 4, Unit::milliampere, false, Check::current},
  {Quantity::current_l2, "current_l2", Source::bt28, 5, Unit::milliampere, false, Check::current},
  {Quantity::current_l3, "current_l3", Source::bt28, 6, Unit::milliampere, false, Check::current},
  {Quantity::voltage_l1, "voltage_l1", Source::bt28, 7, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l2, "voltage_l2", Source::bt28, 8, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l3, "voltage_l3", Source::bt28, 9, Unit::millivolt, false, Check::voltage},
  {Quantity::power_factor_l1, "power_factor_l1", Source::bt28, 10, Unit::thousandth, true, Check::power_factor},
  {Quantity::frequency, "frequency", Source::bt28, 11, Unit::millihertz, false, Check::frequency},
  {Quantity::apparent_power, "apparent_power", Source::bt28, 12, Unit::volt_ampere, false, Check::power},
  {Quantity::power_factor_l2, "power_factor_l2", Source::bt28, 13, Unit::thousandth, true, Check::power_factor},
  {Quantity::power_factor_l3, "power_factor_l3", Source::bt28, 14, Unit::thousandth, true, Check::power_factor},
  {Quantity::reactive_energy_import, "reactive_energy_import", Source::bt23, 2, Unit::var_hour, false, Check::rise},
  {Quantity::reactive_energy_export, "reactive_energy_export", Source::bt23, 3, Unit::var_hour, false, Check::rise},
  {Quantity::power_outage_time, "power_outage_time", Source::bt23, 4, Unit::second, false, Check::count},
  {Quantity::power_outages, "power_outages", Source::bt23, 5, Unit::count, false, Check::count},
  {Quantity::energy_sum, "energy_sum", Source::bt23, 6, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_net, "energy_net", Source::bt23, 7, Unit::watt_hour, true, Check::none},
  {Quantity::pulses_1, "pulses_1", Source::bt23, 8, Unit::count, false, Check::count},
  {Quantity::pulses_2, "pulses_2", Source::bt23, 9, Unit::count, false, Check::count},
  {Quantity::errors, "errors", Source::bt23, 10, Unit::count, false, Check::count},
  {Quantity::reactive_energy_q1, "reactive_energy_q1", Source::bt23, 11, Unit::var_hour, false, Check::rise},
  {Quantity::reactive_energy_q2, "reactive_energy_q2", Source::bt23, 12, Unit::var_hour, false, Check::rise},
  {Quantity::reactive_energy_q3, "reactive_energy_q3", Source::bt23, 13, Unit::var_hour, false, Check::rise},
  {Quantity::reactive_energy_q4, "reactive_energy_q4", Source::bt23, 14, Unit::var_hour, false, Check::rise},
  {Quantity::apparent_energy_q1, "apparent_energy_q1", Source::bt23, 15, Unit::volt_ampere_hour, false, Check::rise},
  {Quantity::apparent_energy_q2, "apparent_energy_q2", Source::bt23, 16, Unit::volt_ampere_hour, false, Check::rise},
  {Quantity::apparent_energy_q3, "apparent_energy_q3", Source::bt23, 17, Unit::volt_ampere_hour, false, Check::rise},
  {Quantity::apparent_energy_q4, "apparent_energy_q4", Source::bt23, 18, Unit::volt_ampere_hour, false, Check::rise},
  {Quantity::energy_import_t1, "energy_import_t1", Source::tiers, 0, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t2, "energy_import_t2", Source::tiers, 2, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t3, "energy_import_t3", Source::tiers, 4, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t4, "energy_import_t4", Source::tiers, 6, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t5, "energy_import_t5", Source::tiers, 8, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t6, "energy_import_t6", Source::tiers, 10, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t7, "energy_import_t7", Source::tiers, 12, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_import_t8, "energy_import_t8", Source::tiers, 14, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t1, "energy_export_t1", Source::tiers, 1, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t2, "energy_export_t2", Source::tiers, 3, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t3, "energy_export_t3", Source::tiers, 5, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t4, "energy_export_t4", Source::tiers, 7, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t5, "energy_export_t5", Source::tiers, 9, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t6, "energy_export_t6", Source::tiers, 11, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t7, "energy_export_t7", Source::tiers, 13, Unit::watt_hour, false, Check::rise},
  {Quantity::energy_export_t8, "energy_export_t8", Source::tiers, 15, Unit::watt_hour, false, Check::rise},
  {Quantity::phase_sine_l1, "phase_sine_l1", Source::bt28, 15, Unit::thousandth, true, Check::power_factor},
  {Quantity::phase_sine_l2, "phase_sine_l2", Source::bt28, 16, Unit::thousandth, true, Check::power_factor},
  {Quantity::phase_sine_l3, "phase_sine_l3", Source::bt28, 17, Unit::thousandth, true, Check::power_factor},
  {Quantity::power_import_primary, "power_import_primary", Source::bt28, 18, Unit::watt, false, Check::power},
  {Quantity::power_export_primary, "power_export_primary", Source::bt28, 19, Unit::watt, false, Check::power},
  {Quantity::reactive_power_import_primary, "reactive_power_import_primary", Source::bt28, 20, Unit::var, false, Check::power},
  {Quantity::reactive_power_export_primary, "reactive_power_export_primary", Source::bt28, 21, Unit::var, false, Check::power},
  {Quantity::reactive_power_q1, "reactive_power_q1", Source::bt28, 22, Unit::var, false, Check::power},
  {Quantity::reactive_power_q2, "reactive_power_q2", Source::bt28, 23, Unit::var, false, Check::power},
  {Quantity::reactive_power_q3, "reactive_power_q3", Source::bt28, 24, Unit::var, false, Check::power},
  {Quantity::reactive_power_q4, "reactive_power_q4", Source::bt28, 25, Unit::var, false, Check::power},
  {Quantity::power_import_l1, "power_import_l1", Source::bt28, 26, Unit::watt, false, Check::power},
  {Quantity::power_import_l2, "power_import_l2", Source::bt28, 27, Unit::watt, false, Check::power},
  {Quantity::power_import_l3, "power_import_l3", Source::bt28, 28, Unit::watt, false, Check::power},
  {Quantity::power_export_l1, "power_export_l1", Source::bt28, 29, Unit::watt, false, Check::power},
  {Quantity::power_export_l2, "power_export_l2", Source::bt28, 30, Unit::watt, false, Check::power},
  {Quantity::power_export_l3, "power_export_l3", Source::bt28, 31, Unit::watt, false, Check::power},
  {Quantity::power_l1, "power_l1", Source::derived, 1, Unit::watt, true, Check::none},
  {Quantity::power_l2, "power_l2", Source::derived, 2, Unit::watt, true, Check::none},
  {Quantity::power_l3, "power_l3", Source::derived, 3, Unit::watt, true, Check::none},
  {Quantity::power_import_l1_primary, "power_import_l1_primary", Source::bt28, 32, Unit::watt, false, Check::power},
  {Quantity::power_import_l2_primary, "power_import_l2_primary", Source::bt28, 33, Unit::watt, false, Check::power},
  {Quantity::power_import_l3_primary, "power_import_l3_primary", Source::bt28, 34, Unit::watt, false, Check::power},
  {Quantity::power_export_l1_primary, "power_export_l1_primary", Source::bt28, 35, Unit::watt, false, Check::power},
  {Quantity::power_export_l2_primary, "power_export_l2_primary", Source::bt28, 36, Unit::watt, false, Check::power},
  {Quantity::power_export_l3_primary, "power_export_l3_primary", Source::bt28, 37, Unit::watt, false, Check::power},
  {Quantity::current_l1_primary, "current_l1_primary", Source::bt28, 38, Unit::milliampere, false, Check::current},
  {Quantity::current_l2_primary, "current_l2_primary", Source::bt28, 39, Unit::milliampere, false, Check::current},
  {Quantity::current_l3_primary, "current_l3_primary", Source::bt28, 40, Unit::milliampere, false, Check::current},
  {Quantity::voltage_l1_continuous, "voltage_l1_continuous", Source::bt28, 41, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l2_continuous, "voltage_l2_continuous", Source::bt28, 42, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l3_continuous, "voltage_l3_continuous", Source::bt28, 43, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l1_average, "voltage_l1_average", Source::bt28, 44, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l2_average, "voltage_l2_average", Source::bt28, 45, Unit::millivolt, false, Check::voltage},
  {Quantity::voltage_l3_average, "voltage_l3_average", Source::bt28, 46, Unit::millivolt, false, Check::voltage},
  {Quantity::power_import_average, "power_import_average", Source::bt28, 47, Unit::watt, false, Check::power},
  {Quantity::power_export_average, "power_export_average", Source::bt28, 48, Unit::watt, false, Check::power},
  {Quantity::power_import_l1_average, "power_import_l1_average", Source::bt28, 49, Unit::watt, false, Check::power},
  {Quantity::power_import_l2_average, "power_import_l2_average", Source::bt28, 50, Unit::watt, false, Check::power},
  {Quantity::power_import_l3_average, "power_import_l3_average", Source::bt28, 51, Unit::watt, false, Check::power},
  {Quantity::power_export_l1_average, "power_export_l1_average", Source::bt28, 52, Unit::watt, false, Check::power},
  {Quantity::power_export_l2_average, "power_export_l2_average", Source::bt28, 53, Unit::watt, false, Check::power},
  {Quantity::power_export_l3_average, "power_export_l3_average", Source::bt28, 54, Unit::watt, false, Check::power},
  {Quantity::apparent_power_q1, "apparent_power_q1", Source::bt28, 55, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q2, "apparent_power_q2", Source::bt28, 56, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q3, "apparent_power_q3", Source::bt28, 57, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q4, "apparent_power_q4", Source::bt28, 58, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q1_l1, "apparent_power_q1_l1", Source::bt28, 59, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q2_l1, "apparent_power_q2_l1", Source::bt28, 60, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q3_l1, "apparent_power_q3_l1", Source::bt28, 61, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q4_l1, "apparent_power_q4_l1", Source::bt28, 62, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q1_l2, "apparent_power_q1_l2", Source::bt28, 63, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q2_l2, "apparent_power_q2_l2", Source::bt28, 64, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q3_l2, "apparent_power_q3_l2", Source::bt28, 65, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q4_l2, "apparent_power_q4_l2", Source::bt28, 66, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q1_l3, "apparent_power_q1_l3", Source::bt28, 67, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q2_l3, "apparent_power_q2_l3", Source::bt28, 68, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q3_l3, "apparent_power_q3_l3", Source::bt28, 69, Unit::volt_ampere, false, Check::power},
  {Quantity::apparent_power_q4_l3, "apparent_power_q4_l3", Source::bt28, 70, Unit::volt_ampere, false, Check::power},
  {Quantity::current_neutral, "current_neutral", Source::bt28, 71, Unit::milliampere, false, Check::current},
  {Quantity::current_l1_average, "current_l1_average", Source::bt28, 72, Unit::milliampere, false, Check::current},
  {Quantity::current_l2_average, "current_l2_average", Source::bt28, 73, Unit::milliampere, false, Check::current},
  {Quantity::current_l3_average, "current_l3_average", Source::bt28, 74, Unit::milliampere, false, Check::current},
  {Quantity::phase_angle_l12, "phase_angle_l12", Source::bt28, 75, Unit::centidegree, true, Check::angle},
  {Quantity::phase_angle_l23, "phase_angle_l23", Source::bt28, 76, Unit::centidegree, true, Check::angle},
  {Quantity::phase_angle_l31, "phase_angle_l31", Source::bt28, 77, Unit::centidegree, true, Check::angle},
  {Quantity::reactive_power_import_l1, "reactive_power_import_l1", Source::bt28, 78, Unit::var, false, Check::power},
  {Quantity::reactive_power_import_l2, "reactive_power_import_l2", Source::bt28, 79, Unit::var, false, Check::power},
  {Quantity::reactive_power_import_l3, "reactive_power_import_l3", Source::bt28, 80, Unit::var, false, Check::power},
  {Quantity::reactive_power_export_l1, "reactive_power_export_l1", Source::bt28, 81, Unit::var, false, Check::power},
  {Quantity::reactive_power_export_l2, "reactive_power_export_l2", Source::bt28, 82, Unit::var, false, Check::power},
  {Quantity::reactive_power_export_l3, "reactive_power_export_l3", Source::bt28, 83, Unit::var, false, Check::power},
    // clang-format on
}};
inline constexpr auto quantities = [] {
  std::array<QuantityInfo, quantity_count> known{};
  std::copy_n(all_quantities.begin(), known.size(), known.begin());
  return known;
}();

[[nodiscard]] constexpr const QuantityInfo& info(Quantity quantity) {
  return quantities[static_cast<std::size_t>(quantity)];
}
static_assert(std::ranges::all_of(quantities,
                                  [](const QuantityInfo& each) { return &info(each.id) == &each; }),
              "info() looks quantities up by their place");

// Registers are true however old they are; everything else is momentary and goes stale.
[[nodiscard]] constexpr bool is_register(Quantity quantity) {
  return info(quantity).source == Source::bt23 || info(quantity).source == Source::tiers;
}

// What is computed of two others.
struct Difference {
  Quantity is;
  Quantity of;
  Quantity less;
};
inline constexpr std::array<Difference, 4> all_differences{{
    {Quantity::power, Quantity::power_import, Quantity::power_export},
    {Quantity::power_l1, Quantity::power_import_l1, Quantity::power_export_l1},
    {Quantity::power_l2, Quantity::power_import_l2, Quantity::power_export_l2},
    {Quantity::power_l3, Quantity::power_import_l3, Quantity::power_export_l3},
}};
inline constexpr auto differences =
    std::span(all_differences)
        .first(quantity_count == all_quantities_count ? all_differences.size() : 1);

// Some of the quantities, by their number.
using QuantitySet = std::bitset<quantity_count>;
[[nodiscard]] inline QuantitySet every_quantity() {
  return QuantitySet().set();
}
template <typename Condition>
[[nodiscard]] QuantitySet quantities_with(Condition condition) {
  QuantitySet set;
  for (const QuantityInfo& each : quantities) {
    set.set(static_cast<std::size_t>(each.id), condition(each));
  }
  return set;
}
[[nodiscard]] inline const QuantitySet& registers() {
  static const QuantitySet set =
      quantities_with([](const QuantityInfo& each) { return is_register(each.id); });
  return set;
}
// What is read with each poll where nobody says otherwise: two reads of a packet each, which need
// no agreement on longer answers.
[[nodiscard]] inline const QuantitySet& usual_quantities() {
  constexpr std::size_t summations = 2;
  constexpr std::size_t present_values = 13;
  static const QuantitySet set = quantities_with([](const QuantityInfo& each) {
    return each.id == Quantity::power || (each.source == Source::bt23 && each.index < summations) ||
           (each.source == Source::bt28 && each.index < present_values);
  });
  return set;
}

// The values of one reading, each the meter's own integer, or absent.
class Values {
 public:
  [[nodiscard]] std::optional<std::int64_t> get(Quantity quantity) const {
    const auto number = static_cast<std::size_t>(quantity);
    return present_.test(number) ? std::optional(values_[number]) : std::nullopt;
  }
  void set(Quantity quantity, std::optional<std::int64_t> value) {
    const auto number = static_cast<std::size_t>(quantity);
    present_.set(number, value.has_value());
    values_[number] = value.value_or(0);
  }
  void clear() {
    values_.fill(0);
    present_.reset();
  }
  [[nodiscard]] const QuantitySet& present() const { return present_; }
  friend bool operator==(const Values&, const Values&) = default;

 private:
  std::array<std::int64_t, quantity_count> values_{};  // 0 where it is absent
  QuantitySet present_;
};

}  // namespace irmeter
