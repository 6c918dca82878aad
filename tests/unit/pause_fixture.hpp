// A meter with one table that is read in the pauses, and what it answers to that.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "tests/support/pair.hpp"

namespace irmeter::testing {

using SessionMode = MeterOptions::SessionMode;

// A table that the meter has.
inline const std::string there = "BT20 0+10";

inline std::optional<TableRead> read_there(const PlanRow::Known&) {
  return TableRead{20, 0, 10};
}

// The rows of NES meters but for those of the pauses.
inline const std::vector<PlanRow>& plan_with(const PlanRow& row) {
  static std::vector<std::vector<PlanRow>> plans;
  std::vector<PlanRow>& plan = plans.emplace_back();
  std::ranges::copy_if(nes_plan(), std::back_inserter(plan),
                       [](const PlanRow& each) { return each.when != PlanRow::When::each_period; });
  plan.push_back(row);
  return plan;
}

inline Bench bench_of(SessionMode mode, Duration interval, std::span<const PlanRow> plan) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = interval;
  bench.options.plan = plan;
  bench.options.pace.slow_interval = std::chrono::seconds(60);
  return bench;
}

inline Bench bench_of(SessionMode mode, Duration interval) {
  return bench_of(mode, interval,
                  plan_with({.when = PlanRow::When::each_period, .what = read_there}));
}

// Requests, those sent again counted as well.
inline std::size_t times_asked(const Pair& pair, const std::string& name) {
  const auto requests = pair.requests();
  return static_cast<std::size_t>(std::ranges::count_if(
      requests, [&](const Bytes& request) { return name_of(request) == name; }));
}

// The meter answers what is asked under this name in this way.
inline void answer(Pair& pair, const std::string& name, const std::function<Bytes(Bytes)>& how) {
  pair.to_client.fault = [&pair, name, how](Bytes bytes) {
    return pair.asked() == name && bytes.size() > 1 ? how(std::move(bytes)) : bytes;
  };
}
inline void refuse(Pair& pair, const std::string& name, ResponseCode code) {
  answer(pair, name,
         [code](const Bytes& bytes) { return refused(bytes, static_cast<std::uint8_t>(code)); });
}

}  // namespace irmeter::testing
