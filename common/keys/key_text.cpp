#include "common/keys/key_text.hpp"

#include <algorithm>
#include <string>

#include "common/config/characters.hpp"

namespace irmeterd {
namespace {

using irmeter::Key;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_separator(char c) {
  return is_blank(c) || c == '-' || c == ':' || c == '.';
}
bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What a text of another length probably is; empty where nobody knows.
std::string why_so_many(std::string_view text) {
  if (text.size() == 2 * Key::size && std::ranges::all_of(text, is_hex_digit)) {
    return "; these are hexadecimal, two for each character of it";
  }
  if (text.size() == Key::size + 1 && (is_blank(text.front()) || is_blank(text.back()))) {
    const bool is_last = is_blank(text.back());
    const char blank = is_last ? text.back() : text.front();
    return std::string("; the ") + (is_last ? "last" : "first") + " one is " +
           (blank == ' '    ? "a space"
            : blank == '\t' ? "a tab"
                            : "a line end");
  }
  const auto between = static_cast<std::size_t>(std::ranges::count_if(text, is_separator));
  if (between > 0 && text.size() - between == Key::size) {
    return "; write it without the " + std::to_string(between) + " characters between its groups";
  }
  return {};
}

}  // namespace

irmeter::Result<Key> parse_key(std::string_view text) {
  if (const auto key = Key::from_text(text)) {
    return *key;
  }
  const std::size_t count = count_characters(text);
  if (text.size() != Key::size && count != Key::size) {
    return irmeter::Error{"the key has " + std::to_string(count) +
                          " characters, a meter key has exactly 20" + why_so_many(text)};
  }
  const auto wrong = std::ranges::find_if_not(text, Key::may_have);
  return irmeter::Error{"character " + std::to_string(wrong - text.begin() + 1) +
                        " of the key is not a printable ASCII character"};
}

}  // namespace irmeterd
