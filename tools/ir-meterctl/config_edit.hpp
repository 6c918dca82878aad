// Settings written into the text of a configuration, line by line, so that its comments stay.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace irmeterctl {

struct Setting {
  std::string_view table;  // "meter", "mqtt"
  std::string_view key;
  std::optional<std::string> text;  // nothing: the key is made a comment
};

// Where a table or a key stands in a comment it is taken from there. number: which of the tables of
// one name it is, from 0. What is not written on lines of its own is not seen, so the caller parses
// the result and compares.
[[nodiscard]] std::string with_settings(const std::string& text,
                                        const std::vector<Setting>& settings, std::size_t number);

// The first table of this name made a comment.
[[nodiscard]] std::string without_table(const std::string& text, std::string_view name);

// The text of the configuration file of the package.
[[nodiscard]] const char* shipped_config();

}  // namespace irmeterctl
