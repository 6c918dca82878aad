// The daemon's command line.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/log.hpp"
#include "common/option_info.hpp"

namespace irmeterd {

struct CommandLine {
  std::string config_path = "/etc/ir-meterd/ir-meterd.toml";
  bool check_config = false;
  LogLevel log_level = LogLevel::info;
  // Set when there is nothing left to do: after --help and --version (0), or after a message about
  // a bad command line (64, EX_USAGE).
  std::optional<int> exit_status;
};

// In the order of the help.
[[nodiscard]] std::span<const OptionInfo> options();

[[nodiscard]] CommandLine parse_command_line(int argc, char** argv);

}  // namespace irmeterd
