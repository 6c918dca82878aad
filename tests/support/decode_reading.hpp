// The values of one poll, out of the bytes of its two tables.
#pragma once

#include "lib/meter/tables.hpp"

namespace irmeter {

inline Reading decode_reading(ByteView summations, ByteView present_values) {
  Reading reading;
  decode_values(Source::bt23, summations, reading.values);
  decode_values(Source::bt28, present_values, reading.values);
  return reading;
}

}  // namespace irmeter
