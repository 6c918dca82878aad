// Faults everywhere and at random: every reading is the truth of some moment of its poll, and the
// reader recovers when the faults end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "tests/support/single_fault.hpp"
#include "tests/support/true_pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::minutes;
using std::chrono::seconds;

Bench bench_with(SessionMode mode, int interval_s) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(interval_s);
  bench.prove_key();  // one that is not is held back where the answer to it gets lost
  return bench;
}

// Polls that an undisturbed run of a test makes, and the bytes that they take in each direction.
struct Course {
  Bench bench;
  std::size_t polls = 0;
  std::uint64_t to_meter = 0;
  std::uint64_t to_client = 0;
};

Course undisturbed(const Bench& bench, std::size_t polls) {
  TruePair pair(bench);
  pair.start();
  EXPECT_TRUE(pair.run_polls(polls));
  pair.run_for(seconds(1));  // the end of the session
  return {bench, polls, pair.to_meter.bytes, pair.to_client.bytes};
}

Course undisturbed(SessionMode mode) {
  if (mode == SessionMode::each) {
    return undisturbed(bench_with(mode, 10), 1);
  }
  // Two polls with a keep-alive between them, another one, and the renewal of the session.
  Bench bench = bench_with(mode, 6);
  bench.options.timing.max_age = seconds(10);
  return undisturbed(bench, 3);
}

class EverySingleFault
    : public ::testing::TestWithParam<std::tuple<SessionMode, std::size_t, bool>> {};

TEST_P(EverySingleFault, CostsNoMoreThanARetry) {
  const auto [mode, kind, towards_meter] = GetParam();
  const Course course = undisturbed(mode);
  const SingleFault& fault = single_faults()[kind];
  const std::uint64_t bytes = towards_meter ? course.to_meter : course.to_client;
  ASSERT_GT(bytes, 150U);
  for (std::size_t position = 0; position < bytes; ++position) {
    SCOPED_TRACE("byte " + std::to_string(position) + " " + fault.name);
    TruePair pair(course.bench);
    pair.to_client.keeps_what_was_sent = pair.to_meter.keeps_what_was_sent = false;
    strike(towards_meter ? pair.to_meter : pair.to_client, fault, position);
    pair.start();
    ASSERT_TRUE(pair.run_polls(course.polls + 1));
    for (const PollRecord& record : pair.polls) {
      ASSERT_NE(record.poll.reading(), nullptr) << std::get<Failure>(record.poll.result);
      ASSERT_LT(record.poll.duration, seconds(20));
    }
    ASSERT_EQ(pair.identities.size(), 1U);
    ASSERT_EQ(pair.sim().invalid_passwords(), 0U);
  }
}

std::string name_of_fault(const ::testing::TestParamInfo<EverySingleFault::ParamType>& info) {
  const auto [mode, kind, towards_meter] = info.param;
  std::string name = single_faults()[kind].name;
  std::erase(name, ' ');
  return name + (mode == SessionMode::keep ? "_KeptSession" : "_SessionForEachPoll") +
         (towards_meter ? "_TowardsTheMeter" : "_TowardsTheReader");
}

INSTANTIATE_TEST_SUITE_P(
    AtEveryByte, EverySingleFault,
    ::testing::Combine(::testing::Values(SessionMode::each, SessionMode::keep),
                       ::testing::Range(std::size_t{0}, single_faults().size()), ::testing::Bool()),
    name_of_fault);

class RandomFaults : public ::testing::TestWithParam<std::uint64_t> {};

// A thousand lines in all, each with its own kind of weather.
TEST_P(RandomFaults, NeverGiveAWrongReadingAndAreGotOver) {
  constexpr std::uint64_t seeds_each = 100;
  std::size_t readings = 0;
  std::size_t polls = 0;
  for (std::uint64_t i = 0; i < seeds_each; ++i) {
    const std::uint64_t seed = GetParam() * seeds_each + i;
    SCOPED_TRACE(seed);
    Bench bench =
        bench_with(seed % 2 != 0 ? SessionMode::keep : SessionMode::each, seed % 3 == 0 ? 2 : 7);
    TruePair pair(bench);
    pair.to_client.keeps_what_was_sent = pair.to_meter.keeps_what_was_sent = false;
    std::mt19937_64 random(seed);
    const auto rate = [&] { return 0.02 * static_cast<double>(random() % 1000) / 1000; };
    pair.to_meter.fault = random_faults({rate(), rate(), rate()}, seed);
    pair.to_client.fault = random_faults({rate(), rate(), rate()}, ~seed);
    pair.start();
    pair.run_for(minutes(2));
    polls += pair.polls.size();
    readings += pair.readings();
    pair.to_meter.fault = pair.to_client.fault = {};
    // What is under way may still have to time out; then every poll succeeds.
    const std::size_t before = pair.readings();
    ASSERT_TRUE(pair.run_until([&] { return pair.readings() > before; }, seconds(60)))
        << std::get<Failure>(pair.polls.back().poll.result);
    const std::size_t since = pair.polls.size();
    ASSERT_TRUE(pair.run_polls(since + 3, seconds(60)));
    for (std::size_t poll = since; poll < pair.polls.size(); ++poll) {
      ASSERT_NE(pair.polls[poll].poll.reading(), nullptr);
    }
    ASSERT_EQ(pair.sim().invalid_passwords(), 0U);
  }
  RecordProperty("polls", static_cast<int>(polls));
  RecordProperty("readings", static_cast<int>(readings));
  EXPECT_GT(readings, polls / 10) << "of " << polls << " polls";
}

INSTANTIATE_TEST_SUITE_P(OfTenTimesAHundredSeeds, RandomFaults,
                         ::testing::Range(std::uint64_t{0}, std::uint64_t{10}));

}  // namespace
}  // namespace irmeter::testing
