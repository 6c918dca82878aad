// The tables of the code as rows of a manual page, in mdoc(7), or of the journal's catalog.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace irmeterd {

struct Row {
  std::string name;    // by which a mark asks for it
  std::string text;    // whole lines
  std::string last{};  // likewise, at the end of the item that it begins
};
using Table = std::vector<Row>;

// By the name that a mark has.
[[nodiscard]] const std::map<std::string, Table>& tables();

}  // namespace irmeterd
