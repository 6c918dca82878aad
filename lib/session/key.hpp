// The 20-character key of the optical port (RK, read-only key), as the Security service sends it.
//
// The key is text: it often looks like hexadecimal and still goes out as its 20 characters. The
// type shows its content to nobody but the Security packet, and wipes it when it ends.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "lib/bytes.hpp"

namespace irmeter {

class Key {
 public:
  static constexpr std::size_t size = 20;

  // Printable ASCII.
  [[nodiscard]] static constexpr bool may_have(char character) {
    return character >= ' ' && character <= '~';
  }
  // Exactly so many of these; anything else is no key.
  [[nodiscard]] static std::optional<Key> from_text(std::string_view text) {
    if (text.size() != size || !std::ranges::all_of(text, may_have)) {
      return std::nullopt;
    }
    Key key;
    std::ranges::copy(text, key.bytes_.begin());
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

  // How much of the beginning of a text is anywhere in the key.
  [[nodiscard]] std::size_t common_with(ByteView text) const {
    std::ptrdiff_t longest = 0;
    if (std::memchr(bytes_.data(), text.front(), bytes_.size()) == nullptr) {
      return 0;
    }
    for (auto from = bytes_.begin(); from != bytes_.end(); ++from) {
      const auto end = std::mismatch(from, bytes_.end(), text.begin(), text.end()).first;
      longest = std::max(longest, end - from);
    }
    return static_cast<std::size_t>(longest);
  }

  std::array<std::uint8_t, size> bytes_{};
};

}  // namespace irmeter
