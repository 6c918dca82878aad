// Reading small files whole: the configuration, keys, passwords.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/result.hpp"

namespace irmeterd {

// Reads a regular file into the buffer, which is also the limit, and returns the part filled. The
// buffer is the caller's so that a secret is in one place only. The error reads on from the path:
// "is a directory, not a file".
[[nodiscard]] irmeter::Result<std::string_view> read_file(const std::string& path,
                                                          std::span<char> buffer);

// What read_file() would say against the file, without reading it; nothing when it can be read.
[[nodiscard]] std::optional<irmeter::Error> check_readable(const std::string& path);

}  // namespace irmeterd
