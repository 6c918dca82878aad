// What the log is told of a meter: who it is, each change of its state, and values that are in a
// reading although they break the rules.
#pragma once

#include <optional>
#include <string>

#include "common/log.hpp"
#include "daemon/snapshot.hpp"
#include "lib/meter/plausibility.hpp"

namespace irmeterd {

// The meter has told its identity, and it is another than before.
void log_found(const Log& log, const MeterSnapshot& meter);

// A poll has ended. There is a line after the first one, and where the fault is another than that
// of the poll before; a new context of the same fault is no news.
void log_poll(const Log& log, const MeterSnapshot& meter,
              const std::optional<irmeter::Failure>& before);

void log_accepted(const Log& log, const std::string& meter,
                  const irmeter::Plausibility::Accepted& accepted);

}  // namespace irmeterd
