// ir-meterctl ports: the serial ports, which of them could be the probe, and how to configure it.
#pragma once

#include <vector>

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"
#include "tools/ir-meterctl/serial_ports.hpp"

namespace irmeterctl {

[[nodiscard]] int ports(const CommandLine& options, Output& output);

// A group of facts for each port.
[[nodiscard]] Document ports_document(const std::vector<SerialPort>& ports);

}  // namespace irmeterctl
