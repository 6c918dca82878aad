// The main fuse as a person writes it: "3x63A".
#pragma once

#include <string_view>

#include "lib/meter/plausibility.hpp"
#include "lib/result.hpp"

namespace irmeterd {

// 1 or 3 phases and 1 to 4000 A. The error tells what to write instead.
[[nodiscard]] irmeter::Result<irmeter::MainFuse> parse_main_fuse(std::string_view text);

}  // namespace irmeterd
