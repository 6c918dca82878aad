// What is known of a key at one meter, and whether it may be shown there.
//
// A wrong key shown to a meter raises an alarm at the utility. So a session asks before it shows a
// key, and whoever keeps the record writes the attempt down before it says yes.
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

// What a session found out.
struct KeyFact {
  std::string serial_number;  // of the meter, as Identity has it
  KeyTrust trust = KeyTrust::untried;

  friend bool operator==(const KeyFact&, const KeyFact&) = default;
};

// May the key be shown to this meter? The session waits for the answer.
struct KeyQuestion {
  std::string serial_number;
  bool retry = false;  // somebody asks for one more attempt, whatever is known

  friend bool operator==(const KeyQuestion&, const KeyQuestion&) = default;
};

enum class KeyPermission : std::uint8_t {
  proven,      // it may: the meter has accepted it before
  granted,     // it may: untried, or a retry, and now written down as unanswered
  rejected,    // the meter has rejected it
  unanswered,  // it was shown before, and the answer got lost
  unrecorded,  // the attempt could not be written down
};

}  // namespace irmeter
