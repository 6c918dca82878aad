#include "tools/pages/tables.hpp"

#include <regex>
#include <sstream>
#include <string_view>

#include "common/bus_names.hpp"
#include "common/config/keys.hpp"
#include "common/event_texts.hpp"
#include "common/faces.hpp"
#include "common/fault_texts.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/service/command_line.hpp"
#include "daemon/service/message_ids.hpp"
#include "daemon/sinks/cache/cache.hpp"
#include "lib/meter/status.hpp"
#include "tools/ir-meter-sim/fault.hpp"
#include "tools/ir-meter-sim/options.hpp"
#include "tools/ir-meter-sim/profiles.hpp"
#include "tools/ir-meterctl/check.hpp"
#include "tools/ir-meterctl/command_line.hpp"

namespace irmeterd {
namespace {

std::string word(std::string_view view) {
  return std::string(view);
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// In mdoc(7). An apostrophe inside of a word is no quotation mark.
std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inside = i > 0 && text[i - 1] != ' ' && i + 1 < text.size() && is_lower(text[i + 1]);
    result += text[i] == '-'               ? "\\-"
              : text[i] == '\'' && !inside ? "\\(aq"
                                           : std::string(1, text[i]);
  }
  return result;
}

// In lines of so many columns, of which all but the first begin with the indent.
std::string in_lines(const std::string& text, std::size_t columns, const std::string& indent = "") {
  std::string result;
  std::string line;
  std::istringstream words(text);
  for (std::string next; words >> next;) {
    if (!line.empty() && line.size() + 1 + next.size() > columns) {
      result += line + "\n";
      line = indent + next;
    } else {
      line += (line.empty() ? "" : " ") + next;
    }
  }
  return result + line + "\n";
}
std::string prose(std::string_view text) {
  return in_lines(escaped(text), 80);
}

std::string sentence(std::string text) {
  if (is_lower(text.front())) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text + ".";
}

// The cells of a row of a list with columns.
std::string cells(const std::vector<std::string>& texts) {
  std::string line;
  for (const std::string& text : texts) {
    line += (line.empty() ? ".It " : " Ta ") + escaped(text);
  }
  return line + "\n";
}

Table states() {
  Table table;
  for (const irmeter::StateInfo& state : irmeter::states) {
    table.push_back(
        {word(state.name), ".It Sy " + escaped(state.name) + "\n" + prose(meaning(state.id))});
  }
  return table;
}

std::string next_attempt(irmeter::Retry retry) {
  switch (retry) {
    case irmeter::Retry::same_poll:
      return "same poll";
    case irmeter::Retry::next_poll:
      return "next poll";
    case irmeter::Retry::hold_off:
      return "hold-off";
    case irmeter::Retry::by_user:
      return "on request";
  }
  return {};
}

Table faults() {
  Table table;
  for (const irmeter::FaultInfo& fault : irmeter::faults) {
    table.push_back({word(fault.name), ".It Sy " + escaped(fault.name) + " Pq state " +
                                           escaped(irmeter::info(fault.state).name) + " , " +
                                           escaped(next_attempt(fault.retry)) + "\n" +
                                           prose(sentence_of({fault.id, {}}))});
  }
  return table;
}

Table flags(irmeter::FlagKind kind) {
  Table table;
  for (const irmeter::StatusFlag& flag : irmeter::status_flags) {
    if (flag.kind == kind) {
      table.push_back({word(flag.name), ".Cm " + word(flag.name) + " ,\n"});
    }
  }
  table.back().text = ".Cm " + table.back().name + " .\n";
  return table;
}

Table events() {
  Table table;
  for (const auto& [id, name] : irmeter::event_names) {
    const bool last = id == irmeter::event_names.back().first;
    table.push_back({std::to_string(id), ".Cm " + event_type(id) + " Pq " + std::to_string(id) +
                                             (last ? " .\n" : " ,\n")});
  }
  return table;
}

Table topics() {
  const MqttTopics names{"<prefix>", "<discovery_prefix>", "<host>", "<discovery_prefix>/status"};
  Table table{{"daemon", names.daemon_availability()},
              {"meters", names.online_meters()},
              {"availability", names.availability("<id>")},
              {"registers", names.registers("<id>")},
              {"live", names.live("<id>")},
              {"details", names.details("<id>")},
              {"value", names.value("<id>", "<key>")},
              {"status", names.status("<id>")},
              {"history", names.history("<id>")},
              {"event", names.event("<id>")},
              {"diagnostics", names.diagnostics("<id>")},
              {"command", names.command("<id>")},
              {"daemon-discovery", names.discovery("ir-meterd-<host>")},
              {"discovery", names.discovery("<id>")},
              {"components", names.component_discovery("<platform>", "<id>", "<key>")},
              {"birth", names.birth}};
  for (Row& row : table) {
    row.text = ".It Pa " + escaped(row.text) + "\n";
  }
  return table;
}

std::string unit_or_one(std::string_view unit) {
  return unit.empty() ? "1" : word(unit);
}

Table values() {
  Table table;
  for (const Face& face : faces) {
    const bool usual = irmeter::usual_quantities().test(static_cast<std::size_t>(face.id));
    table.push_back({word(face.json_key), cells({word(face.json_key), unit_or_one(face.unit),
                                                 std::to_string(face.json_decimals),
                                                 irmeter::is_register(face.id) ? "registers"
                                                 : usual                       ? "live"
                                                                               : "details"})});
  }
  return table;
}

Table quantities() {
  Table table;
  for (const Face& face : faces) {
    const std::string key(irmeter::info(face.id).key);
    table.push_back({key, cells({key, face.dbus_name.empty() ? "none" : word(face.dbus_name),
                                 unit_or_one(face.dbus_unit)})});
  }
  return table;
}

Table errors() {
  Table table;
  for (const irmeter::StateInfo& state : irmeter::states) {
    if (state.id != irmeter::State::starting && state.id != irmeter::State::online) {
      table.push_back({word(state.name), cells({word(state.name), error_name(state.id)})});
    }
  }
  return table;
}

// Those of values, or the others with what they are; of a meter that has given every value.
Table metrics(bool of_values) {
  MeterSnapshot meter;
  meter.stale = false;
  meter.reading.emplace();
  for (const Face& face : faces) {
    meter.reading->values.set(face.id, 1);
  }
  const std::string all = prometheus_text({{"main", meter}});
  const std::size_t end_of_values = all.find("# HELP ir_meterd_up ");
  const std::regex family("# HELP (\\S+) (.*)\n# TYPE .*\n[^,]*,serial=\"[^\"]*\"(?:,([a-z]+)=)?");
  Table table;
  for (std::sregex_iterator found(all.begin(), all.end(), family), end; found != end; ++found) {
    const std::smatch& match = *found;
    if ((static_cast<std::size_t>(match.position()) < end_of_values) == of_values) {
      table.push_back({match[1], ".It Va " + match[1].str() +
                                     (match[3].matched ? " {" + match[3].str() + "}" : "") + "\n" +
                                     (of_values ? "" : prose(match[2].str() + "."))});
    }
  }
  return table;
}

// "METER" or "[METER]", behind what takes it.
std::string argument(std::string_view name) {
  if (name.empty()) {
    return {};
  }
  const bool may_be_left_out = name.front() == '[';
  return (may_be_left_out ? " Op Ar " : " Ar ") +
         escaped(may_be_left_out ? name.substr(1, name.size() - 2) : name);
}

std::string option(std::string_view name, std::string_view value) {
  return "Fl Fl " + escaped(name) + argument(value);
}
template <typename Options>
Table options(const Options& known, const std::string& macro = ".It ") {
  Table table;
  for (const auto& each : known) {
    table.push_back({word(each.name), macro + option(each.name, each.value) + "\n"});
  }
  return table;
}

Table commands() {
  Table table;
  for (const irmeterctl::Command& command : irmeterctl::commands()) {
    table.push_back(
        {word(command.name), ".It Cm " + escaped(command.name) + argument(command.operand) + "\n"});
  }
  return table;
}

Table layers() {
  Table table;
  for (const std::string_view layer : irmeterctl::layer_names) {
    table.push_back({word(layer), ".It Cm " + word(layer) + "\n"});
  }
  return table;
}

// A value of the configuration, where an apostrophe and a quotation mark are characters.
std::string literal(std::string_view text) {
  return std::regex_replace(escaped(text), std::regex("\""), "\\(dq");
}
Table keys() {
  Table table;
  for (const ConfigKeyInfo& key : all_keys()) {
    table.push_back(
        {word(key.table) + "." + word(key.name), ".It Cm " + word(key.name) + "\n",
         (key.use == KeyUse::required ? "Required.\n" : "") +
             (key.standard.empty() ? "" : ".D1 Default: " + literal(key.standard) + "\n") +
             ".D1 Example: " + literal(key.example) + "\n"});
  }
  return table;
}

Table own_options() {
  Table table;
  for (const irmeterctl::Command& command : irmeterctl::commands()) {
    std::string list;
    std::istringstream options(word(command.own_options));
    for (std::string option; options >> option;) {
      list += (list.empty() ? ".Fl Fl " : " ,\n.Fl Fl ") + escaped(option.substr(2));
    }
    if (!list.empty()) {
      table.push_back({word(command.name), ".It Cm " + escaped(command.name) + "\n" + list + "\n"});
    }
  }
  return table;
}

Table profiles() {
  Table table;
  for (const irmetersim::Profile& profile : irmetersim::profiles()) {
    table.push_back({word(profile.name), ".It Cm " + escaped(profile.name) + "\n" +
                                             prose(sentence(word(profile.description)))});
  }
  return table;
}

// Those that there is a kind of meter of.
Table firmware() {
  Table table;
  for (const irmetersim::Profile& profile : irmetersim::profiles()) {
    const std::string version = irmetersim::firmware_version(profile);
    if (irmetersim::find_firmware(version)->name == profile.name) {
      table.push_back({version, ".Li " + version + " ,\n"});
    }
  }
  table.back().text = ".Li " + table.back().name + " .\n";
  return table;
}

// What --help of the simulated meter has of faults, or of their parameters.
Table fault_help(bool parameters) {
  const std::regex item(R"( ([ *]) (\S+) +(.+?)(?: \(([a-z]+=[^)]*)\))?)");
  Table table;
  std::istringstream help(irmetersim::fault_help());
  bool of_parameters = false;
  for (std::string line; std::getline(help, line);) {
    std::smatch match;
    if (!line.starts_with(' ')) {
      of_parameters = line.starts_with("Parameters");
    } else if (of_parameters == parameters && std::regex_match(line, match, item)) {
      table.push_back({match[2], ".It Cm " + escaped(match[2].str()) +
                                     (match[1] == "*" ? " Ns *" : "") +
                                     (match[4].matched ? " Pq " + escaped(match[4].str()) : "") +
                                     "\n" + prose(sentence(match[3]))});
    }
  }
  return table;
}

// The entries of the catalog.
Table state_messages_table() {
  Table table;
  for (const auto& [state, id] : state_messages) {
    std::vector<std::string> sentences;
    for (const irmeter::FaultInfo& fault : irmeter::faults) {
      if (fault.state == state) {
        sentences.push_back(sentence_of({fault.id, {}}));
      }
    }
    std::string text = "-- " + word(id) + "\nSubject: Meter @METER@ is in the state " +
                       word(irmeter::info(state).name) +
                       "\nDefined-By: ir-meterd\nSupport: man:ir-meterd(8)\n"
                       "Documentation: man:ir-meterd(8)\n\n";
    if (sentences.size() > 1) {
      text += "The entry says which of these it is:\n\n";
      for (const std::string& each : sentences) {
        text += in_lines("- " + each, 78, "  ");
      }
    } else {
      text += in_lines(sentences.empty() ? word(meaning(state)) : sentences.front(), 78);
    }
    table.push_back(
        {word(irmeter::info(state).name), text + (state == irmeter::State::error ? "" : "\n")});
  }
  return table;
}

}  // namespace

const std::map<std::string, Table>& tables() {
  using irmeter::FlagKind;
  static const std::map<std::string, Table> all{
      {"states", states()},
      {"faults", faults()},
      {"problems", flags(FlagKind::problem)},
      {"tampers", flags(FlagKind::tamper)},
      {"notices", flags(FlagKind::notice)},
      {"events", events()},
      {"topics", topics()},
      {"values", values()},
      {"quantities", quantities()},
      {"errors", errors()},
      {"value-metrics", metrics(true)},
      {"metrics", metrics(false)},
      {"options", options(irmeterctl::options())},
      {"own-options", own_options()},
      {"commands", commands()},
      {"layers", layers()},
      {"keys", keys()},
      {"daemon-options", options(irmeterd::options())},
      {"synopsis", options(irmeterd::options(), ".Op ")},
      {"simulator-options", options(irmetersim::known_options())},
      {"firmware", firmware()},
      {"profiles", profiles()},
      {"simulated-faults", fault_help(false)},
      {"parameters", fault_help(true)},
      {"state-messages", state_messages_table()}};
  return all;
}

}  // namespace irmeterd
