// What bad weather does to one direction of a line.
#pragma once

#include "tests/support/pair.hpp"

namespace irmeter::testing {

// What is under way never arrives.
void empty(Wire& wire);

// The same fault without the one damage in 65,536 that no CRC shows: it makes another valid packet,
// such as one with another key.
[[nodiscard]] Wire::Fault visible(Wire::Fault fault);

}  // namespace irmeter::testing
