#include <sysexits.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/checks.hpp"
#include "common/mqtt/topics.hpp"
#include "tools/ir-meterctl/broker_visit.hpp"
#include "tools/ir-meterctl/commands.hpp"

namespace irmeterctl {
namespace {

// The level of a topic behind `begin`, where the rest begins with `end`; empty where it does not.
std::string_view level(std::string_view topic, std::string_view begin, std::string_view end) {
  if (!topic.starts_with(begin)) {
    return {};
  }
  topic.remove_prefix(begin.size());
  const std::size_t size = std::min(topic.find('/'), topic.size());
  return topic.substr(size).starts_with(end) ? topic.substr(0, size) : std::string_view();
}

std::map<std::string, KeptMeter> kept_meters(BrokerVisit& broker,
                                             const irmeterd::MqttConfig& config) {
  const std::string meters = config.topic_prefix + "/meter/";
  const std::string daemons = config.topic_prefix + "/daemon/";
  const irmeterd::MqttTopics topics{config.topic_prefix, config.discovery_prefix, "", ""};
  std::map<std::string, KeptMeter> kept;
  std::multimap<std::string, std::string> announced;  // topics, by id
  for (const auto& [topic, payload] :
       broker.all_kept({meters + "#", daemons + "#", topics.discovery("+"),
                        topics.component_discovery("+", "+", "+")})) {
    const auto meter = level(topic, meters, "/");
    const auto host = level(topic, daemons, "/");
    if (!meter.empty() || !host.empty()) {
      KeptMeter& of = kept[meter.empty() ? irmeterd::daemon_id(host) : std::string(meter)];
      of.topics.insert(topic);
      of.online =
          of.online || (topic.ends_with("/availability") && payload == irmeterd::mqtt_online);
    } else if (payload.find(R"("name":"ir-meterd")") != std::string::npos &&
               (payload.find('"' + meters) != std::string::npos ||
                payload.find('"' + daemons) != std::string::npos)) {
      // By a daemon of this prefix, whatever the platform.
      const std::size_t platform = topic.find('/', config.discovery_prefix.size() + 1);
      announced.emplace(level(topic, topic.substr(0, platform + 1), "/"), topic);
    }
  }
  for (const auto& [id, topic] : announced) {
    kept[id].topics.insert(topic);
  }
  return kept;
}

}  // namespace

Document kept_document(const std::map<std::string, KeptMeter>& meters) {
  Document document{{}, "meters"};
  for (const auto& [id, meter] : meters) {
    document.groups.push_back(
        {{"Meter", "meter", id},
         {"Online", "online", meter.online},
         {"Topics", "topics", std::vector(meter.topics.begin(), meter.topics.end())}});
  }
  return document;
}

int forget(const CommandLine& options, Output& output) {
  const auto config = load_configuration(options);
  if (!config) {
    return EX_CONFIG;
  }
  if (!config->mqtt) {
    print_error("the configuration has no [mqtt], so nothing is kept anywhere");
    return EXIT_FAILURE;
  }
  BrokerVisit broker(*config->mqtt, options.root);
  if (const auto wrong = broker.connect()) {
    print_error(wrong->what + ": " + wrong->cure);
    return EXIT_FAILURE;
  }
  auto kept = kept_meters(broker, *config->mqtt);
  if (const auto& failure = broker.failure()) {
    print_error(*failure);
    return EXIT_FAILURE;
  }
  if (options.meter.empty()) {
    output.write(kept_document(kept));
    if (kept.empty()) {
      print_error("the broker keeps nothing under " + config->mqtt->topic_prefix + "/");
    }
    return EX_OK;
  }
  std::erase_if(kept, [&](const auto& each) { return each.first != options.meter; });
  if (kept.empty()) {
    print_error("the broker keeps nothing of " + irmeterd::in_quotes(options.meter) +
                "; ir-meterctl forget lists what it keeps");
    return EXIT_FAILURE;
  }
  output.write(kept_document(kept));
  if (!options.confirmed &&
      !confirmed("A meter that is still configured has to be taken out of the configuration first, "
                 "and the service reloaded; the service of a daemon has to be stopped.\nHome "
                 "Assistant removes the device and its entities; "
                 "what it has recorded stays.\nRemove all of this from the broker?")) {
    print_error("nothing was removed; answer yes, or add --yes");
    return EXIT_FAILURE;
  }
  if (const auto left = broker.remove(kept.begin()->second.topics); !left.empty()) {
    print_error("the broker has not removed " + *left.begin() + ": see its log, and whether " +
                "it lets this user publish there");
    return EXIT_FAILURE;
  }
  return EX_OK;
}

}  // namespace irmeterctl
