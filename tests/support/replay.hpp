// A conversation that went through the decoder once more: what its meter said, from its bytes
// alone.
#pragma once

#include "lib/meter/reading.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {

struct Replayed {
  Identity identity;
  Reading reading;  // of the latest values
};

// Finds the packets in what the meter sent, joins them to responses and decodes the tables that the
// client asked for by offset and count. Throws std::runtime_error where something does not fit.
[[nodiscard]] Replayed replay(const Transcript& conversation);

}  // namespace irmeter::testing
