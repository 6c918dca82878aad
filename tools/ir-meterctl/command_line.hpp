// The command line of ir-meterctl: one command, its operand, and options in any order; and the
// configuration it names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/config/config.hpp"
#include "common/option_info.hpp"

namespace irmeterctl {

struct CommandLine;
class Output;

struct Command {
  std::string_view name;
  std::string_view operand;  // what may stand behind it, "[METER]"; empty: nothing
  std::string_view summary;
  int (*run)(const CommandLine& options, Output& output);
  std::string_view own_options = {};  // those that not every command has
};
// In the order of the help.
[[nodiscard]] std::span<const Command> commands();

using irmeterd::OptionInfo;
// Likewise.
[[nodiscard]] std::span<const OptionInfo> options();
[[nodiscard]] bool is_of_every_command(const OptionInfo& option);
[[nodiscard]] bool has_own_option(const Command& command, std::string_view name);

// How a table is shown.
enum class TableForm : std::uint8_t { fields, hex, raw };

// What is shown of the past, and how: drawn where nothing else is wanted.
struct HistoryOptions {
  std::string from;  // as they were given; empty: not given
  std::string to;
  bool csv = false;
  bool billing = false;
};

// What setup is not to ask for; empty: not given.
struct SetupOptions {
  std::string device;
  std::string key_file;  // "-": standard input
  std::string broker;    // a URL or "none"
  std::string username;
  std::string password_file;  // as key_file
  std::string ca_file;
};

struct CommandLine {
  const Command* command = nullptr;  // only where exit_status is not set
  std::string config_path = "/etc/ir-meterd/ir-meterd.toml";
  std::optional<irmeterd::Bus> bus;  // system or session; absent: as the configuration says
  bool json = false;
  std::string
      meter;  // set-key --meter, and the operand of check, retry-key and forget; empty: not given
  std::string root;     // what stands for / where files are looked for or stored; empty: itself
  std::string operand;  // of table and dump: the table, the folder
  std::uint32_t offset = 0;            // of table
  std::optional<std::uint16_t> count;  // likewise
  TableForm form = TableForm::fields;  // likewise
  bool no_key = false;                 // table and dump: shows none
  bool anonymous = false;              // dump
  bool influx = false;                 // watch and history
  bool restart = true;                 // set-key and set-password
  bool confirmed = false;              // retry-key, forget and setup
  HistoryOptions history;
  SetupOptions setup;
  // Set when there is nothing left to do: after --help and --version (0), or after a message about
  // a bad command line (64, EX_USAGE).
  std::optional<int> exit_status;
};

[[nodiscard]] CommandLine parse_command_line(int argc, char** argv);

// The configuration, or nothing after its problems were named on standard error: exit with
// EX_CONFIG then.
[[nodiscard]] std::optional<irmeterd::Config> load_configuration(const CommandLine& options);

// The bus to find the daemon on: as the command line says, else as the configuration does. One with
// problems, which are named, leaves the daemon running where it was: on the system bus, most
// likely.
[[nodiscard]] irmeterd::Bus chosen_bus(const CommandLine& options);

}  // namespace irmeterctl
