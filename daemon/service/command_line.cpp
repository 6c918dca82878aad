#include "daemon/service/command_line.hpp"

#include <getopt.h>
#include <sysexits.h>

#include <array>
#include <cstdio>

#include "common/version.hpp"

namespace irmeterd {
namespace {

// What getopt gives for an option: its row in the table.
enum Option : int { config, check_config, log_level, version, help };

constexpr std::array<OptionInfo, 5> option_table{{
    {"config", "FILE", "configuration (default /etc/ir-meterd/ir-meterd.toml)"},
    {"check-config", "", "check the configuration and exit: 0 good, 78 bad"},
    {"log-level", "LEVEL", "error, warning, info (default), debug or trace"},
    {"version", "", "print the version and exit"},
    {"help", "", "print this help and exit"},
}};

std::string help_text() {
  std::string text =
      "Usage: ir-meterd [OPTION]...\n"
      "Reads Echelon/NES electricity meters through their infrared port and shows the\n"
      "readings on D-Bus, MQTT and in a cache of files.\n\n";
  for (const OptionInfo& option : option_table) {
    std::string head(option.name);
    head += (option.value.empty() ? "" : " ") + std::string(option.value);
    head.resize(16, ' ');
    text += "  --" + head + " " + std::string(option.summary) + "\n";
  }
  return text + "\nExit status: 0 stopped in order, 64 bad command line, 78 bad configuration.\n";
}

}  // namespace

std::span<const OptionInfo> options() {
  return option_table;
}

CommandLine parse_command_line(int argc, char** argv) {
  std::array<option, option_table.size() + 1> known{};
  for (std::size_t i = 0; i < option_table.size(); ++i) {
    known[i] = {option_table[i].name.data(),
                option_table[i].value.empty() ? no_argument : required_argument, nullptr,
                static_cast<int>(i)};
  }
  CommandLine result;
  const auto bad_usage = [&] {
    std::fputs("Try 'ir-meterd --help'.\n", stderr);
    result.exit_status = EX_USAGE;
    return result;
  };
  int chosen = 0;
  while ((chosen = getopt_long(argc, argv, "", known.data(), nullptr)) != -1) {
    switch (chosen) {
      case config:
        result.config_path = optarg;
        break;
      case check_config:
        result.check_config = true;
        break;
      case log_level:
        if (const auto level = log_level_from(optarg)) {
          result.log_level = *level;
        } else {
          std::fprintf(stderr,
                       "ir-meterd: unknown log level '%s': use error, warning, info, debug or "
                       "trace\n",
                       optarg);
          return bad_usage();
        }
        break;
      case version:
        std::printf("ir-meterd %s\n", version_text);
        result.exit_status = 0;
        return result;
      case help:
        std::fputs(help_text().c_str(), stdout);
        result.exit_status = 0;
        return result;
      default:  // getopt has said what is wrong
        return bad_usage();
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "ir-meterd: unexpected argument '%s'\n", argv[optind]);
    return bad_usage();
  }
  return result;
}

}  // namespace irmeterd
