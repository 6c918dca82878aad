// Ranges of the day as a person writes them: "02:10-02:18", or over midnight "23:50-00:10".
#pragma once

#include <string_view>

#include "common/config/quiet_hours.hpp"
#include "lib/result.hpp"

namespace irmeterd {

// Two different times of the day from 00:00 to 23:59, each of two digits and two. The error tells
// what to write instead.
[[nodiscard]] irmeter::Result<QuietHours> parse_day_range(std::string_view text);

}  // namespace irmeterd
