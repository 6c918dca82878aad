// What Home Assistant demands of a device discovery message, written from its documentation and
// schemas (MQTT integration; sensor, binary_sensor and button platforms), independently of the code
// that makes the message.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace irmeterd {

// Every rule the message breaks, as text. documents holds an example of the JSON document of each
// state topic that carries JSON, so that templates can be held against what is really published.
[[nodiscard]] std::vector<std::string> check_discovery(
    const nlohmann::json& message, const std::map<std::string, nlohmann::json>& documents);

}  // namespace irmeterd
