// The command line of ir-meter-sim.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/ir-meter-sim/fault.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmetersim {

struct Options {
  MeterSettings meter;  // link.baud is the speed of the line
  std::string link;     // path of the link to the pty; empty: TCP
  std::optional<std::uint16_t> port;
  std::vector<Fault> faults;
  bool verbose = false;
};

// Nothing to run: what to print, and the exit status.
struct Stop {
  std::string text;
  int status;
};

inline constexpr int exit_bad_usage = 64;

struct KnownOption {
  const char* name;        // without the dashes
  std::string_view value;  // "PATH"; empty: it takes none
  std::string_view summary;
  void (*apply)(Options& options, const std::string& value);  // throws; null: something is printed
};
// In the order of the help.
[[nodiscard]] std::span<const KnownOption> known_options();

// argv as given to main(). The household's clock starts at the present local time unless an option
// says otherwise.
[[nodiscard]] std::variant<Options, Stop> parse_options(int argc, char** argv);

}  // namespace irmetersim
