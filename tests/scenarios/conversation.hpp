// What a scenario has made reader and meter do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "tests/support/pair.hpp"

namespace irmeter::testing {

// How often the reader has asked for this service ("identify", "security", "BT23 0+8"), packets
// that it had to repeat not counted.
inline std::size_t times_asked(const SimulatedPair& pair, const std::string& service) {
  const std::string services = ", " + pair.services() + ",";
  const std::string one = ", " + service + ",";
  std::size_t count = 0;
  for (std::size_t at = services.find(one); at != std::string::npos;
       at = services.find(one, at + 1)) {
    ++count;
  }
  return count;
}

inline State state_of(const PollEnded& poll) {
  const auto* failure = std::get_if<Failure>(&poll.result);
  return failure != nullptr ? failure->state() : State::online;
}

inline std::optional<Failure> failure_of(const PollEnded& poll) {
  const auto* failure = std::get_if<Failure>(&poll.result);
  return failure != nullptr ? std::optional(*failure) : std::nullopt;
}

}  // namespace irmeter::testing
