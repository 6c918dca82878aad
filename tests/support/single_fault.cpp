#include "tests/support/single_fault.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace irmeter::testing {
namespace {

using Position = Bytes::difference_type;

SingleFault inserted(const std::string& name, std::uint8_t byte) {
  return {"inserted " + name, [byte](Bytes& bytes, std::size_t at) {
            bytes.insert(bytes.begin() + static_cast<Position>(at), byte);
          }};
}

std::vector<SingleFault> table() {
  return {
      {"flipped", [](Bytes& bytes, std::size_t at) { bytes[at] ^= 0x04; }},
      {"dropped", [](Bytes& bytes,
                     std::size_t at) { bytes.erase(bytes.begin() + static_cast<Position>(at)); }},
      {"doubled",
       [](Bytes& bytes, std::size_t at) {
         const std::uint8_t byte = bytes[at];
         bytes.insert(bytes.begin() + static_cast<Position>(at), byte);
       }},
      {"zeroed", [](Bytes& bytes, std::size_t at) { bytes[at] = 0; }},
      {"cut off", [](Bytes& bytes, std::size_t at) { bytes.resize(at); }},
      {"held", {}},
      inserted("EE", start_of_packet),
      inserted("06", ack_byte),
      inserted("15", nak_byte),
      inserted("5A", 0x5A),
  };
}

}  // namespace

std::span<const SingleFault> single_faults() {
  static const std::vector<SingleFault> all = table();
  return all;
}

void strike(Wire& wire, const SingleFault& fault, std::size_t position) {
  if (!fault.change) {
    wire.holds.push_back({wire.bytes + position, std::chrono::milliseconds(600)});
    return;
  }
  wire.fault = [change = fault.change, left = position, done = false](Bytes bytes) mutable {
    if (done) {
      return bytes;
    }
    if (left < bytes.size()) {
      change(bytes, left);
      done = true;
    } else {
      left -= bytes.size();
    }
    return bytes;
  };
}

}  // namespace irmeter::testing
