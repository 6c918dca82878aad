// setup, 2: the key of the meter.
#include <utility>

#include "common/faces.hpp"
#include "tools/ir-meterctl/setup/steps.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterctl {
namespace {

using irmeterd::Secret;

Facts facts_of_values(const irmeter::Values& values) {
  Facts facts;
  for (const irmeterd::Face& face : irmeterd::faces) {
    if (const auto value = values.get(face.id)) {
      facts.push_back({std::string(face.label), std::string(face.json_key),
                       Number{*value, face.json_decimals, std::string(face.unit)}});
    }
  }
  return facts;
}

// What became of showing a key, by the record of keys, which shows one that is not proven once.
struct Shown {
  std::optional<Advice> wrong;
  bool rejected = false;
};

Shown show_key(Findings& findings, const irmeter::Key& key) {
  if (auto problem = why_no_record(findings.state_directory(), findings.options.root.empty())) {
    throw Ended{std::move(*problem)};
  }
  const Trial trial = try_meter(findings, key);
  if (auto wrong = trial.wrong_before(Layer::broker)) {
    return {std::move(wrong),
            trial.poll.failure && trial.poll.failure->state() == irmeter::State::key_rejected};
  }
  Dialogue::say("  The meter accepts it.");
  findings.report.values = facts_of_values(trial.poll.values);
  for (const Fact& fact : findings.report.values) {
    if (fact.key == "power_w" || fact.key.starts_with("energy_")) {
      Dialogue::say("  " + fact.label + ": " + to_text(fact.value));
    }
  }
  return {};
}

void leave_for_later(Findings& findings) {
  findings.report.key = "later";
  Dialogue::say("  Later, with 'sudo ir-meterctl set-key'. Until then the meter is not read.");
}

void take(Findings& findings, const Secret& secret) {
  findings.key = secret;
  findings.report.key = "stored";
}

// Whether the meter accepts it, or another one is to be typed in.
bool accepts(Findings& findings, Dialogue& dialogue, const irmeter::Key& key) {
  for (;;) {
    const Shown shown = show_key(findings, key);
    if (!shown.wrong) {
      return true;
    }
    dialogue.again(*shown.wrong);
    if (shown.rejected || !dialogue.ask_yes("  Try the same key again?", true)) {
      return false;
    }
  }
}

void type_in(Findings& findings, Dialogue& dialogue) {
  Dialogue::say(
      "  It is the read-only key (RK) of the optical port, which the grid company gives out. A "
      "wrong key raises an alarm there, so each key is shown to the meter only once. Press Enter "
      "to leave it for later.");
  for (;;) {
    const Secret secret = dialogue.ask_secret("  Key, 20 characters: ", key_kind, true);
    if (secret.empty()) {
      leave_for_later(findings);
      return;
    }
    if (accepts(findings, dialogue, *irmeter::Key::from_text(secret.reveal()))) {
      take(findings, secret);
      return;
    }
  }
}

}  // namespace

void ask_for_key(Findings& findings, Dialogue& dialogue) {
  Dialogue::say("2. The key");
  findings.report.key = "kept";
  if (findings.done) {
    Dialogue::say("  The meter accepts it.");
    return;
  }
  if (const std::string& path = findings.options.setup.key_file; !path.empty()) {
    const Secret secret = given_secret(path, key_kind);
    if (auto wrong = show_key(findings, *irmeter::Key::from_text(secret.reveal())).wrong) {
      throw Ended{std::move(*wrong)};
    }
    take(findings, secret);
    return;
  }
  const StoredKey stored = find_key(findings.meter(), findings.options.root);
  if (stored.key) {
    const auto wrong = show_key(findings, *stored.key).wrong;
    if (!wrong) {
      return;
    }
    dialogue.again(*wrong);
  }
  if (dialogue.asks()) {
    type_in(findings, dialogue);
  } else {
    leave_for_later(findings);
  }
}

}  // namespace irmeterctl
