// Everything that can keep a reading from being made: one taxonomy.
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

enum class Fault : std::uint8_t {
  // The line to the probe.
  no_device,
  no_permission,
  device_busy,
  unusable_device,
  no_server,
  // The light between probe and meter.
  silent,
  echo,
  garbled,
  // The session with the meter.
  no_response,
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
inline constexpr std::size_t fault_count = 19;

enum class Retry : std::uint8_t {
  same_poll,  // once, in a fresh session
  next_poll,
  hold_off,  // when what is in the way may be over; nothing is sent until then
  by_user,   // not before the key changes or somebody asks
};

struct FaultInfo {
  Fault id;
  std::string_view name;  // in the journal's field FAULT and in the manual
  State state;
  Retry retry;
  std::string_view sentence;  // what happened and the cure
};

inline constexpr std::array<FaultInfo, fault_count> faults{{
    {Fault::no_device, "no-device", State::no_device, Retry::hold_off,
     "There is no device at the configured path: plug in the probe, or configure the path that "
     "ir-meterctl ports shows."},
    {Fault::no_permission, "no-permission", State::no_permission, Retry::hold_off,
     "The service may not open the device: give the device to a group the service is in."},
    {Fault::device_busy, "device-busy", State::device_busy, Retry::hold_off,
     "Another process has the device: stop the other program that reads the meter."},
    {Fault::unusable_device, "unusable-device", State::error, Retry::hold_off,
     "The device does not work as a serial port: configure the one the probe is connected to."},
    {Fault::no_server, "no-server", State::no_device, Retry::hold_off,
     "The serial server is out of reach: see that it runs and that nobody else uses it."},
    {Fault::silent, "silent", State::silent, Retry::next_poll,
     "The meter does not answer: turn the probe by 180 degrees, seat it on the meter's optical "
     "port, check the settings rts and dtr, and give a meter that refuses sessions five minutes."},
    {Fault::echo, "echo", State::echo, Retry::next_poll,
     "Only the probe's own light comes back: put an opaque strip (foam) between its two diodes, "
     "and turn the probe by 180 degrees."},
    {Fault::garbled, "garbled", State::garbled, Retry::next_poll,
     "Bytes arrive, but no valid packet: seat the probe on the meter's optical port and shield it "
     "from other light."},
    {Fault::no_response, "no-response", State::error, Retry::same_poll,
     "The meter stopped answering in the middle of a session: seat the probe firmly on the meter's "
     "optical port."},
    {Fault::session_lost, "session-lost", State::error, Retry::same_poll,
     "The meter ended the session; the next poll opens a new one."},
    {Fault::unexpected, "unexpected", State::error, Retry::same_poll,
     "The meter's answer does not fit the request: shield the probe from other light, and if it "
     "stays so, report it with what the log says at level trace."},
    {Fault::busy, "busy", State::error, Retry::next_poll,
     "The meter is busy with something else; the next poll asks again."},
    {Fault::refused, "refused", State::error, Retry::next_poll,
     "The meter refused a request: if it stays so, report it with the model of the meter and what "
     "stands here in parentheses."},
    {Fault::locked_out, "locked-out", State::locked_out, Retry::hold_off,
     "The meter refuses sessions for a while: leave it alone for five minutes, and see that "
     "nothing "
     "else uses its optical port."},
    {Fault::no_key, "no-key", State::no_key, Retry::by_user,
     "There is no key to read the meter with: store the 20-character read-only key (RK) of the "
     "optical port and restart the service."},
    {Fault::key_rejected, "key-rejected", State::key_rejected, Retry::by_user,
     "The meter does not accept the key: ask the grid company for the read-only key (RK) of the "
     "optical port, not the MEP key (MBK); no further attempt is made with this one."},
    {Fault::key_unanswered, "key-unanswered", State::error, Retry::by_user,
     "The meter did not say whether it accepts the key, and a wrong one raises an alarm at the "
     "grid company each time: if the key is right, have it tried once more with RetryKey."},
    {Fault::key_unremembered, "key-unremembered", State::error, Retry::next_poll,
     "The key was not sent, because a wrong one raises an alarm at the grid company and what "
     "becomes of it could not be written down: see that /var/lib/ir-meterd can be written."},
    {Fault::quiet, "quiet", State::quiet, Retry::hold_off,
     "Configured quiet hours; polling goes on when they are over."},
}};

[[nodiscard]] constexpr const FaultInfo& info(Fault fault) {
  return faults[static_cast<std::size_t>(fault)];
}

// One thing that went wrong: its kind, and where or why ("BT28: onp (...)", "/dev/ir-probe"),
// possibly empty.
struct Failure {
  Fault fault;
  std::string context;

  [[nodiscard]] State state() const { return info(fault).state; }
  // The sentence, with where it happened in parentheses.
  [[nodiscard]] std::string detail() const {
    const std::string sentence(info(fault).sentence);
    return context.empty() ? sentence : sentence + " (" + context + ")";
  }
};

// Said of a poll that succeeded although the probe hears itself.
inline constexpr std::string_view echo_remark =
    "The probe also hears its own light: put an opaque strip (foam) between its two diodes.";

}  // namespace irmeter
