// Everything that can go wrong between the reader and the meter: one taxonomy.
//
// Each kind knows the state it puts the meter in, what a person can do about it, and when another
// attempt makes sense. Log, D-Bus, MQTT and the manual take it from here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/state.hpp"

namespace irmeter {

enum class Trouble : std::uint8_t {
  silent,
  echo,
  garbled,
  no_response,
  session_lost,
  no_key,
  key_rejected,
  key_unanswered,
  refused,
  unexpected,
};

enum class Retry : std::uint8_t {
  same_poll,  // once, in a fresh session
  next_poll,
  by_user,  // not before the key changes or somebody asks
};

struct TroubleInfo {
  Trouble id;
  State state;
  Retry retry;
  std::string_view sentence;  // what happened and the cure
};

inline constexpr std::array<TroubleInfo, 10> troubles{{
    {Trouble::silent, State::silent, Retry::next_poll,
     "The meter does not answer: turn the probe by 180 degrees, seat it on the meter's optical "
     "port, check the settings rts and dtr, and give a meter that refuses sessions five minutes."},
    {Trouble::echo, State::echo, Retry::next_poll,
     "Only the probe's own light comes back: put an opaque strip (foam) between its two diodes, "
     "and turn the probe by 180 degrees."},
    {Trouble::garbled, State::garbled, Retry::next_poll,
     "Bytes arrive, but no valid packet: seat the probe on the meter's optical port and shield it "
     "from other light."},
    {Trouble::no_response, State::error, Retry::same_poll,
     "The meter acknowledges requests but its answers are lost: seat the probe on the meter's "
     "optical port."},
    {Trouble::session_lost, State::error, Retry::same_poll,
     "The meter ended the session; the next poll opens a new one."},
    {Trouble::no_key, State::no_key, Retry::by_user,
     "There is no key to read the meter with: store the 20-character read-only key (RK) of the "
     "optical port and restart the service."},
    {Trouble::key_rejected, State::key_rejected, Retry::by_user,
     "The meter does not accept the key: ask the grid company for the read-only key (RK) of the "
     "optical port, not the MEP key (MBK); no further attempt is made with this one."},
    {Trouble::key_unanswered, State::error, Retry::next_poll,
     "The meter did not say whether it accepts the key; the next poll asks again."},
    {Trouble::refused, State::error, Retry::next_poll, "The meter refused a request."},
    {Trouble::unexpected, State::error, Retry::same_poll,
     "The meter's answer does not fit the request."},
}};

[[nodiscard]] constexpr const TroubleInfo& info(Trouble trouble) {
  return troubles[static_cast<std::size_t>(trouble)];
}

// One thing that went wrong: its kind, and where it happened ("BT28: onp (...)"), possibly empty.
struct Failure {
  Trouble trouble;
  std::string where;

  [[nodiscard]] State state() const { return info(trouble).state; }
  // The sentence, with where it happened in parentheses.
  [[nodiscard]] std::string detail() const {
    const std::string sentence(info(trouble).sentence);
    return where.empty() ? sentence : sentence + " (" + where + ")";
  }
};

}  // namespace irmeter
