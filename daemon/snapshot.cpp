#include "daemon/snapshot.hpp"

#include "common/fault_texts.hpp"

namespace irmeterd {

std::string MeterSnapshot::detail() const {
  if (failure) {
    return sentence_of(*failure);
  }
  return state() == irmeter::State::online ? sentence_of_reading(echo, withheld)
                                           : std::string(meaning(state()));
}

}  // namespace irmeterd
