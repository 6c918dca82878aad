// Home Assistant's device discovery: one message that describes a meter and all its entities.
//
// Home Assistant drops the whole meter for one foreign key at the top level, in `device` or in
// `origin`, and an entity for a unit that does not fit its class; both come from the table of
// quantities and are checked by the tests. Since Home Assistant 2024.11; documented at
// home-assistant.io, MQTT integration, "Device discovery payload".
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/mqtt/topics.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/snapshot.hpp"

namespace irmeterd {

// All that a discovery message of a meter depends on. It stays the same from poll to poll.
struct MeterDescription {
  std::string name;
  irmeter::Identity identity;
  QuantitySet announced;  // the quantities it gets entities for
  QuantitySet slow;
  std::chrono::milliseconds stale_limit{0};
  std::chrono::milliseconds details_limit{0};
  bool one_of_several = false;  // be it one after the other: its printed number is in its name
  bool has_status = false;
  bool has_tariff = false;
  bool has_clock = false;
  bool has_log = false;
  bool counts_tariffs = false;  // something was counted in a second one

  friend bool operator==(const MeterDescription&, const MeterDescription&) = default;
};

// The meter has been identified.
[[nodiscard]] MeterDescription describe(const MeterSnapshot& meter, const QuantitySet& announced,
                                        bool one_of_several);

// The payload for topics.discovery().
[[nodiscard]] std::string discovery_json(const MeterDescription& meter, const MqttTopics& topics);

// The daemon as a device: its id, and the payload for topics.discovery().
[[nodiscard]] std::string daemon_discovery_json(const MqttTopics& topics,
                                                const std::string& host_name);

// A device as the other form of discovery has it, made from its message: for each entity a topic
// and a payload. Home Assistant takes both forms for the same entities.
[[nodiscard]] std::map<std::string, std::string> component_messages(const std::string& id,
                                                                    const std::string& device,
                                                                    const MqttTopics& topics);

// What Home Assistant is told at a topic that it has entities from, so that it lets go of them with
// all their settings, for another form to take over.
inline constexpr const char* migration_json = R"({"migrate_discovery":true})";

}  // namespace irmeterd
