// The load profile of the simulated meter as the bytes a read returns: BT61 to BT64, with channels
// of forward and reverse energy.
#pragma once

#include <cstdint>
#include <deque>

#include "lib/bytes.hpp"
#include "tools/ir-meter-sim/meter_memory.hpp"
#include "tools/ir-meter-sim/profiles.hpp"

namespace irmetersim {

[[nodiscard]] irmeter::Bytes load_profile_dimensions(const Profile& meter);
[[nodiscard]] irmeter::Bytes load_profile_sources(const Profile& meter);
[[nodiscard]] irmeter::Bytes load_profile_status(const Profile& meter,
                                                 const std::deque<Interval>& intervals);
// unit: Wh that count as 1.
[[nodiscard]] irmeter::Bytes load_profile(const std::deque<Interval>& intervals, std::int32_t unit);

}  // namespace irmetersim
