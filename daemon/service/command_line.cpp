#include "daemon/service/command_line.hpp"

#include <getopt.h>
#include <sysexits.h>

#include <array>
#include <cstdio>

#include "common/version.hpp"

namespace irmeterd {
namespace {

constexpr const char* help_text =
    "Usage: ir-meterd [OPTION]...\n"
    "Reads Echelon/NES electricity meters through their infrared port and shows the readings on\n"
    "D-Bus, MQTT and in a cache of files.\n"
    "\n"
    "  --config FILE      configuration to use (default /etc/ir-meterd/ir-meterd.toml)\n"
    "  --check-config     check the configuration, print every problem and exit: 0 good, 78 bad\n"
    "  --log-level LEVEL  error, warning, info (default), debug or trace\n"
    "  --version          print the version and exit\n"
    "  --help             print this help and exit\n"
    "\n"
    "Exit status: 0 stopped in order, 64 bad command line, 78 bad configuration.\n";

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  enum Option { config = 1, check_config, log_level, version, help };
  const std::array<option, 6> options{{{"config", required_argument, nullptr, config},
                                       {"check-config", no_argument, nullptr, check_config},
                                       {"log-level", required_argument, nullptr, log_level},
                                       {"version", no_argument, nullptr, version},
                                       {"help", no_argument, nullptr, help},
                                       {nullptr, 0, nullptr, 0}}};
  CommandLine result;
  const auto bad_usage = [&] {
    std::fputs("Try 'ir-meterd --help'.\n", stderr);
    result.exit_status = EX_USAGE;
    return result;
  };
  int chosen = 0;
  while ((chosen = getopt_long(argc, argv, "", options.data(), nullptr)) != -1) {
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
        std::fputs(help_text, stdout);
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
