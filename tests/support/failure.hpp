// A failure in what a test says of it: "garbled (Identification)".
#pragma once

#include <ostream>
#include <string>

#include "lib/fault.hpp"

namespace irmeter {

inline std::string to_text(const Failure& failure) {
  return std::string(info(failure.fault).name) + " (" + failure.context + ")";
}

inline std::ostream& operator<<(std::ostream& out, const Failure& failure) {
  return out << to_text(failure);
}

}  // namespace irmeter
