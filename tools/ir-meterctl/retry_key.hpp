// ir-meterctl retry-key: a key that the meter has rejected, or not answered for, is shown to it
// once more.
#pragma once

#include <string>

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

[[nodiscard]] int retry_key(const CommandLine& options, Output& output);

// What it prints when the daemon has taken it on.
[[nodiscard]] Document retry_document(const std::string& meter);

}  // namespace irmeterctl
