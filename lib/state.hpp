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
  std::string_view name;  // on D-Bus, MQTT, in the log and in the manual
};

inline constexpr std::array<StateInfo, 13> states{{
    {State::starting, "starting"},
    {State::online, "online"},
    {State::no_device, "no-device"},
    {State::no_permission, "no-permission"},
    {State::device_busy, "device-busy"},
    {State::silent, "silent"},
    {State::echo, "echo"},
    {State::garbled, "garbled"},
    {State::no_key, "no-key"},
    {State::key_rejected, "key-rejected"},
    {State::locked_out, "locked-out"},
    {State::quiet, "quiet"},
    {State::error, "error"},
}};

[[nodiscard]] constexpr const StateInfo& info(State state) {
  return states[static_cast<std::size_t>(state)];
}

}  // namespace irmeter
