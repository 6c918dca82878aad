// Bytes as hexadecimal digits, two to each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace irmeter {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";

[[nodiscard]] inline std::string hex(std::uint8_t byte, std::string_view digits = hex_digits) {
  return {digits[byte >> 4U], digits[byte & 0xFU]};
}

[[nodiscard]] inline std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += hex(byte);
  }
  return text;
}

}  // namespace irmeter
