// Everything the simulated meter measures at one moment, as the integers its tables carry.
//
// The numbering is that of the vendor's tables: summation i of BT23, present value i of BT28. The
// household fills it, the tables encode it, and tests compare readings with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace irmetersim {

// The most that any known firmware has (BT21 bytes 3 and 9).
inline constexpr std::size_t max_summations = 19;
inline constexpr std::size_t max_present_values = 84;
inline constexpr std::size_t max_tiers = 8;

struct MeterValues {
  using Summations = std::array<std::int32_t, max_summations>;
  Summations summations{};                                 // Wh, varh, VAh, counts
  std::array<Summations, max_tiers> tiers{};               // the same by tariff
  std::array<std::int32_t, max_present_values> present{};  // W, var, mA, mV, mHz, thousandths

  friend bool operator==(const MeterValues&, const MeterValues&) = default;
};

// Places that code and tests speak of by name.
namespace summation {
inline constexpr std::size_t forward = 0;
inline constexpr std::size_t reverse = 1;
inline constexpr std::size_t outage_seconds = 4;
inline constexpr std::size_t outages = 5;
inline constexpr std::size_t forward_plus_reverse = 6;
inline constexpr std::size_t forward_minus_reverse = 7;
inline constexpr std::size_t errors = 10;
}  // namespace summation

namespace present {
inline constexpr std::size_t forward = 0;
inline constexpr std::size_t reverse = 1;
inline constexpr std::size_t reactive_import = 2;
inline constexpr std::size_t reactive_export = 3;
inline constexpr std::size_t current = 4;  // three phases from here on
inline constexpr std::size_t voltage = 7;  // three phases
inline constexpr std::size_t power_factor_l1 = 10;
inline constexpr std::size_t frequency = 11;
inline constexpr std::size_t apparent = 12;
inline constexpr std::size_t power_factor_l2 = 13;  // L3 follows
inline constexpr std::size_t sine = 15;             // three phases
inline constexpr std::size_t after_transformers = 18;
inline constexpr std::size_t reactive_quadrant = 22;         // four quadrants
inline constexpr std::size_t phase_forward = 26;             // three phases, then three reverse
inline constexpr std::size_t phase_after_transformers = 32;  // six values
inline constexpr std::size_t current_after_transformers = 38;
inline constexpr std::size_t voltage_continuous = 41;
inline constexpr std::size_t voltage_average = 44;
inline constexpr std::size_t power_average = 47;      // forward, reverse
inline constexpr std::size_t phase_average = 49;      // three forward, three reverse
inline constexpr std::size_t apparent_quadrant = 55;  // four quadrants, all phases
inline constexpr std::size_t phase_apparent = 59;     // four quadrants of each phase
inline constexpr std::size_t neutral_current = 71;
inline constexpr std::size_t current_average = 72;  // three phases
inline constexpr std::size_t voltage_angle = 75;    // from each phase to the next
inline constexpr std::size_t phase_reactive = 78;   // three import, three export
}  // namespace present

}  // namespace irmetersim
