#include "tools/ir-meterctl/command_line.hpp"

#include <getopt.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <vector>

#include "common/config/checks.hpp"
#include "tools/ir-meterctl/commands.hpp"

namespace irmeterctl {
namespace {

using irmeterd::Bus;
using irmeterd::in_quotes;

constexpr const char* version_line = "ir-meterctl " IRMETER_VERSION "\n";
constexpr const char* exit_statuses =
    "Exit status: 0 fine, 1 something is not, 64 bad command line, 65 not a key or\n"
    "password, 73 not stored, 74 output not written, 77 needs root, 78 bad\n"
    "configuration.\n";

// What getopt gives for an option: its row in the table.
enum Option : int {
  config,
  bus,
  json,
  root,
  yes,
  meter,
  device,
  key_file,
  broker,
  username,
  password_file,
  ca_file,
  no_restart,
  influx,
  no_key,
  offset,
  count,
  hex,
  raw,
  anonymous,
  from,
  to,
  csv,
  billing,
  version,
  help_wanted
};

constexpr std::array<OptionInfo, 26> option_table{{
    {"config", "FILE", "configuration (default /etc/ir-meterd/ir-meterd.toml)"},
    {"bus", "BUS", "system or session (default: as the configuration says)"},
    {"json", "", "print JSON: one document, of watch one on each line"},
    {"root", "DIR", "where ports, credentials and state are, in place of /"},
    {"yes", "", "do not ask"},
    {"meter", "NAME", "the meter that is meant, where there are several"},
    {"device", "DEVICE", "the optical probe: its path, or tcp://HOST:PORT"},
    {"key-file", "FILE", "a file with the meter's key; - is standard input"},
    {"broker", "URL", "mqtt:// or mqtts://HOST:PORT, or none"},
    {"username", "NAME", "who to log on to the broker as"},
    {"password-file", "FILE", "a file with the password for it; - is standard input"},
    {"ca-file", "FILE", "the authority that signed the broker's certificate"},
    {"no-restart", "", "do not restart the service"},
    {"influx", "", "print the line protocol of InfluxDB"},
    {"no-key", "", "show the meter no key where the daemon does not run"},
    {"offset", "N", "the first byte to read (default 0)"},
    {"count", "N", "how many bytes to read (default all that is known)"},
    {"hex", "", "print the bytes as hexadecimal digits"},
    {"raw", "", "print the bytes as they are"},
    {"anonymous", "", "leave out serial numbers and customer data"},
    {"from", "TIME", "the beginning, as 2026-11-20T17:30 (default a week ago)"},
    {"to", "TIME", "the end likewise (default now)"},
    {"csv", "", "print comma-separated values"},
    {"billing", "", "show the registers at the end of each month instead"},
    {"version", "", "print the version and exit; so does -V"},
    {"help", "", "print this help and exit; so does -h"},
}};

constexpr std::array<Command, 15> command_table{{
    {"setup", "", "set up probe, key and broker, and start the service", setup,
     "--meter --yes --device --key-file --broker --username --password-file --ca-file"},
    {"set-key", "", "store the meter's key, typed in or from standard input", set_key,
     "--meter --no-restart"},
    {"set-password", "", "store the password for the MQTT broker likewise", set_password,
     "--no-restart"},
    {"ports", "", "list serial devices, and which could be the probe", ports},
    {"check", "[METER]", "check every step, and say what to do where one fails", check},
    {"status", "", "show the meters and their latest readings", status},
    {"watch", "", "show every change until Ctrl-C", watch, "--influx"},
    {"table", "TABLE", "show a table of the meter, such as BT23, field by field", table,
     "--meter --no-key --offset --count --hex --raw"},
    {"dump", "DIR", "write every table that the meter gives into files", dump,
     "--meter --no-key --anonymous"},
    {"history", "", "draw or export what was consumed in each interval", history,
     "--meter --from --to --csv --influx --billing"},
    {"events", "[METER]", "show the meter's own log, the newest entry last", events},
    {"retry-key", "[METER]", "have a key tried once more that the meter has rejected", retry_key,
     "--yes"},
    {"retry-tables", "[METER]", "ask again for tables that a meter does not give", retry_tables},
    {"forget", "[ID]", "list what the broker keeps of meters, or remove it", forget, "--yes"},
    {"help", "", "print this help", help},
}};

// The help has 80 columns: the name with what stands behind it, and the summary.
constexpr std::size_t name_columns = 20;
constexpr std::size_t summary_columns = 80 - 2 - name_columns - 2;
static_assert(std::ranges::all_of(option_table, [](const OptionInfo& option) {
  return 2 + option.name.size() + 1 + option.value.size() <= name_columns &&
         option.summary.size() <= summary_columns;
}));
static_assert(std::ranges::all_of(command_table, [](const Command& command) {
  return command.name.size() + 1 + command.operand.size() <= name_columns &&
         command.summary.size() <= summary_columns;
}));

// The commands that an option is of alone, "retry-key and forget"; empty where all have it.
std::string owners_of(std::string_view name) {
  std::vector<std::string_view> owners;
  for (const Command& command : command_table) {
    if (has_own_option(command, name)) {
      owners.push_back(command.name);
    }
  }
  std::string text;
  for (const std::string_view owner : owners) {
    text += text.empty() ? "" : owner == owners.back() ? " and " : ", ";
    text += owner;
  }
  return text;
}

std::string help_text() {
  std::string text =
      "Usage: ir-meterctl [OPTION]... COMMAND\n"
      "Sets up ir-meterd, finds out what is wrong, and shows what it reads.\n\n";
  const auto add = [&text](std::string name, std::string_view operand, std::string_view summary) {
    name += (operand.empty() ? "" : " ") + std::string(operand);
    name.resize(name_columns, ' ');
    text += "  " + name + "  " + std::string(summary) + "\n";
  };
  for (const Command& command : command_table) {
    add(std::string(command.name), command.operand, command.summary);
  }
  std::string owners;
  text += "\n";
  for (const OptionInfo& option : option_table) {
    if (is_of_every_command(option)) {
      add("--" + std::string(option.name), option.value, option.summary);
    }
  }
  for (const OptionInfo& option : option_table) {
    if (const std::string of = owners_of(option.name); !of.empty()) {
      text += of == owners ? "" : "\nOf " + of + ":\n";
      owners = of;
      add("--" + std::string(option.name), option.value, option.summary);
    }
  }
  return text + "\n" + exit_statuses;
}

// "; did you mean ...?" where one of the names is near.
std::string near_miss(std::string_view word, const std::vector<std::string_view>& names,
                      const std::string& before_name) {
  const std::string_view near = irmeterd::nearest(word, names);
  return near.empty() ? "" : "; did you mean " + before_name + std::string(near) + "?";
}

// Reads the words behind the options; what is wrong with them, or nothing.
std::string read_operands(const std::vector<std::string>& words, CommandLine& result) {
  if (words.empty()) {
    return "a command is missing";
  }
  const auto* const found = std::ranges::find(command_table, words.front(), &Command::name);
  if (found == command_table.end()) {
    std::vector<std::string_view> names;
    names.reserve(command_table.size());
    for (const Command& command : command_table) {
      names.push_back(command.name);
    }
    return "unknown command " + in_quotes(words.front()) + near_miss(words.front(), names, "");
  }
  result.command = found;
  if (words.size() > 1 && (found->run == set_key || found->run == set_password)) {
    return std::string(found->run == set_key ? "the key" : "the password") +
           " is asked for; on a command line others could read it";
  }
  if (words.size() > (found->operand.empty() ? 1U : 2U)) {
    return "unexpected argument " + in_quotes(words.back()) + ": " + words.front() +
           (found->operand.empty() ? " takes none" : " takes one at most");
  }
  const bool optional = found->operand.empty() || found->operand.front() == '[';
  if (words.size() == 1 && !optional) {
    return words.front() + " wants a " + std::string(found->operand);
  }
  if (words.size() == 2) {
    (optional ? result.meter : result.operand) = words.back();
  }
  return {};
}

// A whole number up to `most`; nothing where it is none.
std::optional<std::uint32_t> whole_number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool fine = error == std::errc() && end == text.data() + text.size() && value <= most;
  return fine ? std::optional(value) : std::nullopt;
}

// What is wrong with an option, without its value, which may be a key.
std::string bad_option(std::string_view word) {
  const std::string_view whole = word.substr(0, word.find('='));
  const std::string_view name = whole.substr(std::min<std::size_t>(2, whole.size()));
  if (name == "key" || name == "password") {
    return "the " + std::string(name) + " is asked for by set-" + std::string(name) +
           "; on a command line others could read it";
  }
  const auto* const known = std::ranges::find(option_table, name, &OptionInfo::name);
  if (known == option_table.end()) {
    std::vector<std::string_view> names;
    names.reserve(option_table.size());
    for (const OptionInfo& option : option_table) {
      names.push_back(option.name);
    }
    return "there is no option " + in_quotes(whole) + near_miss(name, names, "--");
  }
  return "the option " + std::string(whole) +
         (known->value.empty() ? " takes no value" : " wants a value");
}

}  // namespace

