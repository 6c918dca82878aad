// The log of the meters, as the daemon has read it.
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/config/checks.hpp"
#include "tools/ir-meterctl/commands.hpp"

namespace irmeterctl {
namespace {

Moment time_of(const DaemonClient::Event& event) {
  return Moment(std::chrono::microseconds(event.time_usec));
}

}  // namespace

void add_events(Document& document, const MeterInfo& meter,
                const std::vector<DaemonClient::Event>& log) {
  document.list_key = "events";
  for (const DaemonClient::Event& event : log) {
    document.groups.push_back({{"", "time", time_of(event)},
                               {"", "name", meter.name},
                               {"", "meter", meter.id()},
                               {"", "id", Number{event.id, 0, {}}},
                               {"", "text", event.text}});
  }
}

// The widest line is that of "MEP device installed or removed, by the grid company", which leaves
// the name of a meter 10 characters of 80.
int events(const CommandLine& options, Output& output) {
  const DaemonClient client(chosen_bus(options));
  const Meters meters = client.look().meters;
  Document document;
  std::string text;
  bool found = false;
  for (const auto& [path, meter] : meters) {
    if (!options.meter.empty() && meter.name != options.meter) {
      continue;
    }
    found = true;
    const std::string name = meters.size() > 1 ? meter.name + ": " : "";
    const auto log = client.events(meter.name);
    add_events(document, meter, log);
    for (const DaemonClient::Event& event : log) {
      text += to_text(time_of(event)) + "  " + name + to_text(event.text) + "\n";
    }
    if (log.empty()) {
      text += name +
              "no entries; the log is read in the minutes after a start, where the meter "
              "gives it\n";
    }
  }
  if (!found) {
    print_error("ir-meterd has no meter " + irmeterd::in_quotes(options.meter));
    return EX_USAGE;
  }
  if (output.json()) {
    output.write(document);
  } else {
    output.bytes(text);
  }
  return EX_OK;
}

}  // namespace irmeterctl
