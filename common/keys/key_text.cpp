#include "common/keys/key_text.hpp"

#include <algorithm>
#include <string>

#include "common/config/characters.hpp"

namespace irmeterd {
namespace {

using irmeter::Key;

bool is_blank_or_line_end(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}
bool may_separate(char c) {
  return is_blank_or_line_end(c) || c == '-' || c == ':' || c == '.';
}

bool is_quoted(std::string_view text) {
  return text.size() > 2 && text.front() == text.back() &&
         (text.front() == '"' || text.front() == '\'' || text.front() == '`');
}

std::size_t separators_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, may_separate));
}

// What a text of another length probably is; empty where nobody knows.
std::string why_so_many(std::string_view text) {
  if (is_quoted(text) && text.size() == Key::size + 2) {
    return "; write it without the quotes around it";
  }
  const bool marked = text.starts_with("0x") || text.starts_with("0X");
  if (marked && text.size() == Key::size + 2) {
    return "; write it without the 0x in front of it";
  }
  const std::size_t between = separators_in(text);
  const std::string_view digits = text.substr(marked ? 2 : 0);
  if (digits.size() - between == 2 * Key::size &&
      std::ranges::all_of(digits, [](char c) { return may_separate(c) || is_hex_digit(c); })) {
    return std::string("; these are hexadecimal") +
           (marked        ? " behind 0x"
            : between > 0 ? " in groups"
                          : "") +
           ", two for each character of it";
  }
  if (text.size() == Key::size + 1 &&
      (is_blank_or_line_end(text.front()) || is_blank_or_line_end(text.back()))) {
    const bool is_last = is_blank_or_line_end(text.back());
    const char blank = is_last ? text.back() : text.front();
    return std::string("; the ") + (is_last ? "last" : "first") + " one is " +
           (blank == ' '    ? "a space"
            : blank == '\t' ? "a tab"
                            : "a line end");
  }
  if (between > 0 && text.size() - between == Key::size) {
    return "; write it without the " +
           (between == 1 ? "character" : std::to_string(between) + " characters") +
           " between its groups";
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

std::optional<std::string> what_is_odd(std::string_view secret) {
  const bool begins = secret.starts_with(' ');
  const bool ends = secret.ends_with(' ');
  if (begins || ends) {
    return std::string(begins && ends ? "begins and ends"
                       : begins       ? "begins"
                                      : "ends") +
           " with a space, which is a part of it";
  }
  return is_quoted(secret) ? std::optional("has quotes around it, which are a part of it")
                           : std::nullopt;
}

}  // namespace irmeterd
