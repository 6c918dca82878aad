// The 20-character key of the optical port (RK, read-only key), as the Security service sends it.
//
// The key is text: it often looks like hexadecimal and still goes out as its 20 characters. The
// type shows its content to nobody but the Security packet, and wipes it when it ends.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/bytes.hpp"
#include "lib/result.hpp"

namespace irmeter {

class Key {
 public:
  static constexpr std::size_t size = 20;

  // Exactly 20 printable ASCII characters. The error says what is wrong without quoting the text.
  [[nodiscard]] static Result<Key> from_text(std::string_view text) {
    if (text.size() != size) {
      return Error{"the key has " + std::to_string(text.size()) +
                   " characters, a meter key has exactly 20" + why_so_many(text)};
    }
    Key key;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] < ' ' || text[i] > '~') {
        return Error{"character " + std::to_string(i + 1) +
                     " of the key is not a printable ASCII character"};
      }
      key.bytes_[i] = static_cast<std::uint8_t>(text[i]);
    }
    return key;
  }

  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key() { wipe(bytes_.data(), bytes_.size()); }

  [[nodiscard]] ByteView bytes() const { return bytes_; }

  // Whether so many characters of the key, in a row, are anywhere in the bytes.
  [[nodiscard]] bool shares(ByteView bytes, std::size_t count) const {
    for (; !bytes.empty(); bytes = bytes.subspan(1)) {
      if (common_with(bytes) >= count) {
        return true;
      }
    }
    return false;
  }
  // Puts '*' in the place of every piece of the key that is not there by chance: of five characters
  // that are not all digits, as those of serial numbers are, or of nine. Whether there was one.
  bool hide_in(std::span<std::uint8_t> text) const {
    const auto is_digit = [](std::uint8_t c) { return c >= '0' && c <= '9'; };
    bool found = false;
    for (std::size_t length = 0; !text.empty(); text = text.subspan(length)) {
      const auto piece = text.first(common_with(text));
      const bool told =
          piece.size() >= 9 || (piece.size() >= 5 && !std::ranges::all_of(piece, is_digit));
      std::ranges::fill(told ? piece : text.first(0), std::uint8_t{'*'});
      length = told ? piece.size() : 1;
      found = found || told;
    }
    return found;
  }

  friend bool operator==(const Key&, const Key&) = default;

 private:
  Key() = default;

  // What a text of another length probably is, as a clause; empty where nobody knows.
  static std::string why_so_many(std::string_view text) {
    const auto is_hex_digit = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    const auto between = static_cast<std::size_t>(std::ranges::count_if(
        text, [&](char c) { return is_blank(c) || c == '-' || c == ':' || c == '.'; }));
    if (text.size() == 2 * size && std::ranges::all_of(text, is_hex_digit)) {
      return "; these are hexadecimal, two for each character of it";
    }
    if (text.size() == size + 1 && (is_blank(text.front()) || is_blank(text.back()))) {
      const bool is_last = is_blank(text.back());
      const char blank = is_last ? text.back() : text.front();
      return std::string("; the ") + (is_last ? "last" : "first") + " one is " +
             (blank == ' '    ? "a space"
              : blank == '\t' ? "a tab"
                              : "a line end");
    }
    if (between > 0 && text.size() - between == size) {
      return "; write it without the " + std::to_string(between) + " characters between its groups";
    }
    return {};
  }

  // How much of the beginning of a text is anywhere in the key.
  [[nodiscard]] std::size_t common_with(ByteView text) const {
    std::ptrdiff_t longest = 0;
    for (auto from = bytes_.begin(); from != bytes_.end(); ++from) {
      const auto end = std::mismatch(from, bytes_.end(), text.begin(), text.end()).first;
      longest = std::max(longest, end - from);
    }
    return static_cast<std::size_t>(longest);
  }

  std::array<std::uint8_t, size> bytes_{};
};

}  // namespace irmeter
