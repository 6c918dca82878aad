// Small files, read whole and replaced whole.
#pragma once

#include <sys/types.h>

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

// Why read_file() could not read the file, without reading it; nothing when it can be read.
[[nodiscard]] std::optional<irmeter::Error> check_readable(const std::string& path);

struct NewFile {
  mode_t mode = 0644;      // less what the umask takes away
  bool durable = false;    // on the disk when replace_file() returns
  bool inherited = false;  // root gives it to the owner of its directory
  std::string keep_old{};  // the path under which the old file stays; empty: it goes
};

// Writes a file beside its place (path + ".new") and moves it there, so that nobody reads half of
// it. Where that fails the old file stays. Throws std::system_error with the path of what failed.
void replace_file(const std::string& path, std::string_view content, const NewFile& file = {});

}  // namespace irmeterd
