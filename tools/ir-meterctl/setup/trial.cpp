// One poll from here, told as check tells it.
#include <algorithm>

#include "tools/ir-meterctl/setup/steps.hpp"

namespace irmeterctl {

std::optional<Advice> Trial::wrong_before(Layer end) const {
  const auto found = std::ranges::find_if(lines, [end](const CheckLine& line) {
    return line.result == CheckResult::failed && line.layer < end;
  });
  return found == lines.end() ? std::nullopt : std::optional(Advice{found->detail, found->cure});
}

Trial try_meter(Findings& findings, const std::optional<irmeter::Key>& key) {
  Dialogue::say(key ? "  Reading with the key ..." : "  Listening ...");
  const irmeterd::MeterConfig& meter = findings.meter();
  Trial trial;
  trial.poll = probe(meter, key, findings.state_directory());
  if (trial.poll.signal != 0) {
    throw Ended{{"nothing was changed", ""}};
  }
  trial.lines = meter_layers(meter.name, meter.device, trial.poll);
  check_permission(trial.lines, meter.device, false);
  return trial;
}

}  // namespace irmeterctl
