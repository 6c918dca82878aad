// A manual page as its tests look at it: the items of its lists, in the words a reader sees.
//
// Knows as much of mdoc(7) as the pages of this project use, and refuses the rest.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace irmeterd {

struct PageItem {
  std::string section;
  std::string subsection;          // empty before the first one
  std::size_t depth = 0;           // 1 in a list that stands in no other
  std::string tag;                 // "--config FILE"; cells of a table have tabs between them
  std::vector<std::string> lines;  // of the first paragraph

  [[nodiscard]] std::string text() const;
};

struct Page {
  std::vector<PageItem> items;
  std::multimap<std::string, std::string> displays;  // what is shown letter by letter, by section
  std::set<std::string> references;                  // to other pages: "ir-meterd(8)"

  // Of the lists that stand there and in no other list. Without a subsection: in all of them.
  [[nodiscard]] std::vector<PageItem> in(
      std::string_view section, std::optional<std::string_view> subsection = std::nullopt) const;
};

// Throws std::runtime_error for a file that is not there or not understood.
[[nodiscard]] Page read_page(const std::string& path);

[[nodiscard]] std::set<std::string> tags(const std::vector<PageItem>& items);

}  // namespace irmeterd
