// The layers between configuration and reading, told from how a poll ended.
//
// The same for a poll that this program made and for one of the running daemon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/meter/reading.hpp"
#include "tools/ir-meterctl/advice.hpp"
#include "tools/ir-meterctl/check_line.hpp"

namespace irmeterctl {

struct PollResult {
  bool ended = false;  // nothing else is known before
  std::optional<irmeter::Failure> failure;
  std::optional<Advice> why_no_key;  // where more is known of it than the failure says
  irmeter::Identity identity;        // empty where the meter was not identified
  bool echo = false;                 // the probe heard itself, though the poll was good
  irmeter::QuantitySet withheld;     // as implausible
  std::vector<irmeter::Quantity> given;
  int signal = 0;  // that told this program to end; the poll was still seen through
};

// One line for each layer from device to BT28.
[[nodiscard]] std::vector<CheckLine> meter_layers(const std::string& meter,
                                                  const std::string& device,
                                                  const PollResult& poll);

}  // namespace irmeterctl
