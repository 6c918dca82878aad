// The daemon's configuration as the commands need it.
#pragma once

#include <optional>

#include "common/config/config.hpp"
#include "tools/ir-meterctl/command_line.hpp"

namespace irmeterctl {

// The configuration, or nothing after its problems were named on standard error: exit with
// EX_CONFIG then.
[[nodiscard]] std::optional<irmeterd::Config> load_configuration(const CommandLine& options);

// The bus to find the daemon on: as the command line says, else as the configuration does. One with
// problems, which are named, leaves the daemon running where it was: on the system bus, most
// likely.
[[nodiscard]] irmeterd::Bus chosen_bus(const CommandLine& options);

}  // namespace irmeterctl
