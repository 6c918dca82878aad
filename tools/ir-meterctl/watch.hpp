// ir-meterctl watch: a line for every change, until SIGINT, SIGTERM or nobody reads it.
#pragma once

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

[[nodiscard]] int watch(const CommandLine& options, Output& output);

}  // namespace irmeterctl
