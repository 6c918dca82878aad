// Meters as tables for a terminal of 80 columns: what status shows there, and watch in place.
#pragma once

#include <string>
#include <vector>

#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/meter_info.hpp"

namespace irmeterctl {

// What the terminal at standard output can do.
struct Screen {
  bool terminal = false;
  bool colour = false;  // NO_COLOR is not set
  bool utf8 = false;
  int lines = 24;
};
[[nodiscard]] Screen screen();

// Values of the past, oldest first, as a line of bars; at most so many of the latest.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, std::size_t most, bool utf8);

// One line with state and age, one with who it is, what is wrong, more that is to be said before
// the values, and these by kind.
[[nodiscard]] std::string meter_table(const MeterInfo& meter, Moment now, const Screen& screen,
                                      const std::string& more = {});
// The line of the daemon.
[[nodiscard]] std::string daemon_line(const DaemonInfo& daemon, const std::string& bus);

}  // namespace irmeterctl
