// An option of a program, as its help, its manual page and the completions of the shells have it.
#pragma once

#include <string_view>

namespace irmeterd {

struct OptionInfo {
  std::string_view name;   // without the dashes
  std::string_view value;  // "FILE"; empty: it takes none
  std::string_view summary;
};

}  // namespace irmeterd
