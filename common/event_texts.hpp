// How an entry of a meter's log is shown: in words for a person, and as one of a list of types.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "lib/meter/event_log.hpp"

namespace irmeterd {

// "invalid_password"; of what the vendor does not name, "other".
[[nodiscard]] inline std::string event_type(std::uint16_t id) {
  std::string type(irmeter::event_name(id));
  std::ranges::transform(type, type.begin(), [](char c) {
    const bool upper = c >= 'A' && c <= 'Z';
    return upper ? static_cast<char>(c - 'A' + 'a') : c == ' ' || c == '-' ? '_' : c;
  });
  return type.empty() ? "other" : type;
}

// "1:30:05": hours, minutes and seconds.
[[nodiscard]] inline std::string event_length(std::chrono::seconds length) {
  const std::chrono::hh_mm_ss parts(length);
  const auto two_digits = [](auto part) {
    const std::string digits = std::to_string(part.count());
    return digits.size() < 2 ? "0" + digits : digits;
  };
  return std::to_string(parts.hours().count()) + ":" + two_digits(parts.minutes()) + ":" +
         two_digits(parts.seconds());
}

// "invalid password, by ir-meterd", "power outage of 1:30:05"
[[nodiscard]] inline std::string event_text(const irmeter::LogEntry& entry) {
  const std::string name(irmeter::event_name(entry.id));
  std::string text = name.empty() ? "event " + std::to_string(entry.id) : name;
  if (entry.is_outage()) {
    return text + " of " + event_length(entry.lasted);
  }
  switch (entry.user) {
    case irmeter::no_user:
      return text;
    case irmeter::head_end_user:
      return text + ", by the grid company";
    case irmeter::mep_user:
      return text + ", over the MEP port";
    case irmeter::request::user_id:
      return text + ", by ir-meterd";
    default:
      return text + ", by user " + std::to_string(entry.user);
  }
}

}  // namespace irmeterd
