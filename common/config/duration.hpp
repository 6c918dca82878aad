// Durations as a person writes them: "500ms", "10s", "2m", "1h".
#pragma once

#include <chrono>
#include <string_view>

#include "lib/result.hpp"

namespace irmeterd {

// A whole number and one of the units ms, s, m and h, with nothing between or around them. The
// error tells what to write instead.
[[nodiscard]] irmeter::Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace irmeterd
