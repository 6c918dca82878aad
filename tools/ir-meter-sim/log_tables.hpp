// The logs of the simulated meter as the bytes a read returns: of events (BT71, BT74, ET79) and of
// outages (ET81), with the tables that tell how long they are (ET36, ET54).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "lib/bytes.hpp"
#include "tools/ir-meter-sim/meter_memory.hpp"

namespace irmetersim {

[[nodiscard]] irmeter::Bytes log_dimensions();
// room: how many entries there can be.
[[nodiscard]] irmeter::Bytes log_table(const std::deque<LoggedEvent>& events, std::size_t room);
[[nodiscard]] irmeter::Bytes log_list();
[[nodiscard]] irmeter::Bytes more_status();
// last: the number of the newest one.
[[nodiscard]] irmeter::Bytes outage_table(const std::deque<Outage>& outages, std::uint16_t last);

}  // namespace irmetersim
