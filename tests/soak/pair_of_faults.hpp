// Two faults in one session, each at any byte in either direction: all pairs of them by number.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tests/support/pair.hpp"
#include "tests/support/single_fault.hpp"

namespace irmeter::testing {

// A fault and where it strikes.
struct ByteFault {
  const SingleFault* fault = nullptr;
  bool towards_meter = false;
  std::uint64_t position = 0;  // of the byte in all that is sent in this direction, from 0

  // "meter's byte 107 dropped"
  [[nodiscard]] std::string text() const;
};

// What two faults have led to.
struct Aftermath {
  std::string failure;      // what must not be; empty: everything is right
  unsigned lost_polls = 0;  // that ended without a reading
  Duration longest{};       // of the polls
};

class PairsOfFaults {
 public:
  // trust: what is known of the key when the session begins.
  explicit PairsOfFaults(KeyTrust trust);

  using Pair = std::array<ByteFault, 2>;
  // How many there are.
  [[nodiscard]] std::uint64_t size() const;
  // Each of them once for number < size(), in an order in which any stretch is a fair sample.
  [[nodiscard]] Pair at(std::uint64_t number) const;
  // A session with these two faults, and polls after it until one gives a reading undisturbed.
  [[nodiscard]] Aftermath run(const Pair& faults) const;

 private:
  [[nodiscard]] ByteFault single(std::uint64_t number) const;

  KeyTrust trust_;
  // Bytes of a first session in which all goes well.
  std::uint64_t to_meter_ = 0;
  std::uint64_t to_client_ = 0;
};

}  // namespace irmeter::testing
