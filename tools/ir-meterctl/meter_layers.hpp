// The layers between configuration and reading, told from how a poll ended.
//
// The same for a poll that this program made and for one of the running daemon: state, sentence and
// what is known of the meter are all that is needed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/meter/reading.hpp"
#include "lib/state.hpp"
#include "tools/ir-meterctl/check_line.hpp"

namespace irmeterctl {

struct PollResult {
  irmeter::State state = irmeter::State::starting;
  std::string detail;          // as StateDetail on D-Bus
  irmeter::Identity identity;  // empty where the meter was not identified
  std::vector<irmeter::Quantity> given;
  int signal = 0;  // that told this program to end; the poll was still seen through
};

// One line for each layer from device to BT28.
[[nodiscard]] std::vector<CheckLine> meter_layers(const std::string& meter,
                                                  const std::string& device,
                                                  const PollResult& poll);

// The fault behind a state, and where it was met; nothing when there is none.
[[nodiscard]] std::optional<irmeter::Failure> failure_in(irmeter::State state,
                                                         std::string_view detail);

}  // namespace irmeterctl
