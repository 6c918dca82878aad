#include "common/bus_names.hpp"

namespace irmeterd {

std::string error_name(irmeter::State state) {
  std::string error = "org.irmeterd.IrMeter1.Error.";
  bool begins_word = true;
  for (const char c : irmeter::info(state).name) {
    if (c != '-') {
      error += begins_word ? static_cast<char>(c - 'a' + 'A') : c;
    }
    begins_word = c == '-';
  }
  return error;
}

}  // namespace irmeterd
