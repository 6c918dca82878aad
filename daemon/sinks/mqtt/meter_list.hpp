// The list of meters that are online, as the broker keeps it for the next start of the daemon.
//
// A retained `online` outlives a daemon that is killed or loses its power. The one started after it
// finds here which meters that was, and takes back what nobody vouches for any more.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "common/mqtt/session.hpp"

namespace irmeterd {

// What a list holds at most; ids beyond are left out.
inline constexpr std::size_t max_listed_meters = 64;
inline constexpr std::size_t max_listed_id = 48;  // characters
static_assert(max_listed_meters * (max_listed_id + 3) + 1 <= MqttEvent::max_payload);

// A JSON array of ids. Without a meter it is empty, and the broker forgets the topic.
[[nodiscard]] std::string meter_list(const std::set<std::string>& ids);

// Accepts exactly what meter_list() writes; anything else names no meter at all.
[[nodiscard]] std::set<std::string> parse_meter_list(std::string_view text);

}  // namespace irmeterd
