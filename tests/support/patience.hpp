// How long tests wait.
#pragma once

#include <chrono>

namespace irmeterd {

// How long a condition may take on a slow, shared machine before the test gives up on it.
inline constexpr std::chrono::seconds patience{60};

}  // namespace irmeterd
