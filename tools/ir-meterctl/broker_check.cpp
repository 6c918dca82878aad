#include "tools/ir-meterctl/broker_check.hpp"

#include "common/mqtt/topics.hpp"
#include "tools/ir-meterctl/broker_visit.hpp"

namespace irmeterctl {
namespace {

std::string how_to_announce(bool daemon_runs) {
  return daemon_runs ? "see above whether the meter is read, in the daemon's status whether it is "
                       "connected, and whether the broker lets it write there"
                     : "start the service: systemctl enable --now ir-meterd";
}

CheckLine availability_line(const std::string& meter, const std::string* payload,
                            const std::string& topic, bool daemon_runs) {
  CheckLine line{Layer::availability, meter, Result::failed, "", how_to_announce(daemon_runs)};
  if (payload == nullptr) {
    line.detail = "the broker keeps nothing under " + topic;
  } else if (*payload != irmeterd::mqtt_online) {
    line.detail = "the meter is offline";
  } else {
    return {Layer::availability, meter, Result::ok, "the meter is online", ""};
  }
  return line;
}

CheckLine discovery_line(const std::string& meter, const std::string* payload,
                         const std::string& topic, bool daemon_runs) {
  if (payload == nullptr || payload->empty()) {
    return {Layer::discovery, meter, Result::failed, "the broker keeps nothing under " + topic,
            how_to_announce(daemon_runs)};
  }
  return {Layer::discovery, meter, Result::ok, "the broker keeps it under " + topic, ""};
}

}  // namespace

std::vector<CheckLine> check_broker(const irmeterd::MqttConfig& config,
                                    const std::vector<CheckedMeter>& meters,
                                    const std::string& root, bool daemon_runs) {
  std::vector<CheckLine> lines;
  const auto skip = [&lines](const CheckedMeter& meter, const std::string& why) {
    lines.push_back({Layer::discovery, meter.name, Result::not_tried, why, ""});
    lines.push_back({Layer::availability, meter.name, Result::not_tried, why, ""});
  };
  BrokerVisit broker(config, root);
  if (const auto wrong = broker.connect()) {
    lines.push_back({Layer::broker, "", Result::failed, wrong->what, wrong->cure});
    for (const CheckedMeter& meter : meters) {
      skip(meter, "");
    }
    return lines;
  }
  lines.push_back({Layer::broker, "", Result::ok, "connected to " + broker.address(), ""});

  const irmeterd::MqttTopics topics{config.topic_prefix, config.discovery_prefix, ""};
  std::vector<std::string> wanted;
  for (const CheckedMeter& meter : meters) {
    if (!meter.id.empty()) {
      wanted.push_back(topics.availability(meter.id));
      if (config.discovery) {
        wanted.push_back(topics.discovery(meter.id));
      }
    }
  }
  const auto kept = broker.kept(wanted);
  const auto payload = [&kept](const std::string& topic) {
    const auto found = kept.find(topic);
    return found == kept.end() ? nullptr : &found->second;
  };
  for (const CheckedMeter& meter : meters) {
    if (meter.id.empty()) {
      skip(meter, "the meter has not said who it is");
      continue;
    }
    const std::string discovery = topics.discovery(meter.id);
    const std::string availability = topics.availability(meter.id);
    lines.push_back(config.discovery
                        ? discovery_line(meter.name, payload(discovery), discovery, daemon_runs)
                        : CheckLine{Layer::discovery, meter.name, Result::ok,
                                    "switched off in the configuration", ""});
    lines.push_back(
        availability_line(meter.name, payload(availability), availability, daemon_runs));
  }
  return lines;
}

}  // namespace irmeterctl
