#include "tools/ir-meterctl/setup/report.hpp"

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
    facts.push_back({"For the energy dashboard", "entities", report.entities});
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
