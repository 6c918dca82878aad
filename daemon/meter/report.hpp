// What the log is told of a meter: who it is, each change of its state, and values that are in a
// reading although they break the rules.
#pragma once

#include <bitset>
#include <optional>
#include <string>

#include "common/log.hpp"
#include "daemon/snapshot.hpp"
#include "lib/fault.hpp"
#include "lib/meter/event_log.hpp"
#include "lib/meter/plan.hpp"
#include "lib/meter/plausibility.hpp"
#include "lib/meter/status.hpp"
#include "lib/time.hpp"

namespace irmeterd {

// The meter has told its identity, and it is another than before.
void log_found(const Log& log, const MeterSnapshot& meter);

// The changes of the state of one meter.
//
// There is a line after the first poll, and where the fault is another than that of the poll
// before; a new context of the same fault is no news. In ten minutes a fault has one line until the
// meter was online or quiet again, and there are six lines at most. Where there were more changes,
// one line at the end says how many, and what has become of the meter.
class StateLog {
 public:
  // before: the failure of the poll before.
  void poll_ended(const Log& log, const MeterSnapshot& meter,
                  const std::optional<irmeter::Failure>& before, irmeter::Instant now);

 private:
  [[nodiscard]] bool takes(const std::optional<irmeter::Failure>& failure);

  std::optional<irmeter::Instant> since_;   // the ten minutes, from the first line on
  std::bitset<irmeter::fault_count> told_;  // since the meter was last online or quiet
  unsigned lines_ = 0;
  unsigned untold_ = 0;  // changes
};

// A table that the meter does not give, or that makes no sense.
void log_left_out(const Log& log, const std::string& meter, const irmeter::TableLeftOut& table);

// The flags of BT03 that have appeared or gone; at first those that are set and no mere notice.
void log_flags(const Log& log, const std::string& meter,
               const std::optional<irmeter::StatusFlags>& before,
               const irmeter::StatusFlags& after);

// An entry of the meter's own log.
void log_event(const Log& log, const std::string& meter, const irmeter::LogEntry& entry);

void log_accepted(const Log& log, const std::string& meter,
                  const irmeter::Plausibility::Accepted& accepted);

}  // namespace irmeterd
