// Faults of the light in many variants: other places and bytes by seed, at other rates.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/true_pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::seconds;

Bench bench_with(SessionMode mode) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(mode == SessionMode::keep ? 3 : 10);
  bench.prove_key();
  return bench;
}

std::string with(const std::string& fault, const std::string& parameters) {
  return fault + (fault.find(':') == std::string::npos ? ":" : ",") + parameters;
}

// So many polls of a pair that has not been started yet; all of them succeed.
void expect_readings(Pair& pair, std::size_t polls) {
  pair.start();
  ASSERT_TRUE(pair.run_polls(polls));
  for (const PollRecord& record : pair.polls) {
    ASSERT_NE(record.poll.reading(), nullptr) << std::get<Failure>(record.poll.result);
  }
}

std::vector<Scenario> harmless_scenarios() {
  std::vector<Scenario> chosen;
  std::ranges::copy_if(scenarios(), std::back_inserter(chosen), [](const Scenario& scenario) {
    return scenario.in_virtual_time() && !scenario.fault;
  });
  return chosen;
}

class Harmless : public ::testing::TestWithParam<Scenario> {};

TEST_P(Harmless, WhateverBytesAndPlacesChanceChooses) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    for (int seed = 2; seed <= 30; ++seed) {
      SCOPED_TRACE(seed);
      TruePair pair(bench_with(mode));
      for (const std::string& fault : GetParam().faults) {
        pair.sim().faults().add(with(fault, "seed=" + std::to_string(seed)), pair.now);
      }
      ASSERT_NO_FATAL_FAILURE(expect_readings(pair, 4));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scenario, Harmless, ::testing::ValuesIn(harmless_scenarios()),
                         [](const auto& one) { return one.param.name; });

class Echo : public ::testing::TestWithParam<SessionMode> {};

// A loose head does not reflect everything.
TEST_P(Echo, OfSomePacketsChangesNothing) {
  for (const std::string fault : {"echo", "echo-damaged"}) {
    for (const int rate : {10, 30, 60, 90, 100}) {
      for (int seed = 1; seed <= 20; ++seed) {
        const std::string spec =
            fault + ":rate=" + std::to_string(rate) + ",seed=" + std::to_string(seed);
        SCOPED_TRACE(spec);
        TruePair pair(bench_with(GetParam()));
        pair.sim().faults().add(spec, pair.now);
        ASSERT_NO_FATAL_FAILURE(expect_readings(pair, 5));
        const auto seen = std::ranges::count_if(
            pair.polls, [](const PollRecord& record) { return record.poll.echo; });
        if (rate == 100) {  // the echo of a short poll may be too damaged to be known as one
          EXPECT_GE(seen, fault == "echo" ? 5 : 4);
        }
      }
    }
  }
}

// Down to an echo that has little in common with what was sent.
TEST_P(Echo, DamagedToAnyDegreeChangesNothing) {
  for (const double rate : {0.02, 0.1, 0.2, 0.4, 0.8}) {
    std::uint64_t echoes = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      SCOPED_TRACE(std::to_string(rate) + " seed " + std::to_string(seed));
      TruePair pair(bench_with(GetParam()));
      Wire::Fault damage = random_faults({rate / 2, rate / 4, rate / 4}, seed);
      pair.to_meter.fault = [&](Bytes bytes) {
        Bytes echo = damage(bytes);
        if (!echo.empty()) {
          echo[0] = seed % 2 == 0 ? 0xFF : 0x00;
        }
        pair.to_client.push(std::move(echo), pair.now);
        return bytes;
      };
      ASSERT_NO_FATAL_FAILURE(expect_readings(pair, 4));
      echoes += pair.client.counters().echoes;
    }
    EXPECT_TRUE(echoes > 0 || rate > 0.5);
  }
}

INSTANTIATE_TEST_SUITE_P(Light, Echo, ::testing::Values(SessionMode::each, SessionMode::keep),
                         [](const auto& one) {
                           return std::string(one.param == SessionMode::keep ? "Kept" : "Each");
                         });

}  // namespace
}  // namespace irmeter::testing
