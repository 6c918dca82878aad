// How an entry of a meter's log is shown: in words for a person, and as one of a list of types.
#pragma once

#include <algorithm>
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

// "invalid password, by ir-meterd"
[[nodiscard]] inline std::string event_text(const irmeter::LogEntry& entry) {
  const std::string name(irmeter::event_name(entry.id));
  std::string text = name.empty() ? "event " + std::to_string(entry.id) : name;
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
