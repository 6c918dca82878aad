// A meter's key in a form that may be written down: a salted hash (crypt(5): sha512crypt), which
// tells whether a key is the same again, and nothing else about it.
#pragma once

#include <string>
#include <string_view>

#include "lib/session/key.hpp"

namespace irmeterd {

// "$6$" and 16 random characters.
[[nodiscard]] std::string new_salt();

// "$6$salt$hash". Meant to be slow: some hundredths of a second on a small machine.
[[nodiscard]] std::string hash_of(const irmeter::Key& key, const std::string& salt);

// Whether a text can have come from hash_of(), and the salt it was made with.
[[nodiscard]] bool is_key_hash(std::string_view text);
[[nodiscard]] std::string salt_of(std::string_view key_hash);

}  // namespace irmeterd
