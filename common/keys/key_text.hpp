// A meter's key as a person stores it or types it in. The error is a clause that tells what is
// wrong with the text without quoting any of it.
#pragma once

#include <string_view>

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterd {

[[nodiscard]] irmeter::Result<irmeter::Key> parse_key(std::string_view text);

}  // namespace irmeterd
