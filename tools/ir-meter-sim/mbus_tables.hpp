// The M-Bus tables of the simulated meter (ET11, ET13, ET16), and the devices it reads.
#pragma once

#include <chrono>

#include "lib/bytes.hpp"
#include "tools/ir-meter-sim/profiles.hpp"

namespace irmetersim {

inline constexpr unsigned max_mbus_devices = 4;

// devices: how many there are.
[[nodiscard]] irmeter::Bytes mbus_dimensions(const Profile& meter, unsigned devices);
[[nodiscard]] irmeter::Bytes mbus_status();
// now: by the meter's local clock.
[[nodiscard]] irmeter::Bytes mbus_data(const Profile& meter, unsigned devices,
                                       std::chrono::sys_seconds now);

}  // namespace irmetersim
