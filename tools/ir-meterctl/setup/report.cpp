#include "tools/ir-meterctl/setup/report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace irmeterctl {

Document document_of(const SetupReport& report) {
  Facts facts{{"", "ok", report.good()}, {"Configuration", "file", report.file}};
  const auto add = [&facts](const char* label, const char* key, const std::string& text) {
    if (!text.empty()) {
      facts.push_back({label, key, text});
    }
  };
  add("As it was before", "old_file", report.old_file);
  add("Device", "device", report.device);
  add("Meter", "meter", report.meter);
  add("Key", "key", report.key);
  add("Broker", "broker", report.broker);
  add("Service", "service", report.service);
  add("State", "state", report.state);
  if (!report.entities.empty()) {
    facts.push_back({"", "entities", report.entities});
    // As Home Assistant's energy dashboard calls them.
    constexpr std::array<const char*, 3> places{"consumption", "return to grid", "power"};
    for (std::size_t i = 0; i < std::min(places.size(), report.entities.size()); ++i) {
      facts.push_back({std::string("Energy dashboard, ") + places[i], "", report.entities[i]});
    }
  }
  facts.push_back(
      {"To see more", "", "ir-meterctl status, ir-meterctl watch, sudo ir-meterctl check"});
  for (const Fact& value : report.values) {
    facts.push_back({"", value.key, value.value});
  }
  return {facts};
}

Document problem_document(const Advice& problem) {
  Document document{{{"", "ok", false}, {"Problem", "problem", problem.what}}};
  if (!problem.cure.empty()) {
    document.facts.push_back({"Cure", "cure", problem.cure});
  }
  return document;
}

}  // namespace irmeterctl
