// What is wrong with a line that is not TOML, in words that say what to write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace irmeterd {

struct SyntaxFault {
  std::uint32_t column = 0;  // in characters, from 1
  std::string what;          // on one line
};

// line: as it stands in the file, without its end. column and description: where the parser gave
// up, and what it says of it. Nothing that stands in the line as a value is quoted, for it may be a
// secret.
[[nodiscard]] SyntaxFault explain_syntax(std::string_view line, std::uint32_t column,
                                         std::string_view description);

}  // namespace irmeterd
