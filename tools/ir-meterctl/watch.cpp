#include <sysexits.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "common/loop.hpp"
#include "tools/ir-meterctl/commands.hpp"

namespace irmeterctl {
namespace {

// "2026-11-22 10:15:30 main: Power import: 412 W; Voltage L1: 230.125 V"
std::string text_line(Moment at, const std::string& subject, const Facts& facts) {
  std::string text = to_text(at) + " " + subject;
  std::string before_fact;
  for (const Fact& fact : facts) {
    if (!fact.label.empty()) {
      text += before_fact + fact.label + ": " + to_text(fact.value);
      before_fact = "; ";
    }
  }
  return text;
}

// For JSON, where the name alone is not what other documents call the meter.
Facts names_of(const MeterInfo& meter) {
  Facts facts{{"", "name", meter.name}};
  if (const std::string id = meter.id(); !id.empty()) {
    facts.push_back({"", "meter", id});
  }
  return facts;
}

}  // namespace

int watch(const CommandLine& options, Output& output) {
  irmeterd::Loop loop;
  const auto terminate = loop.signal(SIGTERM, [&] { loop.exit(EX_OK); });
  const auto interrupt = loop.signal(SIGINT, [&] { loop.exit(EX_OK); });
  DaemonClient client(chosen_bus(options));
  const auto now = [] { return std::chrono::system_clock::now(); };
  const auto print = [&](Moment at, const std::string& subject, const Facts& names,
                         const Facts& changes) {
    if (output.json()) {
      Document document{{{"", "time", at}}};
      document.facts.insert(document.facts.end(), names.begin(), names.end());
      document.facts.insert(document.facts.end(), changes.begin(), changes.end());
      output.write(document);
    } else {
      output.line(text_line(at, subject, changes));
    }
    if (!output.good()) {
      loop.exit(EX_OK);
    }
  };
  DaemonClient::Events events;
  events.daemon = [&](bool running) {
    const std::string state = running ? "running" : "not running";
    print(now(), "", {}, {{"Daemon", "daemon", state}});
  };
  events.changed = [&](const MeterInfo& before, const MeterInfo& after) {
    const Facts changes = changes_of(before, after);
    const bool read = before.last_reading_usec != after.last_reading_usec;
    if (!changes.empty()) {
      print(read ? after.read_at() : now(), after.name + ": ", names_of(after), changes);
    }
  };
  events.removed = [&](const MeterInfo& meter) {
    print(now(), meter.name + ": ", names_of(meter), {{"Removed", "removed", true}});
  };
  events.ended = [&](const Failure& failure) {
    print_error(failure.what());
    loop.exit(EXIT_FAILURE);
  };
  client.watch(loop, std::move(events));
  return loop.run();
}

}  // namespace irmeterctl
