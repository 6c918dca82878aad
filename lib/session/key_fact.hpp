// What is known of a key at one meter.
//
// A wrong key shown to a meter raises an alarm at the utility. So what became of the first attempt
// is remembered, also over restarts, and decides whether there may be another.
#pragma once

#include <cstdint>
#include <string>

namespace irmeter {

enum class KeyTrust : std::uint8_t {
  untried,     // never shown to this meter, or free to be shown again
  unanswered,  // shown, and what the meter made of it got lost
  proven,      // it has given a reading
  rejected,    // refused: by the Security service, or by the reads after it
};

struct KeyFact {
  std::string serial_number;  // of the meter, as Identity has it
  KeyTrust trust = KeyTrust::untried;

  friend bool operator==(const KeyFact&, const KeyFact&) = default;
};

}  // namespace irmeter
