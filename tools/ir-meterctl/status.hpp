// ir-meterctl status: the daemon, its meters and their latest readings.
#pragma once

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

[[nodiscard]] int status(const CommandLine& options, Output& output);

// What it prints of a daemon that is there, and of one that is not.
[[nodiscard]] Document document_of(const DaemonInfo& daemon, irmeterd::Bus bus, Moment now);
[[nodiscard]] Document document_of(const Failure& failure);

}  // namespace irmeterctl
