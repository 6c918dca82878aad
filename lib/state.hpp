// The states of a meter, as the outcome of the latest poll.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace irmeter {

enum class State : std::uint8_t {
  starting,
  online,
  no_device,
  no_permission,
  device_busy,
  silent,
  echo,
  garbled,
  no_key,
  key_rejected,
  locked_out,
  quiet,
  error,
};

struct StateInfo {
  State id;
  std::string_view name;        // on D-Bus, MQTT and in the log
  std::string_view error_name;  // the last part of the D-Bus error that ReadNow fails with
  std::string_view meaning;     // one sentence for the manual
};

inline constexpr std::array<StateInfo, 13> states{{
    {State::starting, "starting", "Starting", "No poll has ended yet."},
    {State::online, "online", "Online", "The latest poll succeeded."},
    {State::no_device, "no-device", "NoDevice", "There is nothing at the configured path."},
    {State::no_permission, "no-permission", "NoPermission", "The device may not be opened."},
    {State::device_busy, "device-busy", "DeviceBusy", "Another process has the device."},
    {State::silent, "silent", "Silent", "No byte answers."},
    {State::echo, "echo", "Echo", "Only the probe's own light comes back."},
    {State::garbled, "garbled", "Garbled", "Bytes arrive, but no valid packet."},
    {State::no_key, "no-key", "NoKey", "There is no key to read the meter with."},
    {State::key_rejected, "key-rejected", "KeyRejected", "The meter does not accept the key."},
    {State::locked_out, "locked-out", "LockedOut", "The meter refuses sessions for a while."},
    {State::quiet, "quiet", "Quiet", "Configured quiet hours."},
    {State::error, "error", "Error", "Anything else, named in the detail."},
}};

[[nodiscard]] constexpr const StateInfo& info(State state) {
  return states[static_cast<std::size_t>(state)];
}

}  // namespace irmeter
