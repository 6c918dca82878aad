// Everything that can keep a reading from being made: one taxonomy.
//
// Each kind knows its name, the state it puts the meter in, and when another attempt makes sense.
// What people are told about it is not here: a failure stays data until somebody reads it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/state.hpp"

namespace irmeter {

enum class Fault : std::uint8_t {
  // The line to the probe.
  no_device,
  no_permission,
  device_busy,
  unusable_device,
  no_server,
  other_service,
  telnet,
  // The light between probe and meter.
  silent,
  echo,
  garbled,
  damaged,
  // The session with the meter.
  no_response,
  overdue,
  session_lost,
  unexpected,
  busy,
  refused,
  locked_out,
  // The key.
  no_key,
  key_rejected,
  key_unanswered,
  key_unremembered,
  // Not a fault at all.
  quiet,
};
inline constexpr std::size_t fault_count = 23;

enum class Retry : std::uint8_t {
  same_poll,  // once, in a fresh session
  next_poll,
  hold_off,  // when what is in the way may be over; nothing is sent until then
  by_user,   // not before the key changes or somebody asks
};

struct FaultInfo {
  Fault id;
  std::string_view name;  // on D-Bus, MQTT, in the log and in the manual
  State state;
  Retry retry;
};

inline constexpr std::array<FaultInfo, fault_count> faults{{
    {Fault::no_device, "no-device", State::no_device, Retry::hold_off},
    {Fault::no_permission, "no-permission", State::no_permission, Retry::hold_off},
    {Fault::device_busy, "device-busy", State::device_busy, Retry::hold_off},
    {Fault::unusable_device, "unusable-device", State::error, Retry::hold_off},
    {Fault::no_server, "no-server", State::no_device, Retry::hold_off},
    {Fault::other_service, "other-service", State::error, Retry::hold_off},
    {Fault::telnet, "telnet", State::error, Retry::hold_off},
    {Fault::silent, "silent", State::silent, Retry::next_poll},
    {Fault::echo, "echo", State::echo, Retry::next_poll},
    {Fault::garbled, "garbled", State::garbled, Retry::next_poll},
    {Fault::damaged, "damaged", State::garbled, Retry::same_poll},
    {Fault::no_response, "no-response", State::error, Retry::same_poll},
    {Fault::overdue, "overdue", State::error, Retry::next_poll},
    {Fault::session_lost, "session-lost", State::error, Retry::same_poll},
    {Fault::unexpected, "unexpected", State::error, Retry::same_poll},
    {Fault::busy, "busy", State::error, Retry::next_poll},
    {Fault::refused, "refused", State::error, Retry::next_poll},
    {Fault::locked_out, "locked-out", State::locked_out, Retry::hold_off},
    {Fault::no_key, "no-key", State::no_key, Retry::by_user},
    {Fault::key_rejected, "key-rejected", State::key_rejected, Retry::by_user},
    {Fault::key_unanswered, "key-unanswered", State::error, Retry::by_user},
    {Fault::key_unremembered, "key-unremembered", State::error, Retry::next_poll},
    {Fault::quiet, "quiet", State::quiet, Retry::hold_off},
}};

[[nodiscard]] constexpr const FaultInfo& info(Fault fault) {
  return faults[static_cast<std::size_t>(fault)];
}

// One thing that went wrong: its kind, and the place or the reason ("BT28: onp (operation not
// possible)", "/dev/ir-probe"): possibly empty, never a sentence.
struct Failure {
  Fault fault;
  std::string context;

  [[nodiscard]] State state() const { return info(fault).state; }

  friend bool operator==(const Failure&, const Failure&) = default;
};

}  // namespace irmeter
