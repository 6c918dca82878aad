// What is known of one key, and whether it may be shown: as the daemon's record, in memory.
#pragma once

#include <algorithm>
#include <vector>

#include "lib/session/key_fact.hpp"

namespace irmeter::testing {

struct KnownKey {
  std::vector<KeyFact> facts = {};  // one for each meter
  bool read_only = false;           // nothing can be written down

  [[nodiscard]] KeyTrust trust(const std::string& serial_number) const {
    const auto fact = std::ranges::find(facts, serial_number, &KeyFact::serial_number);
    return fact == facts.end() ? KeyTrust::untried : fact->trust;
  }

  [[nodiscard]] KeyPermission ask(const KeyQuestion& question) {
    const KeyPermission permission = permission_for(trust(question.serial_number), question.retry);
    if (is_attempt(permission) && read_only) {
      return KeyPermission::unrecorded;
    }
    if (is_attempt(permission)) {
      learn({question.serial_number, KeyTrust::unanswered});
    }
    return permission;
  }

  void learn(const KeyFact& news) {
    std::erase_if(facts,
                  [&](const KeyFact& fact) { return fact.serial_number == news.serial_number; });
    facts.push_back(news);
  }
};

}  // namespace irmeter::testing
