#include "lib/session/key_ledger.hpp"

#include <algorithm>

namespace irmeter {

KeyTrust KeyLedger::trust(const std::string& serial_number) const {
  const auto known = std::ranges::find(known_, serial_number, &KeyFact::serial_number);
  return known == known_.end() ? KeyTrust::untried : known->trust;
}

void KeyLedger::learn(const std::string& serial_number, KeyTrust trust) {
  if (this->trust(serial_number) == trust) {
    return;
  }
  std::erase_if(known_, [&](const KeyFact& old) { return old.serial_number == serial_number; });
  known_.push_back({serial_number, trust});
  news_.push_back(known_.back());
}

std::optional<KeyFact> KeyLedger::fact() {
  if (news_.empty()) {
    return std::nullopt;
  }
  KeyFact next = std::move(news_.front());
  news_.pop_front();
  return next;
}

}  // namespace irmeter
