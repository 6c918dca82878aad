// What a simulated household has measured, by the wall clock: the truth that everything the daemon
// shows is compared with.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/meter/reading.hpp"
#include "tools/ir-meter-sim/household.hpp"

namespace irmeterd {

using WallTime = std::chrono::system_clock::time_point;

// A reading that was seen somewhere. What was absent there is absent here.
struct Shown {
  std::string where;  // "D-Bus", "BT23", ...
  WallTime read_at;
  irmeter::Reading reading;
  WallTime seen_at;
};

class HouseholdTruth {
 public:
  // speed: seconds that pass in the household per second. It began between the two moments.
  HouseholdTruth(const irmetersim::HouseholdSettings& settings, unsigned speed, WallTime not_before,
                 WallTime not_after);

  // What is wrong with it; empty if all its registers were true at one moment of the poll, and all
  // its other values at one moment too. Slow values are of other polls, or of
  // a pause behind this one: each was true once.
  [[nodiscard]] std::string lie_of(const Shown& shown, std::chrono::milliseconds poll_time);

 private:
  // Seconds of the household, since it began.
  [[nodiscard]] std::size_t seconds_between(WallTime from, WallTime to) const;
  const irmeter::Reading& at(std::size_t second);
  [[nodiscard]] bool was_true(irmeter::Quantity quantity, std::int64_t value, std::size_t until);

  irmetersim::Household household_;
  unsigned speed_;
  WallTime not_before_;
  WallTime not_after_;
  std::vector<irmeter::Reading> truths_;  // by the second
};

}  // namespace irmeterd
