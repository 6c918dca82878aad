#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "common/loop.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/meter_table.hpp"

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

// What has been seen of a meter since watch began.
struct Past {
  std::vector<double> power;  // W, of the latest readings
  // Wh, of the registers, at a time: when it began, or the beginning of the day.
  std::optional<double> imported;
  std::optional<double> exported;
  Moment since;
};

std::optional<double> quantity(const MeterInfo& meter, const std::string& key) {
  const auto found = meter.quantities.find(key);
  return found != meter.quantities.end() ? std::optional(found->second) : std::nullopt;
}

// The table of each meter in place, drawn anew with every change and every second.
class Picture {
 public:
  Picture(Screen screen, Output& output) : screen_(screen), output_(output) {}

  void daemon(bool running) {
    running_ = running;
    meters_.clear();
  }
  void changed(const MeterInfo& meter) {
    Past& past = past_[meter.name];
    const auto power = meter.quantities.find("power");
    if (meter.last_reading_usec != meters_[meter.name].last_reading_usec) {
      if (power != meter.quantities.end()) {
        past.power.push_back(power->second);
        past.power.erase(past.power.begin(),
                         past.power.end() - std::min<std::ptrdiff_t>(std::ssize(past.power), bars));
      }
      const auto imported = quantity(meter, "energy_import");
      if (imported && (!past.imported || past.since < begin_of_day(meter.read_at()))) {
        past.imported = imported;
        past.exported = quantity(meter, "energy_export");
        past.since = meter.read_at();
      }
    }
    meters_[meter.name] = meter;
  }
  void removed(const MeterInfo& meter) { meters_.erase(meter.name); }

  // last: for the screen as it was before watch, where it stays.
  void draw(bool last) {
    const Moment now = std::chrono::system_clock::now();
    std::string text = running_ ? "" : "ir-meterd does not run; waiting for it\n";
    for (const auto& [name, meter] : meters_) {
      text += (text.empty() ? "" : "\n") + meter_table(meter, now, screen_, past_of(name, meter));
    }
    if (last) {
      output_.line("\x1b[?1049l" +
                   text.substr(0, text.size() - std::min<std::size_t>(1, text.size())));
      return;
    }
    std::istringstream lines(text);
    std::string frame = "\x1b[H";
    int row = 3;  // the last line and what is below it
    int left_out = 0;
    for (std::string line; std::getline(lines, line); ++row) {
      if (row < screen_.lines) {
        frame += line + "\x1b[K\n";
      } else {
        ++left_out;
      }
    }
    output_.line(frame + "\x1b[J\nCtrl-C ends it." +
                 (left_out > 0 ? " A taller window shows " + std::to_string(left_out) +
                                     " more line" + (left_out > 1 ? "s." : ".")
                               : ""));
  }
  void begin() { output_.line("\x1b[?1049h\x1b[2J"); }
  void resized() { screen_ = screen(); }

 private:
  static constexpr std::ptrdiff_t bars = 60;

  std::string past_of(const std::string& name, const MeterInfo& meter) {
    const Past& past = past_[name];
    std::string text;
    if (past.power.size() > 1) {
      text += "  Power   " + sparkline(past.power, bars, screen_.utf8) + "\n";
    }
    const auto imported = quantity(meter, "energy_import");
    if (past.imported && imported) {
      text += "  Energy  " + kwh(*imported - *past.imported) + " imported";
      const auto exported = quantity(meter, "energy_export");
      if (past.exported && exported) {
        text += ", " + kwh(*exported - *past.exported) + " exported";
      }
      text += " since " + to_text(past.since) + "\n";
    }
    return text;
  }

  Screen screen_;
  Output& output_;
  bool running_ = false;
  std::map<std::string, MeterInfo> meters_;
  std::map<std::string, Past> past_;
};

int watch_in_place(const CommandLine& options, Output& output, const Screen& on) {
  irmeterd::Loop loop;
  Picture picture(on, output);
  const auto end = [&loop] { loop.exit(EX_OK); };
  const auto terminate = loop.signal(SIGTERM, end);
  const auto interrupt = loop.signal(SIGINT, end);
  const auto hang_up = loop.signal(SIGHUP, end);
  const auto resize = loop.signal(SIGWINCH, [&] { picture.resized(); });
  DaemonClient client(chosen_bus(options));
  irmeterd::EventSource second;
  second = loop.timer([&] {
    picture.draw(false);
    if (!output.good()) {
      loop.exit(EX_OK);
    }
    irmeterd::Loop::arm(second, loop.now() + std::chrono::seconds(1));
  });
  const auto soon = [&] { irmeterd::Loop::arm(second, loop.now()); };
  DaemonClient::Events events;
  events.daemon = [&](bool running) {
    picture.daemon(running);
    soon();
  };
  events.changed = [&](const MeterInfo&, const MeterInfo& after) {
    picture.changed(after);
    soon();
  };
  events.removed = [&](const MeterInfo& meter) {
    picture.removed(meter);
    soon();
  };
  std::string problem;
  events.ended = [&](const Failure& failure) {
    problem = failure.what();
    loop.exit(EXIT_FAILURE);
  };
  picture.begin();
  client.watch(loop, std::move(events));
  const int status = loop.run();
  picture.draw(true);
  if (!problem.empty()) {
    print_error(problem);
  }
  return status;
}

}  // namespace

int watch(const CommandLine& options, Output& output) {
  if (const Screen on = screen(); on.terminal && !output.json() && !options.influx) {
    return watch_in_place(options, output, on);
  }
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
  if (options.influx) {
    events.daemon = [](bool) {};
    events.removed = [](const MeterInfo&) {};
    events.changed = [&](const MeterInfo& before, const MeterInfo& after) {
      if (after.last_reading_usec != before.last_reading_usec && !after.quantities.empty()) {
        output.line(influx_line(after));
        if (!output.good()) {
          loop.exit(EX_OK);
        }
      }
    };
  }
  events.ended = [&](const Failure& failure) {
    print_error(failure.what());
    loop.exit(EXIT_FAILURE);
  };
  client.watch(loop, std::move(events));
  return loop.run();
}

}  // namespace irmeterctl
