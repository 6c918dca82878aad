// A three-phase household with a solar roof: what flows through the meter at any second of a day.
//
// It is a function of the seed and the time and nothing else, so that every run can be repeated.
// Power is constant for the length of a second, and the registers are the exact sum of those
// seconds: what BT23 counts is what BT28 showed. The day is divided evenly among the tariffs.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "tools/ir-meter-sim/meter_values.hpp"

namespace irmetersim {

struct HouseholdSettings {
  std::uint64_t seed = 1;
  // The wall clock of the household when the simulation begins.
  std::chrono::local_seconds start = std::chrono::local_days(std::chrono::days(20'000));
  // What the registers show then, in Wh; they roll over at 10^9.
  std::int64_t forward_wh = 8'214'350;
  std::int64_t reverse_wh = 3'120'440;
  unsigned tariffs = 1;  // 1 to max_tiers
};

class Household {
 public:
  explicit Household(const HouseholdSettings& settings) : settings_(settings) {}

  // Registers and present values so long after the start, or before it. Costs about a microsecond
  // for every second between the previous call's and this one's.
  [[nodiscard]] MeterValues values(std::chrono::seconds since_start);
  // Which of the tariffs counts then, from 0 on.
  [[nodiscard]] unsigned tariff(std::chrono::seconds since_start) const;

 private:
  using Present = std::array<std::int32_t, max_present_values>;
  [[nodiscard]] Present present_values(std::chrono::local_seconds time) const;
  [[nodiscard]] double random(std::uint64_t stream, std::int64_t index) const;
  [[nodiscard]] double drift(std::uint64_t stream, std::int64_t second, std::int64_t period) const;

  HouseholdSettings settings_;
  // What is counted in this second, with the sign.
  void count(std::chrono::seconds since_start, std::int64_t sign);

  using WattSeconds = std::array<std::int64_t, max_summations>;  // also var and VA seconds
  std::chrono::seconds counted_{0};                              // how far the sums reach
  std::array<WattSeconds, max_tiers> watt_seconds_{};            // by tariff
};

}  // namespace irmetersim
