#include <sysexits.h>

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

Document retry_document(const std::string& meter) {
  return {{{"Meter", "name", meter},
           {"Outcome", "", "the state that 'ir-meterctl status' shows in a moment"}}};
}

int retry_key(const CommandLine& options, Output& output) {
  const DaemonClient client(chosen_bus(options));
  const auto meter = chosen_meter(client.look().meters, options.meter);
  if (!meter) {
    print_error(meter.error().what);
    return EX_USAGE;
  }
  client.retry_key(*meter);
  output.write(retry_document(*meter));
  return EX_OK;
}

}  // namespace irmeterctl
