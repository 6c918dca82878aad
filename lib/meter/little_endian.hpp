// Numbers inside tables: the lowest byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lib/bytes.hpp"

namespace irmeter {

// The number of this type that begins at a byte; the caller has seen that it is there.
template <typename Integer>
[[nodiscard]] constexpr Integer little_endian(ByteView data, std::size_t at) {
  std::make_unsigned_t<Integer> value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= static_cast<std::make_unsigned_t<Integer>>(std::uint64_t{data[at + i]} << 8 * i);
  }
  return static_cast<Integer>(value);
}

}  // namespace irmeter
