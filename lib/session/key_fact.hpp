// What is known of a key at one meter, and whether it may be shown there.
//
// A wrong key shown to a meter raises an alarm at the utility. So a session asks before it shows a
// key, and whoever keeps the record writes the attempt down before it says yes.
//
// The rule: a key that this meter has not proven is shown to it once. Where the meter answers that
// it did not look, it is shown once more, later. Then somebody has to ask. Only a table that is
// read with the key proves it.
#pragma once

#include <cstdint>
#include <string>

namespace irmeter {

enum class KeyTrust : std::uint8_t {
  untried,     // never shown to this meter
  unanswered,  // shown, and what the meter makes of it is not known
  put_off,     // shown once, and the meter has not looked at it
  proven,      // a table was read with it
  rejected,    // refused: by the Security service, or by the reads after it
};

// What a session found out: put_off, proven or rejected.
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
  proven,      // it may, as often as it is needed
  granted,     // it may; put_off if the meter does not look
  last,        // it may, whatever comes of it
  rejected,    // the meter has rejected it
  unanswered,  // it was shown before, and what the meter makes of it is not known
  unrecorded,  // the attempt could not be written down
};

// The rule, but for unrecorded. What is granted or the last is written down as unanswered first.
[[nodiscard]] constexpr KeyPermission permission_for(KeyTrust known, bool retry) {
  switch (known) {
    case KeyTrust::untried:
      return KeyPermission::granted;
    case KeyTrust::put_off:
      return KeyPermission::last;
    case KeyTrust::proven:
      return KeyPermission::proven;
    case KeyTrust::unanswered:
      return retry ? KeyPermission::last : KeyPermission::unanswered;
    case KeyTrust::rejected:
      break;
  }
  return retry ? KeyPermission::last : KeyPermission::rejected;
}

[[nodiscard]] constexpr bool is_attempt(KeyPermission permission) {
  return permission == KeyPermission::granted || permission == KeyPermission::last;
}

}  // namespace irmeter
