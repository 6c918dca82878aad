#include <sysexits.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/bus_names.hpp"
#include "common/config/checks.hpp"
#include "lib/result.hpp"
#include "tools/ir-meterctl/commands.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;

// The meter that is wanted, or the only one there is: a wrong key raises an alarm at the grid
// company, so that none is shown to a meter that nobody meant.
irmeter::Result<std::string> chosen_meter(const Meters& meters, const std::string& wanted) {
  std::string names;
  for (const auto& [path, meter] : meters) {
    if (meter.name == wanted || (wanted.empty() && meters.size() == 1)) {
      return meter.name;
    }
    names += (names.empty() ? ": write one of " : ", ") + meter.name;
  }
  if (wanted.empty() && !meters.empty()) {
    return Error{"ir-meterd has several meters" + names};
  }
  return Error{"ir-meterd has no meter" +
               (wanted.empty() ? "" : " " + irmeterd::in_quotes(wanted)) + names};
}

}  // namespace

Document retry_document(const MeterInfo& meter) {
  return {{{"Meter", "name", meter.name},
           {"State", "state", meter.state},
           {"Outcome", "state_detail", meter.state_detail}}};
}

int retry_key(const CommandLine& options, Output& output) {
  const DaemonClient client(chosen_bus(options));
  const auto meter = chosen_meter(client.look().meters, options.meter);
  if (!meter) {
    print_error(meter.error().what);
    return EX_USAGE;
  }
  if (!options.confirmed &&
      !confirmed(
          "If the key is wrong, the meter raises an alarm at the grid company.\nShow it to the "
          "meter " +
          *meter + " once more?")) {
    print_error("nothing was done; answer yes if the key is right, or add --yes");
    return EXIT_FAILURE;
  }
  client.retry_key(*meter);
  try {
    client.read_now(*meter);
  } catch (const Failure&) {
    // How the poll ended is in the properties.
  }
  const Meters meters = client.look().meters;
  const auto found = meters.find(irmeterd::meter_path(*meter));
  if (found == meters.end()) {
    print_error("ir-meterd has no meter " + irmeterd::in_quotes(*meter) + " any more");
    return EXIT_FAILURE;
  }
  output.write(retry_document(found->second));
  return found->second.state == irmeter::info(irmeter::State::online).name ? EX_OK : EXIT_FAILURE;
}

Document retried_document(const std::vector<std::string>& meters) {
  return {{{"Asks again", "meters", meters}}};
}

int retry_tables(const CommandLine& options, Output& output) {
  const DaemonClient client(chosen_bus(options));
  std::vector<std::string> names;
  for (const auto& [path, meter] : client.look().meters) {
    if (options.meter.empty() || meter.name == options.meter) {
      client.retry_tables(meter.name);
      names.push_back(meter.name);
    }
  }
  if (names.empty()) {
    print_error("ir-meterd has no meter " + irmeterd::in_quotes(options.meter));
    return EX_USAGE;
  }
  output.write(retried_document(names));
  return EX_OK;
}

}  // namespace irmeterctl
