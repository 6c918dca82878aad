// Whether a daemon is on the bus already, for somebody who types its name beside the service.
#pragma once

#include "common/config/config.hpp"

namespace irmeterd {

// False where the bus cannot be asked, and for Bus::none. Waits for the bus to greet.
[[nodiscard]] bool name_is_owned(Bus kind) noexcept;

}  // namespace irmeterd
