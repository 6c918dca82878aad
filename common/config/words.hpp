// Values of the configuration as a person writes them. Each error tells what to write instead, and
// reads on from the value.
#pragma once

#include <chrono>
#include <string_view>

#include "common/config/quiet_hours.hpp"
#include "lib/meter/plausibility.hpp"
#include "lib/result.hpp"

namespace irmeterd {

// "500ms", "10s", "2m", "1h": a whole number and one of the units ms, s, m and h, with nothing
// between or around them.
[[nodiscard]] irmeter::Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "02:10-02:18", or over midnight "23:50-00:10": two different times of the day from 00:00 to
// 23:59, each of two digits and two.
[[nodiscard]] irmeter::Result<QuietHours> parse_day_range(std::string_view text);

// "3x63A": 1 or 3 phases and 1 to 4000 A.
[[nodiscard]] irmeter::Result<irmeter::MainFuse> parse_main_fuse(std::string_view text);

}  // namespace irmeterd
