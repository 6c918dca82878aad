#include "tools/ir-meterctl/meter_table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "common/config/characters.hpp"
#include "common/config/checks.hpp"
#include "common/faces.hpp"
#include "lib/state.hpp"

namespace irmeterctl {
namespace {

constexpr std::size_t cell_width = 38;  // two in a line

std::string environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool speaks_utf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const std::string value = irmeterd::in_small_letters(environment(name)); !value.empty()) {
      return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
  }
  return false;
}

enum class Colour { none, green = 32, yellow = 33, red = 31, bold = 1 };

std::string coloured(const std::string& text, Colour colour, const Screen& screen) {
  return screen.colour && colour != Colour::none
             ? "\x1b[" + std::to_string(static_cast<int>(colour)) + "m" + text + "\x1b[0m"
             : text;
}

Colour colour_of(std::string_view state) {
  using irmeter::State;
  return state == irmeter::info(State::online).name ? Colour::green
         : state == irmeter::info(State::starting).name || state == irmeter::info(State::quiet).name
             ? Colour::yellow
             : Colour::red;
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t used = irmeterd::count_characters(text);
  return text.append(columns > used ? columns - used : 0, ' ');
}

// In lines that fit and begin with two blanks.
std::string wrapped(const std::string& text) {
  std::istringstream words(irmeterd::on_one_line(text));
  std::string result;
  std::string line = " ";
  for (std::string word; words >> word;) {
    for (; word.size() > screen_width - 2; word.erase(0, screen_width - 2)) {  // a long path
      result += line.size() > 1 ? line + "\n" : "";
      result += "  " + word.substr(0, screen_width - 2) + "\n";
      line = " ";
    }
    if (irmeterd::count_characters(line + word) + 1 > screen_width && line.size() > 1) {
      result += line + "\n";
      line = " ";
    }
    line += " " + word;
  }
  return line.size() > 1 ? result + line + "\n" : result;
}

// What belongs together: a class of Home Assistant's, or one that it lacks.
std::string_view kind_of(const irmeterd::Face& face) {
  return face.unit == "kvarh"                            ? "reactive_energy"
         : face.unit == "kVAh"                           ? "apparent_energy"
         : face.unit == "°"                              ? "phase_angle"
         : face.device_class.empty() || face.unit == "s" ? "other"
                                                         : face.device_class.view();
}

// "reactive_power" is "Reactive power".
std::string title_of(std::string_view kind) {
  std::string title(kind);
  std::ranges::replace(title, '_', ' ');
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

struct Group {
  std::string_view kind;
  std::vector<std::string> cells;
};

// The values by kind, in the order of the first of each.
std::vector<Group> groups_of(const Facts& facts) {
  std::vector<Group> groups;
  for (const Fact& fact : facts) {
    const auto* const face =
        std::ranges::find(irmeterd::faces, std::string_view(fact.key), &irmeterd::Face::json_key);
    if (face == irmeterd::faces.end()) {
      continue;
    }
    auto group = std::ranges::find(groups, kind_of(*face), &Group::kind);
    if (group == groups.end()) {
      group = groups.insert(groups.end(), Group{kind_of(*face), {}});
    }
    const std::string value = to_text(fact.value);
    const std::size_t room = cell_width - 2 - irmeterd::count_characters(value);
    group->cells.push_back(padded(fact.label.substr(0, room), room) + value);
  }
  return groups;
}

std::string age_text(const MeterInfo& meter, Moment now) {
  if (meter.last_reading_usec == 0) {
    return "not read yet";
  }
  const auto age = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - meter.read_at()).count(), 0);
  return age < 600 ? "read " + std::to_string(age) + " s ago"
                   : "read at " + to_text(meter.read_at());
}

}  // namespace

Screen screen() {
  Screen screen;
  screen.terminal = ::isatty(STDOUT_FILENO) == 1;
  screen.colour =
      screen.terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  screen.utf8 = speaks_utf8();
  if (winsize size{}; ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
    screen.lines = size.ws_row;
  }
  return screen;
}

std::string sparkline(const std::vector<double>& values, std::size_t most, bool utf8) {
  constexpr std::array<const char*, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view letters = "_.-=+*%#";
  const auto from = values.end() - static_cast<std::ptrdiff_t>(std::min(most, values.size()));
  const auto [low, high] = std::minmax_element(from, values.end());
  std::string line;
  for (auto value = from; value != values.end(); ++value) {
    const double part = *high > *low ? (*value - *low) / (*high - *low) : 0;
    const auto step = static_cast<std::size_t>(std::lround(part * 7.0));
    line += utf8 ? std::string(bars.at(step)) : std::string(1, letters[step]);
  }
  return line;
}

std::string meter_table(const MeterInfo& meter, Moment now, const Screen& screen,
                        const std::string& more) {
  std::string text = coloured(meter.name, Colour::bold, screen) + "  " +
                     coloured(meter.state, colour_of(meter.state), screen) + ", " +
                     age_text(meter, now) + "\n";
  if (!meter.serial_number.empty()) {
    text += wrapped(meter.manufacturer + " " + meter.model + ", serial number " +
                    meter.serial_number + ", firmware " + meter.firmware_version);
  }
  if (meter.current_ratio > 1 || meter.voltage_ratio > 1) {
    text += wrapped("behind transformers of " + std::to_string(meter.current_ratio) +
                    ":1 (current) and " + std::to_string(meter.voltage_ratio) + ":1 (voltage)");
  }
  if (meter.register_unit > 1) {
    text += wrapped("registers counted in " + std::to_string(meter.register_unit) + " Wh");
  }
  for (const MbusDeviceInfo& device : meter.mbus_devices) {
    text +=
        wrapped("M-Bus device " + std::to_string(device.slot) + ": " + mbus_text(meter, device));
  }
  text += wrapped("at " + meter.device);
  if (colour_of(meter.state) != Colour::green) {
    text += wrapped(meter.state_detail);
  }
  text += more;
  for (const Group& group : groups_of(facts_of(meter, now))) {
    text += "  " + coloured(title_of(group.kind), Colour::bold, screen) + "\n";
    for (std::size_t i = 0; i < group.cells.size(); i += 2) {
      text += "    " + group.cells[i] +
              (i + 1 < group.cells.size() ? "  " + group.cells[i + 1] : "") + "\n";
    }
  }
  return text;
}

std::string daemon_line(const DaemonInfo& daemon, const std::string& bus) {
  return wrapped("ir-meterd " + daemon.version + " on the " + bus +
                 " bus; MQTT: " + (daemon.mqtt.empty() ? "not configured" : daemon.mqtt))
      .substr(2);
}

}  // namespace irmeterctl
