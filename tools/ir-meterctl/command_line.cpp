#include "tools/ir-meterctl/command_line.hpp"

#include <getopt.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
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
constexpr const char* help_text = R"(Usage: ir-meterctl [OPTION]... COMMAND
Sets up ir-meterd, finds out what is wrong, and shows what it reads.

  set-key            store the meter's key, typed in or from standard input
  ports              list serial devices, and which could be the probe
  check [METER]      check everything from the device to the readings, with cures
  status             show the meters and their latest readings
  watch              show every change until Ctrl-C
  retry-key [METER]  have a key tried once more that the meter has rejected
  forget [ID]        list what the broker keeps of meters, or remove what it keeps of one

  --config FILE      configuration to use (default /etc/ir-meterd/ir-meterd.toml)
  --bus BUS          system or session (default: as the configuration says)
  --json             print JSON: one document, of watch one on each line
  --root DIR         where ports, credentials and state are, in place of /
  --version          print the version and exit
  --help             print this help and exit

Of retry-key and forget:
  --yes              do not ask before the key is shown, or anything is removed

Of set-key:
  --meter NAME       the meter whose key it is, where several have keys of their own
  --no-restart       do not restart the service, which reads keys when it starts

Exit status: 0 fine, 1 something is not, 64 bad command line, 65 not a key, 73 key not stored,
74 output not written, 77 needs root, 78 bad configuration.
)";

enum Option : int { config = 1, bus, json, meter, no_restart, yes, root, version, help };

constexpr std::array<option, 10> options{{{"config", required_argument, nullptr, config},
                                          {"bus", required_argument, nullptr, bus},
                                          {"json", no_argument, nullptr, json},
                                          {"meter", required_argument, nullptr, meter},
                                          {"no-restart", no_argument, nullptr, no_restart},
                                          {"yes", no_argument, nullptr, yes},
                                          {"root", required_argument, nullptr, root},
                                          {"version", no_argument, nullptr, version},
                                          {"help", no_argument, nullptr, help},
                                          {nullptr, 0, nullptr, 0}}};

constexpr std::array<Command, 7> commands{{
    {"set-key", set_key, false, "--meter --no-restart"},
    {"ports", ports},
    {"check", check, true},
    {"status", status},
    {"watch", watch},
    {"retry-key", retry_key, true, "--yes"},
    {"forget", forget, true, "--yes"},
}};

// Reads the words behind the options; what is wrong with them, or nothing.
std::string read_operands(const std::vector<std::string>& words, CommandLine& result) {
  constexpr const char* known = "use set-key, ports, check, status, watch, retry-key or forget";
  if (words.empty()) {
    return std::string("a command is missing: ") + known;
  }
  const auto* const found = std::ranges::find(commands, words.front(), &Command::name);
  if (found == commands.end()) {
    return "unknown command " + in_quotes(words.front()) + ": " + known;
  }
  result.command = found;
  if (words.size() > 1 && found->run == set_key) {
    return "the key is asked for; on a command line others could read it";
  }
  if (words.size() > (found->takes_meter ? 2U : 1U)) {
    return "unexpected argument " + in_quotes(words.back()) + ": " + words.front() +
           (found->takes_meter ? " takes the name of one meter at most" : " takes none");
  }
  if (words.size() == 2) {
    result.meter = words.back();
  }
  return {};
}

// What is wrong with an option, without its value, which may be a key.
std::string bad_option(std::string_view word) {
  const std::string name(word.substr(0, word.find('=')));
  if (name == "--key") {
    return "the key is asked for by set-key; on a command line others could read it";
  }
  const auto known = std::find_if(options.begin(), options.end(), [&](const option& each) {
    return each.name != nullptr && name == std::string("--") + each.name;
  });
  if (known == options.end()) {
    return "there is no option " + in_quotes(name);
  }
  return "the option " + name +
         (known->has_arg == no_argument ? " takes no value" : " wants a value");
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine result;
  const auto bad_usage = [&](const std::string& problem) {
    print_error(problem);
    std::fputs("Try 'ir-meterctl --help'.\n", stderr);
    result.exit_status = EX_USAGE;
    return result;
  };
  std::string_view own_option;  // one that not every command has
  opterr = 0;                   // its messages repeat the whole option
  int chosen = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  while ((chosen = getopt_long(argc, argv, "", options.data(), nullptr)) != -1) {
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
        own_option = "--meter";
        break;
      case no_restart:
        result.restart = false;
        own_option = "--no-restart";
        break;
      case yes:
        result.confirmed = true;
        own_option = "--yes";
        break;
      case root:
        result.root = optarg;
        if (!result.root.starts_with('/')) {
          return bad_usage("--root: " + in_quotes(optarg) + " is not an absolute path");
        }
        break;
      case version:
      case help:
        std::fputs(chosen == help ? help_text : version_line, stdout);
        result.exit_status = std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
        return result;
      default:
        return bad_usage(optopt >= ' '
                             ? "there is no option -" + std::string(1, static_cast<char>(optopt))
                             : bad_option(argv[optind - 1]));
    }
  }
  const std::string problem = read_operands({argv + optind, argv + argc}, result);
  if (!problem.empty()) {
    return bad_usage(problem);
  }
  if (result.command->own_options.find(own_option) == std::string_view::npos) {
    std::string owners;
    for (const Command& command : commands) {
      if (command.own_options.find(own_option) != std::string_view::npos) {
        owners += (owners.empty() ? "" : " and ") + std::string(command.name);
      }
    }
    const bool wants_meter = own_option == "--meter" && result.command->takes_meter;
    return bad_usage(
        std::string(own_option) + " is an option of " + owners +
        (wants_meter ? ": write " + std::string(result.command->name) + " METER" : ""));
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
  return config ? config->bus : irmeterd::Bus::system;
}

}  // namespace irmeterctl
