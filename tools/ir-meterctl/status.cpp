#include "tools/ir-meterctl/status.hpp"

#include <sysexits.h>

#include <chrono>
#include <cstdlib>

#include "tools/ir-meterctl/configuration.hpp"

namespace irmeterctl {
namespace {

Reply<DaemonInfo> look(irmeterd::Bus bus) {
  DaemonClient client;
  if (auto failure = client.connect(bus)) {
    return std::move(*failure);
  }
  return client.look();
}

}  // namespace

Document document_of(const DaemonInfo& daemon, irmeterd::Bus bus, Moment now) {
  Document document;
  document.facts = {
      {"Daemon", "daemon", std::string("running")},
      {"Version", "version", daemon.version},
      {"Bus", "bus", std::string(bus == irmeterd::Bus::session ? "session" : "system")}};
  document.list_key = "meters";
  for (const auto& [path, meter] : daemon.meters) {
    document.groups.push_back(facts_of(meter, now));
  }
  return document;
}

Document document_of(const Failure& failure) {
  Document document{
      {{"Daemon", "daemon", std::string("not reached")}, {"Problem", "problem", failure.what}},
      "",
      {}};
  if (!failure.cure.empty()) {
    document.facts.push_back({"Cure", "cure", failure.cure});
  }
  return document;
}

int status(const CommandLine& options, Output& output) {
  const irmeterd::Bus bus = chosen_bus(options);
  const auto looked = look(bus);
  if (const auto* failure = std::get_if<Failure>(&looked)) {
    output.write(document_of(*failure));
    return EXIT_FAILURE;
  }
  output.write(document_of(std::get<DaemonInfo>(looked), bus, std::chrono::system_clock::now()));
  return EX_OK;
}

}  // namespace irmeterctl