std::span<const Command> commands() {
  return command_table;
}

std::span<const OptionInfo> options() {
  return option_table;
}

bool has_own_option(const Command& command, std::string_view name) {
  const std::string padded = " " + std::string(command.own_options) + " ";
  return padded.find(" --" + std::string(name) + " ") != std::string::npos;
}

bool is_of_every_command(const OptionInfo& option) {
  return owners_of(option.name).empty();
}

int help(const CommandLine&, Output& output) {
  const std::string text = help_text();
  output.line(text.substr(0, text.size() - 1));
  return EX_OK;
}

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine result;
  const auto bad_usage = [&](const std::string& problem) {
    print_error(problem);
    std::fputs("Try 'ir-meterctl --help'.\n", stderr);
    result.exit_status = EX_USAGE;
    return result;
  };
  // getopt takes an abbreviation too: a key behind --key would be the name of a file.
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--")) {
      const auto* const row =
          std::ranges::find(option_table, word.substr(2, word.find('=') - 2), &OptionInfo::name);
      if (row == option_table.end()) {
        return bad_usage(bad_option(word));
      }
      i += !row->value.empty() && word.find('=') == std::string_view::npos ? 1 : 0;
    }
  }
  std::array<option, option_table.size() + 1> known{};
  for (std::size_t i = 0; i < option_table.size(); ++i) {
    known[i] = {option_table[i].name.data(),
                option_table[i].value.empty() ? no_argument : required_argument, nullptr,
                static_cast<int>(i)};
  }
  std::vector<std::string_view> own_options;  // those that not every command has
  opterr = 0;                                 // its messages repeat the whole option
  int chosen = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  while ((chosen = getopt_long(argc, argv, "hV", known.data(), nullptr)) != -1) {
    switch (chosen) {
      case config:
        result.config_path = optarg;
        break;
      case bus:
        result.bus = optarg == std::string_view("session") ? Bus::session : Bus::system;
        if (result.bus == Bus::system && optarg != std::string_view("system")) {
          return bad_usage("--bus: " + in_quotes(optarg) + " is neither system nor session");
        }
        break;
      case json:
        result.json = true;
        break;
      case meter:
        result.meter = optarg;
        break;
      case no_restart:
        result.restart = false;
        break;
      case offset:
      case count: {
        constexpr std::uint32_t most_offset = (1U << 24U) - 1;
        const auto number =
            whole_number(optarg, chosen == offset ? most_offset : std::uint32_t{UINT16_MAX});
        if (!number || (chosen == count && number == 0U)) {
          return bad_usage("--" + std::string(option_table[static_cast<std::size_t>(chosen)].name) +
                           ": " + in_quotes(optarg) + " is not a number it can have");
        }
        if (chosen == offset) {
          result.offset = *number;
        } else {
          result.count = static_cast<std::uint16_t>(*number);
        }
        break;
      }
      case hex:
        result.form = TableForm::hex;
        break;
      case raw:
        result.form = TableForm::raw;
        break;
      case no_key:
        result.no_key = true;
        break;
      case anonymous:
        result.anonymous = true;
        break;
      case from:
        result.history.from = optarg;
        break;
      case to:
        result.history.to = optarg;
        break;
      case csv:
        result.history.csv = true;
        break;
      case influx:
        result.influx = true;
        break;
      case billing:
        result.history.billing = true;
        break;
      case yes:
        result.confirmed = true;
        break;
      case device:
        result.setup.device = optarg;
        break;
      case key_file:
        result.setup.key_file = optarg;
        break;
      case broker:
        result.setup.broker = optarg;
        break;
      case username:
        result.setup.username = optarg;
        break;
      case password_file:
        result.setup.password_file = optarg;
        break;
      case ca_file:
        result.setup.ca_file = optarg;
        break;
      case root:
        result.root = optarg;
        if (!result.root.starts_with('/')) {
          return bad_usage("--root: " + in_quotes(optarg) + " is not an absolute path");
        }
        break;
      case version:
      case 'V':
      case help_wanted:
      case 'h':
        std::fputs(chosen == version || chosen == 'V' ? version_line : help_text().c_str(), stdout);
        result.exit_status = std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
        return result;
      default:
        return bad_usage(optopt > help_wanted
                             ? "there is no option -" + std::string(1, static_cast<char>(optopt))
                             : bad_option(argv[optind - 1]));
    }
    if (chosen >= 0 && chosen <= help_wanted) {
      own_options.push_back(option_table[static_cast<std::size_t>(chosen)].name);
    }
  }
  std::vector<std::string_view> forms = own_options;
  std::erase_if(forms, [](std::string_view option) {
    return option != "json" && option != "csv" && option != "influx" && option != "hex" &&
           option != "raw";
  });
  for (const std::string_view form : forms) {
    if (form != forms.front()) {
      return bad_usage("--" + std::string(forms.front()) + " and --" + std::string(form) +
                       " are two ways to print the same: choose one");
    }
  }
  const std::string problem = read_operands({argv + optind, argv + argc}, result);
  if (!problem.empty()) {
    return bad_usage(problem);
  }
  for (const std::string_view own : own_options) {
    const std::string owners = owners_of(own);
    if (!owners.empty() && !has_own_option(*result.command, own)) {
      const bool wants_meter = own == "meter" && result.command->operand == "[METER]";
      return bad_usage(
          "--" + std::string(own) + " is an option of " + owners +
          (wants_meter ? ": write " + std::string(result.command->name) + " METER" : ""));
    }
  }
  return result;
}

std::optional<irmeterd::Config> load_configuration(const CommandLine& options) {
  irmeterd::LoadedConfig loaded = irmeterd::load_config(options.config_path);
  for (const irmeterd::ConfigProblem& problem : loaded.problems) {
    print_error(problem.text());
  }
  return loaded.problems.empty() ? std::optional(std::move(loaded.config)) : std::nullopt;
}

irmeterd::Bus chosen_bus(const CommandLine& options) {
  if (options.bus) {
    return *options.bus;
  }
  const auto config = load_configuration(options);
  if (!config) {
    print_error(
        "the configuration does not say which bus ir-meterd is on: the system bus is asked; write "
        "--bus session for the other one");
  }
  return config ? config->bus : irmeterd::Bus::system;
}

}  // namespace irmeterctl
