#include <map>
#include <string>
#include <vector>

#include "common/mqtt/topics.hpp"
#include "tools/ir-meterctl/broker_visit.hpp"
#include "tools/ir-meterctl/check.hpp"

namespace irmeterctl {
namespace {

// Whether a document for Home Assistant is one of ours, about the meter with this topic. Of long
// ones only the beginning is here, which has all that is looked for.
bool describes(const std::string& document, const std::string& topic) {
  return document.starts_with("{") &&
         document.find("\"origin\":{\"name\":\"ir-meterd\"") != std::string::npos &&
         document.find("\"" + topic + "\"") != std::string::npos &&
         document.find("\"unique_id\":\"") != std::string::npos;
}

// Where Home Assistant is told of a meter; of several messages, of the one that every meter has.
std::string announced(const irmeterd::MqttConfig& config, const irmeterd::MqttTopics& topics,
                      const std::string& id) {
  return config.discovery == irmeterd::Discovery::components
             ? topics.component_discovery("sensor", id, "state")
             : topics.discovery(id);
}

}  // namespace

std::vector<CheckLine> check_broker(const irmeterd::MqttConfig& config,
                                    const std::vector<CheckedMeter>& meters,
                                    const std::string& root, bool daemon_runs) {
  std::vector<CheckLine> lines;
  const auto add = [&lines](Layer layer, const CheckedMeter& meter, CheckResult result,
                            const std::string& detail, const std::string& cure = {}) {
    lines.push_back({layer, meter.name, result, detail, cure});
  };
  BrokerVisit broker(config, root);
  const auto wrong = broker.connect();
  add(Layer::broker, {}, wrong ? CheckResult::failed : CheckResult::ok,
      wrong ? wrong->what : "connected to " + broker.address(), wrong ? wrong->cure : "");

  const irmeterd::MqttTopics topics{config.topic_prefix, config.discovery_prefix,
                                    irmeterd::machine_name(), ""};
  const std::string of_daemon = topics.daemon_availability();
  std::vector<std::string> wanted{of_daemon};
  for (const CheckedMeter& meter : meters) {
    if (!meter.id.empty()) {
      wanted.push_back(topics.availability(meter.id));
      if (config.discovery != irmeterd::Discovery::off) {
        wanted.push_back(announced(config, topics, meter.id));
      }
    }
  }
  auto kept = wrong ? std::map<std::string, std::string>{} : broker.kept(wanted);
  const std::string cure =
      daemon_runs ? "see above whether the meter is read, in the daemon's status whether it is "
                    "connected, and whether the broker lets it write there"
                  : "start the service: systemctl enable --now ir-meterd";
  for (const CheckedMeter& meter : meters) {
    if (wrong || meter.id.empty()) {
      for (const Layer layer : {Layer::discovery, Layer::availability}) {
        add(layer, meter, CheckResult::not_tried, wrong ? "" : "the meter has not said who it is");
      }
      continue;
    }
    const std::string discovery = announced(config, topics, meter.id);
    const std::string availability = topics.availability(meter.id);
    const std::string nothing = "the broker keeps nothing under ";
    if (config.discovery == irmeterd::Discovery::off) {
      add(Layer::discovery, meter, CheckResult::not_set_up, "switched off in the configuration");
    } else if (kept[discovery].empty()) {
      add(Layer::discovery, meter, CheckResult::failed, nothing + discovery, cure);
    } else if (!describes(kept[discovery], config.discovery == irmeterd::Discovery::components
                                               ? topics.diagnostics(meter.id)
                                               : availability)) {
      add(Layer::discovery, meter, CheckResult::failed,
          "what the broker keeps under " + discovery + " does not describe this meter",
          "see who else writes there, and have the meter announced anew: sudo systemctl restart "
          "ir-meterd");
    } else {
      add(Layer::discovery, meter, CheckResult::ok, "the broker keeps it under " + discovery);
    }
    // What has just been read or connected may still be on its way there.
    const auto online = [&](const std::string& topic) {
      return kept[topic] == irmeterd::mqtt_online ||
             (meter.is_read && broker.comes_to(topic, irmeterd::mqtt_online));
    };
    if (online(availability) && online(of_daemon)) {
      add(Layer::availability, meter, CheckResult::ok, "the meter is online");
    } else if (kept[availability] == irmeterd::mqtt_online) {
      add(Layer::availability, meter, CheckResult::failed,
          "the meter is online, but the daemon is not, under " + of_daemon, cure);
    } else if (kept[availability].empty()) {
      add(Layer::availability, meter, CheckResult::failed, nothing + availability, cure);
    } else {
      add(Layer::availability, meter, CheckResult::failed, "the meter is offline", cure);
    }
  }
  return lines;
}

}  // namespace irmeterctl
