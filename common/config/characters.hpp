// What becomes of a text on its way through editors, word processors and web pages: another
// encoding, characters that only look like those that are meant, blanks at its ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace irmeterd {

// Of UTF-8: it may stand in front of the configuration, and nowhere else.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Something wrong with a text, as it reads on from the name of the file.
struct EncodingFault {
  std::uint32_t line = 1;  // both from 1, the column in characters
  std::uint32_t column = 1;
  std::string what;
};

// Why these bytes are no UTF-8 text with line ends of Unix or of Windows.
[[nodiscard]] std::optional<EncodingFault> find_encoding_fault(std::string_view text);

// Of ASCII, whatever the locale is.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// What an editor has made of a secret, as it reads on from it: "begins with a byte order mark".
// Nothing where it may be as it is. The cure is the same for all.
[[nodiscard]] std::optional<std::string> why_not_plain(std::string_view text);
inline constexpr std::string_view save_as_plain = "save it as UTF-8 without a byte order mark";

struct LookAlike {
  std::size_t at;    // the first byte of it
  std::string what;  // "a typographic dash (U+2013); write -"
  bool unseen;       // invisible, or a space that is another one
};

// The first character that looks like one of ASCII or like nothing at all. text: UTF-8.
[[nodiscard]] std::optional<LookAlike> find_look_alike(std::string_view text);

// How many characters of UTF-8 there are.
[[nodiscard]] std::uint32_t count_characters(std::string_view text);

// The text with a-z for A-Z.
[[nodiscard]] std::string in_small_letters(std::string_view text);

}  // namespace irmeterd
