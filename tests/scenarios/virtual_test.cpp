// Every scenario of the table with the protocol core and the simulated meter, in virtual time: the
// fault and its context while the faults last, and a reading soon after they have ended.
#include <gtest/gtest.h>

#include <string>

#include "tests/scenarios/conversation.hpp"
#include "tests/scenarios/scenario.hpp"
#include "tests/support/true_pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::minutes;
using std::chrono::seconds;

// When the faults begin.
enum class Begin : std::uint8_t { at_the_start, between_polls, inside_a_poll };

struct Case {
  const Scenario* scenario;
  SessionMode mode;
  Begin begin;
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << *one.scenario;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Scenario& scenario : scenarios()) {
    for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
      for (const Begin begin : {Begin::at_the_start, Begin::between_polls, Begin::inside_a_poll}) {
        const bool kept = mode == SessionMode::keep;
        const bool too_late = begin != Begin::at_the_start &&
                              (scenario.wrong_key || (scenario.in_new_sessions && kept));
        if (scenario.in_virtual_time() && !too_late && (kept || !scenario.kept)) {
          all.push_back({&scenario, mode, begin});
        }
      }
    }
  }
  return all;
}

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  const Case& one = info.param;
  const char* const mode = one.mode == SessionMode::keep ? "Kept" : "Each";
  const char* const begin = one.begin == Begin::at_the_start    ? "FromTheStart"
                            : one.begin == Begin::between_polls ? "BetweenPolls"
                                                                : "InsideAPoll";
  return one.scenario->name + "_" + mode + "_" + begin;
}

Bench bench_for(const Case& one) {
  Bench bench;
  bench.options.session = one.mode;
  bench.options.interval = seconds(one.mode == SessionMode::keep ? 3 : 10);
  if (one.scenario->wrong_key) {
    bench.key = "ABCDEFABCDEFABCDEF00";
  }
  return bench;
}

class InVirtualTime : public ::testing::TestWithParam<Case> {
 protected:
  InVirtualTime() : pair_(bench_for(GetParam())) {}

  // Lets the faults begin, in a line that has given readings so far.
  void begin_faults() {
    if (GetParam().begin != Begin::at_the_start) {
      pair_.start();
      ASSERT_TRUE(pair_.run_polls(3));
      ASSERT_EQ(pair_.readings(), 3U);
      const std::size_t packets = pair_.to_meter.sent.size();
      if (GetParam().begin == Begin::inside_a_poll) {
        pair_.run_until([&] { return pair_.to_meter.sent.size() >= packets + 2; }, minutes(1));
      } else {
        pair_.run_for(seconds(1));
      }
    }
    before_ = pair_.client.counters();
    for (const std::string& fault : GetParam().scenario->faults) {
      pair_.sim().faults().add(fault, pair_.now);
    }
    if (GetParam().begin == Begin::at_the_start) {
      pair_.start();
    }
  }

  void check(const PollEnded& poll) const {
    const Scenario& scenario = *GetParam().scenario;
    EXPECT_LE(poll.duration, scenario.longest_poll);
    const auto failure = failure_of(poll);
    const auto fault = failure ? std::optional(failure->fault) : std::nullopt;
    ASSERT_EQ(fault, scenario.fault) << failure.value_or(Failure{});
    if (failure) {
      EXPECT_NE(failure->context.find(scenario.context), std::string::npos) << *failure;
    } else {
      EXPECT_EQ(poll.echo, scenario.echoes == Seen::must);
    }
  }

  void run_polls(std::size_t count) {
    ASSERT_TRUE(pair_.run_polls(pair_.polls.size() + count, minutes(30)));
  }

  TruePair pair_;
  LinkCounters before_;
};

void expect_seen(Seen expected, std::uint64_t count, const char* what) {
  if (expected == Seen::must) {
    EXPECT_GT(count, 0U) << what;
  } else if (expected == Seen::must_not) {
    EXPECT_EQ(count, 0U) << what;
  }
}

TEST_P(InVirtualTime, IsGotOverOrNamedAndEndsSoon) {
  const Scenario& scenario = *GetParam().scenario;
  ASSERT_NO_FATAL_FAILURE(begin_faults());
  const bool under_way = GetParam().begin == Begin::inside_a_poll;
  ASSERT_NO_FATAL_FAILURE(run_polls((under_way ? 1 : 0) + scenario.sets_in - 1));
  for (int poll = 0; poll < 4; ++poll) {
    pair_.to_meter.sent.clear();
    ASSERT_NO_FATAL_FAILURE(run_polls(1));
    check(pair_.polls.back().poll);
    if (scenario.same_session) {
      EXPECT_LE(times_asked(pair_, "identify"), 1U) << pair_.services();
    }
  }
  for (const std::string& fault : scenario.faults) {
    EXPECT_GT(pair_.sim().faults().struck(irmetersim::parse_fault(fault)->kind), 0U) << fault;
  }
  const LinkCounters& counters = pair_.client.counters();
  expect_seen(scenario.echoes, counters.echoes - before_.echoes, "echoes");
  expect_seen(scenario.retries, counters.retries - before_.retries, "retries");
  expect_seen(scenario.crc_errors, counters.crc_errors - before_.crc_errors, "CRC errors");
  EXPECT_EQ(pair_.sim().invalid_passwords(), scenario.wrong_key ? 1U : 0U);

  pair_.sim().faults().end();
  const MeterOptions options = bench_for(GetParam()).options;
  const std::size_t readings = pair_.readings();
  const Duration soon = options.interval + scenario.longest_poll +
                        (scenario.hold_off ? options.timing.hold_off : Duration::zero());
  pair_.run_until([&] { return pair_.readings() > readings; }, soon);
  EXPECT_EQ(pair_.readings(), readings + (scenario.recovers ? 1 : 0));
  if (scenario.recovers) {
    const std::size_t polls = pair_.polls.size();
    ASSERT_NO_FATAL_FAILURE(run_polls(3));
    EXPECT_EQ(pair_.readings(), readings + 4);
    EXPECT_FALSE(pair_.polls[polls + 2].poll.echo);
  }
  EXPECT_EQ(pair_.identities.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Scenario, InVirtualTime, ::testing::ValuesIn(cases()), name_of_case);

}  // namespace
}  // namespace irmeter::testing
