// What is known of the key at each meter it was shown to, and whether it may be shown again.
//
// Each wrong key raises an alarm at the utility. So a key that the meter has not accepted yet
// counts as shown before it is sent: whatever happens to the answer, to the line or to this
// process, it is not sent a second time unless somebody asks.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/session/key_fact.hpp"

namespace irmeter {

class KeyLedger {
 public:
  KeyLedger() = default;
  explicit KeyLedger(std::vector<KeyFact> known) : known_(std::move(known)) {}

  [[nodiscard]] KeyTrust trust(const std::string& serial_number) const;
  // Keeps what is news, for fact().
  void learn(const std::string& serial_number, KeyTrust trust);

  // Somebody asks: the next meter is shown the key, whatever is known.
  void allow_once() { allowed_ = true; }
  // Uses that up; true if it was there.
  bool take_allowance() { return std::exchange(allowed_, false); }

  // News, one after the other.
  [[nodiscard]] std::optional<KeyFact> fact();

 private:
  std::vector<KeyFact> known_;
  std::deque<KeyFact> news_;
  bool allowed_ = false;
};

}  // namespace irmeter
