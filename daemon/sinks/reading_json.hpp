// The JSON documents made of a meter's snapshot, for MQTT and the cache.
//
// Every document has `time` (RFC 3339, UTC) and `meter` (the meter's id). Keys and decimals follow
// the table of quantities. A key once announced to readers stands in every document of its kind,
// null where the latest reading lacks it: a template that misses its key would keep an old value.
#pragma once

#include <string>

#include "daemon/snapshot.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/meter/reading.hpp"

namespace irmeterd {

using irmeter::QuantitySet;

// These three need a snapshot with a reading; `time` is the moment the meter answered.
// The energy registers among the announced quantities.
[[nodiscard]] std::string registers_json(const MeterSnapshot& meter, const QuantitySet& announced);
// The momentary values among them that are read with each poll. Only for a reading that is not
// stale.
[[nodiscard]] std::string live_json(const MeterSnapshot& meter, const QuantitySet& announced);
// Those of the slow pace. Only for details that are not stale; `time` is theirs.
[[nodiscard]] std::string details_json(const MeterSnapshot& meter, const QuantitySet& announced);
// Everything the reading and the details hold; once it is stale, only the registers.
[[nodiscard]] std::string reading_json(const MeterSnapshot& meter);

// Flags of BT03, tariff and clock; null is what the meter does not tell, or has not yet. `time` is
// when it told the flags.
[[nodiscard]] std::string status_json(const MeterSnapshot& meter);

// The newest interval of the load profile: registers at its end, and what was consumed in it. Only
// where there is one; `time` is its end, by the meter's clock.
[[nodiscard]] std::string history_json(const MeterSnapshot& meter);
// An entry of the meter's log; `time` is that of the event, by the meter's clock.
[[nodiscard]] std::string event_json(const MeterSnapshot& meter, const irmeter::LogEntry& entry);

// State, counters and timing; `time` is the moment of the last good reading, or null.
[[nodiscard]] std::string diagnostics_json(const MeterSnapshot& meter);

// Whether these documents of two snapshots differ only in what moves with every poll: the moment of
// the reading, how long it took, and the number of polls; the status has none of these. The
// registers are those of one and the same set, and go on being read: once they are stale, their
// time is told as well.
[[nodiscard]] bool same_registers(const MeterSnapshot& before, const MeterSnapshot& after);
[[nodiscard]] bool same_status(const MeterSnapshot& before, const MeterSnapshot& after);
[[nodiscard]] bool same_diagnostics(const MeterSnapshot& before, const MeterSnapshot& after);

}  // namespace irmeterd
