// The truth that readings are compared with: values that change every second, so that one of
// another poll, or of another moment, does not pass for one of this.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/pair.hpp"

namespace irmeter::testing {

class MovingTruth {
 public:
  // The first second begins now.
  MovingTruth(const irmetersim::Profile& profile, Instant now) : profile_(profile), start_(now) {}

  // Gives the meter the values of this moment; returns when the next ones are due.
  Instant show(irmetersim::SimulatedMeter& meter, Instant now);

  // What is wrong with the reading of a poll; empty if every value is the truth of one moment of
  // the poll, or absent because it was withheld.
  [[nodiscard]] std::string lie_of(const PollRecord& record) const;

 private:
  [[nodiscard]] std::int32_t second_of(Instant at) const;
  [[nodiscard]] bool fits(const Reading& reading, const QuantitySet& withheld, Source source,
                          std::int32_t from, std::int32_t to) const;

  irmetersim::Profile profile_;
  Instant start_;
  Instant next_second_{};
};

}  // namespace irmeter::testing
