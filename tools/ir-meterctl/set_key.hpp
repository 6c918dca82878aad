// ir-meterctl set-key: puts the meter's key where systemd hands it to the service.
#pragma once

#include <string>

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/key_store.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

[[nodiscard]] int set_key(const CommandLine& options, Output& output);

// What it prints: where the credential went, and what became of the service.
[[nodiscard]] Document document_of(const Stored& stored, const std::string& credential,
                                   const std::string& service);

}  // namespace irmeterctl
