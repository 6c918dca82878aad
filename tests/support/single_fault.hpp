// One thing that goes wrong with one byte on the line, at any place.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tests/support/pair.hpp"

namespace irmeter::testing {

struct SingleFault {
  std::string name;
  // Changes what is sent together at one of its bytes; empty: the byte comes late.
  std::function<void(Bytes& bytes, std::size_t at)> change;
};

// Every kind: a byte flipped, lost, doubled, zeroed, late by 600 ms, one inserted in front of it,
// and the rest of a packet cut off.
[[nodiscard]] std::span<const SingleFault> single_faults();

// The fault strikes the byte at this position of everything that is sent from now on.
void strike(Wire& wire, const SingleFault& fault, std::size_t position);

}  // namespace irmeter::testing
