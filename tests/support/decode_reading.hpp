// The values of one poll, out of the bytes of its two tables.
#pragma once

#include <algorithm>

#include "lib/meter/tables.hpp"

namespace irmeter {

inline Reading decode_reading(ByteView summations, ByteView present_values) {
  Reading reading;
  const auto count = [](ByteView table) {
    return static_cast<std::uint8_t>(std::min<std::size_t>(table.size() / int32_size, 255));
  };
  const Dimensions dimensions{.summations = count(summations),
                              .present_values = count(present_values)};
  decode_values(bt23, dimensions, 0, summations, every_quantity(), reading.values);
  decode_values(bt28, dimensions, 0, present_values, every_quantity(), reading.values);
  return reading;
}

}  // namespace irmeter
