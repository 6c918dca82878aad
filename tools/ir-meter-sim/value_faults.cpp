#include "tools/ir-meter-sim/value_faults.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace irmetersim {

void falsify_registers(MeterValues& values, Faults& faults, Instant now) {
  constexpr std::int64_t rollover = 1'000'000'000;
  if (const Faults::Active* const jump = faults.strike(FaultKind::register_jump, now)) {
    constexpr std::int64_t wh_per_kwh = 1'000;
    for (const std::size_t i : {summation::forward, summation::reverse}) {
      const std::int64_t shown = values.summations[i] + jump->fault.value * wh_per_kwh % rollover;
      values.summations[i] = static_cast<std::int32_t>((shown + rollover) % rollover);
    }
  }
}

void falsify_present_values(MeterValues& values, Faults& faults, Instant now) {
  constexpr std::array<std::pair<FaultKind, std::size_t>, 5> places{{
      {FaultKind::voltage, present::voltage},
      {FaultKind::current, present::current},
      {FaultKind::power, present::forward},
      {FaultKind::power_factor, present::power_factor_l1},
      {FaultKind::frequency, present::frequency},
  }};
  for (const auto& [kind, place] : places) {
    if (const Faults::Active* const fault = faults.strike(kind, now)) {
      values.present[place] = static_cast<std::int32_t>(fault->fault.value);
    }
  }
}

}  // namespace irmetersim
