// One poll of a meter without the daemon: through the daemon's own parts, for its line, its
// protocol and its record of keys that a meter has rejected.
#pragma once

#include <optional>
#include <string>

#include "common/config/config.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/meter_layers.hpp"

namespace irmeterctl {

// Ends within a minute, logged off from the meter; SIGINT and SIGTERM let the poll end first, a
// second one does not. state_directory: where the daemon records what meters made of their keys;
// a poll with a key needs one. Without a key the meter is asked for what it tells everybody. Throws
// std::exception when the system gives no event loop.
[[nodiscard]] PollResult probe(const irmeterd::MeterConfig& meter,
                               const std::optional<irmeter::Key>& key,
                               const std::string& state_directory);

}  // namespace irmeterctl
