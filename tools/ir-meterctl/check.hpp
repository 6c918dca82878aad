// ir-meterctl check: everything between the configuration and Home Assistant, layer by layer, each
// with its cure.
#pragma once

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

// Asks the daemon where it runs, else reads the meters itself. EX_OK if all is well, 1 if not,
// EX_USAGE where there is no such meter.
[[nodiscard]] int check(const CommandLine& options, Output& output);

}  // namespace irmeterctl
