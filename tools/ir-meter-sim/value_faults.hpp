// What the meter claims to have measured, where that is not what it has measured.
#pragma once

#include "tools/ir-meter-sim/faults.hpp"
#include "tools/ir-meter-sim/meter_values.hpp"

namespace irmetersim {

// Applies the faults that strike at a read of BT23.
void falsify_registers(MeterValues& values, Faults& faults, Instant now);
// Applies those that strike at a read of BT28.
void falsify_present_values(MeterValues& values, Faults& faults, Instant now);

}  // namespace irmetersim
