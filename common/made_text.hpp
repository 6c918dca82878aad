// Texts that the compiler makes. They are in the file of the program, and take no memory of a
// process. A text that is made at the start does.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace irmeterd {

template <std::size_t most>
struct MadeText {
  std::array<char, most> characters{};
  std::size_t size = 0;

  constexpr void add(char c) { characters[size++] = c; }
  constexpr void add(std::string_view text) {
    for (const char c : text) {
      add(c);
    }
  }
  [[nodiscard]] constexpr std::string_view view() const { return {characters.data(), size}; }
};

[[nodiscard]] constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace irmeterd
