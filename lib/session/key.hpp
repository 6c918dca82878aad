// The 20-character key of the optical port (RK, read-only key), as the Security service sends it.
//
// The key is text: it often looks like hexadecimal and still goes out as its 20 characters. The
// type shows its content to nobody but the Security packet, and wipes it when it ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
                   " characters, a meter key has exactly 20"};
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

  friend bool operator==(const Key&, const Key&) = default;

 private:
  Key() = default;
  std::array<std::uint8_t, size> bytes_{};
};

}  // namespace irmeter
