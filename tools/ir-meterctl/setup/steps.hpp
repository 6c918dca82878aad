// The steps of setup, and what they hand on. Each proves its layer before the next one asks, and
// only the last one writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/config/config.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/check.hpp"
#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/setup/dialogue.hpp"
#include "tools/ir-meterctl/setup/report.hpp"
#include "tools/ir-meterctl/setup/service_pause.hpp"

namespace irmeterctl {

struct Findings {
  const CommandLine& options;
  std::string text;         // of the configuration as it is
  irmeterd::Config before;  // what it says
  irmeterd::Config wanted;  // and what it will
  irmeterd::Bus bus;
  std::size_t number = 0;     // of the meter
  bool done = false;          // probe and key are as they should be
  irmeterd::Secret key;       // to be stored; empty: none
  irmeterd::Secret password;  // likewise
  SetupReport report;

  [[nodiscard]] irmeterd::MeterConfig& meter() { return wanted.meters[number]; }
  [[nodiscard]] std::string state_directory() const { return options.root + "/var/lib/ir-meterd"; }
};

// All may throw Ended.

// The probe: where it is, and that a meter answers through it.
void ask_for_head(Findings& findings, Dialogue& dialogue, ServicePause& pause);
// The key: the stored one, a given one, or one that is typed in; the meter accepts it.
void ask_for_key(Findings& findings, Dialogue& dialogue);
// The broker: one that takes us, and lets us publish and subscribe; or none.
void ask_for_broker(Findings& findings, Dialogue& dialogue);
// Writes what has been found, and sees that the meter is read.
void write_and_start(Findings& findings, Dialogue& dialogue, ServicePause& pause);

// One poll from here.
struct Trial {
  PollResult poll;
  std::vector<CheckLine> lines;

  // The first thing that failed in a layer before this one.
  [[nodiscard]] std::optional<Advice> wrong_before(Layer end) const;
};
// Without a key the meter is asked for what it tells everybody. A signal that comes meanwhile
// throws Ended.
[[nodiscard]] Trial try_meter(Findings& findings, const std::optional<irmeter::Key>& key);

}  // namespace irmeterctl
