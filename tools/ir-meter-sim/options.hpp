// The command line of ir-meter-sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

// argv as given to main(). The household's clock starts at the present local time unless an option
// says otherwise.
[[nodiscard]] std::variant<Options, Stop> parse_options(int argc, char** argv);

}  // namespace irmetersim
