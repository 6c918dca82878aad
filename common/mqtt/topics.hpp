// The MQTT topics of the daemon, and the names it goes by at the broker.
#pragma once

#include <string>
#include <string_view>

namespace irmeterd {

struct MqttTopics {
  std::string prefix;            // topic_prefix of the configuration
  std::string discovery_prefix;  // Home Assistant's
  std::string host;              // machine_name()
  std::string birth;             // where Home Assistant says that it has started

  [[nodiscard]] std::string daemon_availability() const { return daemon("availability"); }
  // Where the broker keeps for us which meters are online: meter_list()
  [[nodiscard]] std::string online_meters() const { return daemon("meters"); }
  // id: irmeter::meter_id()
  [[nodiscard]] std::string availability(std::string_view id) const {
    return meter(id, "availability");
  }
  [[nodiscard]] std::string registers(std::string_view id) const { return meter(id, "registers"); }
  [[nodiscard]] std::string details(std::string_view id) const { return meter(id, "details"); }
  [[nodiscard]] std::string live(std::string_view id) const { return meter(id, "live"); }
  [[nodiscard]] std::string status(std::string_view id) const { return meter(id, "status"); }
  [[nodiscard]] std::string history(std::string_view id) const { return meter(id, "history"); }
  [[nodiscard]] std::string event(std::string_view id) const { return meter(id, "event"); }
  [[nodiscard]] std::string diagnostics(std::string_view id) const {
    return meter(id, "diagnostics");
  }
  // key: of a quantity
  [[nodiscard]] std::string value(std::string_view id, std::string_view key) const {
    return meter(id, "value/" + std::string(key));
  }
  [[nodiscard]] std::string command(std::string_view id) const { return meter(id, "command"); }
  [[nodiscard]] std::string discovery(std::string_view id) const {
    return discovery_prefix + "/device/" + std::string(id) + "/config";
  }
  // The other form, with a message for each entity of the device; "+" stands for any.
  [[nodiscard]] std::string component_discovery(std::string_view platform, std::string_view id,
                                                std::string_view key) const {
    return discovery_prefix + "/" + std::string(platform) + "/" + std::string(id) + "/" +
           std::string(key) + "/config";
  }
  // Of either form. The birth topic is none.
  [[nodiscard]] bool is_discovery(std::string_view topic) const {
    return topic.starts_with(discovery_prefix + "/") && topic.ends_with("/config");
  }

 private:
  [[nodiscard]] std::string daemon(std::string_view leaf) const {
    return prefix + "/daemon/" + host + "/" + std::string(leaf);
  }
  [[nodiscard]] std::string meter(std::string_view id, std::string_view leaf) const {
    return prefix + "/meter/" + std::string(id) + "/" + std::string(leaf);
  }
};

inline constexpr std::string_view mqtt_online = "online";
inline constexpr std::string_view mqtt_offline = "offline";
inline constexpr std::string_view mqtt_read_now = "read_now";

// Of this machine; empty where it has none.
[[nodiscard]] std::string host_name();
// The host name with everything outside [A-Za-z0-9_-] replaced by '_'; never empty.
[[nodiscard]] std::string host_topic_name(std::string_view host_name);

// This machine, as topics and client id name it: its host name, and six digits that two machines of
// one name differ in. They stay, and tell nobody the machine id.
[[nodiscard]] std::string machine_name();

// Of the device that a daemon is in Home Assistant.
[[nodiscard]] inline std::string daemon_id(std::string_view host) {
  return "ir-meterd-" + std::string(host);
}

}  // namespace irmeterd
