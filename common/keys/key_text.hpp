// A meter's key as a person stores it or types it in. The error is a clause that tells what is
// wrong with the text without quoting any of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterd {

[[nodiscard]] irmeter::Result<irmeter::Key> parse_key(std::string_view text);

// What may be a mistake in a secret that is taken as it is, as a clause about it: "begins with a
// space, which is a part of it".
[[nodiscard]] std::optional<std::string> what_is_odd(std::string_view secret);

}  // namespace irmeterd
