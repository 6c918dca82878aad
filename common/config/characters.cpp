#include "common/config/characters.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace irmeterd {
namespace {

enum class Sight : std::uint8_t { seen, unseen };

struct Range {
  char32_t first;
  char32_t last;
  Sight sight;  // a space that is another one is not seen either
  std::string_view name;
  std::string_view cure;
};

constexpr std::string_view no_break_space = "a no-break space";
constexpr std::string_view quotation_mark = "a typographic quotation mark";
constexpr std::string_view invisible = "an invisible character";
constexpr std::string_view plain_space = "write a plain one, or none";

constexpr Range ranges[] = {
    {0x00A0, 0x00A0, Sight::unseen, no_break_space, plain_space},
    {0x00AB, 0x00AB, Sight::seen, quotation_mark, "write \""},
    {0x00AD, 0x00AD, Sight::unseen, invisible, "remove it"},
    {0x00B4, 0x00B4, Sight::seen, "an accent", "write '"},
    {0x00BB, 0x00BB, Sight::seen, quotation_mark, "write \""},
    {0x00D7, 0x00D7, Sight::seen, "a multiplication sign", "write x"},
    {0x2000, 0x200A, Sight::unseen, "a typographic space", plain_space},
    {0x200B, 0x200F, Sight::unseen, invisible, "remove it"},
    {0x2010, 0x2015, Sight::seen, "a typographic dash", "write -"},
    {0x2018, 0x201B, Sight::seen, quotation_mark, "write '"},
    {0x201C, 0x201F, Sight::seen, quotation_mark, "write \""},
    {0x2028, 0x202E, Sight::unseen, invisible, "remove it"},
    {0x202F, 0x202F, Sight::unseen, no_break_space, plain_space},
    {0x2032, 0x2032, Sight::seen, "a prime", "write '"},
    {0x2033, 0x2033, Sight::seen, "a prime", "write \""},
    {0x2039, 0x203A, Sight::seen, quotation_mark, "write '"},
    {0x2060, 0x206F, Sight::unseen, invisible, "remove it"},
    {0x2212, 0x2212, Sight::seen, "a minus sign", "write -"},
    {0x3000, 0x3000, Sight::unseen, "a wide space", plain_space},
    {0xFEFF, 0xFEFF, Sight::unseen, "a byte order mark", "remove it"},
    {0xFF01, 0xFF5E, Sight::seen, "a full-width character", "write the one of half the width"},
};

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80    ? 1
                           : first < 0xC2  ? 0
                           : first < 0xE0  ? 2
                           : first < 0xF0  ? 3
                           : first <= 0xF4 ? 4
                                           : 0;
  if (size == 0 || size > text.size()) {
    return {};
  }
  char32_t code = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return {};
    }
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least.at(size) || code > 0x10FFFF || is_surrogate ? Character{}
                                                                  : Character{code, size};
}

// With its byte order mark, or by the empty half of its first character.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         (text.size() > 1 && (text[0] == '\0') != (text[1] == '\0'));
}

}  // namespace

std::optional<EncodingFault> find_encoding_fault(std::string_view text) {
  if (is_utf16(text)) {
    return EncodingFault{1, 1, "is UTF-16 text; save the file as UTF-8"};
  }
  EncodingFault place;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.size == 0) {
      place.what = "is not UTF-8 text; save the file as UTF-8";
      return place;
    }
    if (character.code == 0) {
      place.what = "has zero bytes in it, which are no text; the file is damaged, write it anew";
      return place;
    }
    if (text.front() == '\r' && !text.starts_with("\r\n")) {
      place.what =
          "has a carriage return without a line feed; save the file with line ends of "
          "Unix";
      return place;
    }
    const bool ends_line = character.code == '\n';
    place.line += ends_line ? 1 : 0;
    place.column = ends_line ? 1 : place.column + 1;
    text.remove_prefix(character.size);
  }
  return std::nullopt;
}

std::optional<std::string> why_not_plain(std::string_view text) {
  if (is_utf16(text)) {
    return "is UTF-16 text";
  }
  if (text.starts_with(byte_order_mark)) {
    return "begins with a byte order mark, which nobody sees";
  }
  return std::nullopt;
}

std::optional<LookAlike> find_look_alike(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    const auto* const range = std::ranges::find_if(ranges, [&](const Range& each) {
      return character.code >= each.first && character.code <= each.last;
    });
    if (range != std::end(ranges)) {
      std::array<char, 16> code{};
      std::snprintf(code.data(), code.size(), " (U+%04X)", static_cast<unsigned>(character.code));
      return LookAlike{at, std::string(range->name) + code.data() + "; " + std::string(range->cure),
                       range->sight == Sight::unseen};
    }
    at += std::max<std::size_t>(character.size, 1);
  }
  return std::nullopt;
}

std::uint32_t count_characters(std::string_view text) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string in_small_letters(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

}  // namespace irmeterd
