// The MQTT side of a check: whether the broker takes us with the configured credentials, and what
// it keeps for each meter.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "tools/ir-meterctl/check_line.hpp"

namespace irmeterctl {

struct CheckedMeter {
  std::string name;  // in the configuration
  std::string id;    // irmeter::meter_id(); empty where the meter was not identified
};

// The layer broker, then discovery and availability of each meter. root: where credentials are
// stored, as for find_credential(). daemon_runs: for the cures.
[[nodiscard]] std::vector<CheckLine> check_broker(const irmeterd::MqttConfig& config,
                                                  const std::vector<CheckedMeter>& meters,
                                                  const std::string& root, bool daemon_runs);

}  // namespace irmeterctl
