#include <sysexits.h>

#include <chrono>
#include <cstdlib>

#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/meter_table.hpp"

namespace irmeterctl {
Document document_of(const DaemonInfo& daemon, irmeterd::Bus bus, Moment now) {
  const std::string bus_name = bus == irmeterd::Bus::session ? "session" : "system";
  Document document{
      {{"Daemon", "daemon", std::string("running")},
       {"Version", "version", daemon.version},
       {"Bus", "bus", bus_name},
       {"MQTT", "", daemon.mqtt.empty() ? std::string("not configured") : daemon.mqtt},
       {"", "mqtt", daemon.mqtt.empty() ? Value(Unknown{}) : Value(daemon.mqtt)}},
      "meters"};
  for (const auto& [path, meter] : daemon.meters) {
    document.groups.push_back(facts_of(meter, now));
  }
  return document;
}

Document document_of(const Failure& failure) {
  Document document{
      {{"Daemon", "daemon", std::string("not reached")}, {"Problem", "problem", failure.cause}}};
  if (!failure.cure.empty()) {
    document.facts.push_back({"Cure", "cure", failure.cure});
  }
  return document;
}

int status(const CommandLine& options, Output& output) try {
  const irmeterd::Bus bus = chosen_bus(options);
  const DaemonInfo daemon = DaemonClient(bus).look();
  const Moment now = std::chrono::system_clock::now();
  const Screen on = screen();
  if (!on.terminal || output.json()) {
    output.write(document_of(daemon, bus, now));
    return EX_OK;
  }
  std::string text = daemon_line(daemon, bus == irmeterd::Bus::session ? "session" : "system");
  for (const auto& [path, meter] : daemon.meters) {
    text += "\n" + meter_table(meter, now, on);
  }
  output.line(text.substr(0, text.size() - 1));
  return EX_OK;
} catch (const Failure& failure) {
  output.write(document_of(failure));
  return EXIT_FAILURE;
}

}  // namespace irmeterctl
