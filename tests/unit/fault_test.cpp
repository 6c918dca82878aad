// Faults everywhere and at random: every reading is the truth of some moment of its poll, and the
// reader recovers when the faults end.
//
// The meter's values change every second, so that a value of another poll does not pass for one of
// this.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::minutes;
using std::chrono::seconds;

class MovingTruth {
 public:
  explicit MovingTruth(const Bench& bench) : pair(bench), profile_(bench.settings.profile) {
    pair.to_client.keeps_what_was_sent = false;
    pair.to_meter.keeps_what_was_sent = false;
  }

  void run_until(const std::function<bool()>& condition, Duration within) {
    for (const Instant end = pair.now + within; !condition() && pair.now < end;) {
      const Instant next_second = start_ + seconds(second_of(pair.now) + 1);
      pair.sim().set_values(distinct_values(second_of(pair.now)));
      pair.step(std::min(end, next_second));
      check();
    }
  }

  void run_for(Duration time) {
    run_until([] { return false; }, time);
  }

  SimulatedPair pair;

 private:
  [[nodiscard]] std::int32_t second_of(Instant at) const {
    return static_cast<std::int32_t>((at - start_) / seconds(1));
  }

  void check() {
    for (; checked_ < pair.polls.size(); ++checked_) {
      const PollRecord& record = pair.polls[checked_];
      if (const Reading* reading = record.poll.reading()) {
        const std::int32_t from = second_of(record.ended - record.poll.duration);
        EXPECT_TRUE(registers_fit(*reading, from, second_of(record.ended)));
        EXPECT_TRUE(present_values_fit(*reading, from, second_of(record.ended)));
      }
    }
  }

  [[nodiscard]] bool registers_fit(const Reading& reading, std::int32_t from, std::int32_t to) {
    for (std::int32_t second = from; second <= to; ++second) {
      const Reading expected = truth(distinct_values(second), profile_);
      if (reading.raw_registers == expected.raw_registers &&
          same(reading, expected, Source::bt23)) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool present_values_fit(const Reading& reading, std::int32_t from,
                                        std::int32_t to) {
    for (std::int32_t second = from; second <= to; ++second) {
      const Reading expected = truth(distinct_values(second), profile_);
      if (reading.raw_present_values == expected.raw_present_values &&
          same(reading, expected, Source::bt28) && same(reading, expected, Source::derived)) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] static bool same(const Reading& a, const Reading& b, Source source) {
    return std::ranges::all_of(quantities, [&](const QuantityInfo& quantity) {
      return quantity.source != source || a.values.get(quantity.id) == b.values.get(quantity.id);
    });
  }

  irmetersim::Profile profile_;
  Instant start_ = pair.now;
  std::size_t checked_ = 0;
};

Bench bench_with(SessionMode mode, int interval_s) {
  Bench bench;
  bench.options.session = mode;
  bench.options.interval = seconds(interval_s);
  return bench;
}

// A fault at one byte of everything that is sent in one direction, counted from the start.
Wire::Fault at_byte(std::size_t position, const std::function<void(Bytes&, std::size_t)>& change) {
  return [=, seen = std::size_t{0}](Bytes bytes) mutable {
    const std::size_t begin = seen;
    seen += bytes.size();
    if (position >= begin && position < seen) {
      change(bytes, position - begin);
    }
    return bytes;
  };
}

struct NamedFault {
  const char* name;
  std::function<void(Bytes&, std::size_t)> change;
};

const NamedFault single_faults[] = {
    {"flipped", [](Bytes& bytes, std::size_t at) { bytes[at] ^= 0x04; }},
    {"dropped",
     [](Bytes& bytes, std::size_t at) { bytes.erase(bytes.begin() + static_cast<long>(at)); }},
    {"doubled",
     [](Bytes& bytes, std::size_t at) {
       const std::uint8_t byte = bytes[at];
       bytes.insert(bytes.begin() + static_cast<long>(at), byte);
     }},
    {"inserted EE",
     [](Bytes& bytes, std::size_t at) {
       bytes.insert(bytes.begin() + static_cast<long>(at), start_of_packet);
     }},
    {"inserted 06",
     [](Bytes& bytes, std::size_t at) {
       bytes.insert(bytes.begin() + static_cast<long>(at), ack_byte);
     }},
    {"inserted 15",
     [](Bytes& bytes, std::size_t at) {
       bytes.insert(bytes.begin() + static_cast<long>(at), nak_byte);
     }},
    {"cut off", [](Bytes& bytes, std::size_t at) { bytes.resize(at); }},
    {"zeroed", [](Bytes& bytes, std::size_t at) { bytes[at] = 0; }},
};

// Bytes on the line in each direction for a whole session with one poll.
constexpr std::size_t bytes_of_a_session = 420;

class SingleFault : public ::testing::TestWithParam<const NamedFault*> {};

TEST_P(SingleFault, AnywhereInASessionCostsNoMoreThanARetry) {
  for (const bool towards_meter : {true, false}) {
    for (std::size_t position = 0; position < bytes_of_a_session; ++position) {
      SCOPED_TRACE(std::string(towards_meter ? "reader's" : "meter's") + " byte " +
                   std::to_string(position));
      MovingTruth run(bench_with(SessionMode::each, 10));
      Wire& wire = towards_meter ? run.pair.to_meter : run.pair.to_client;
      wire.fault = at_byte(position, GetParam()->change);
      run.pair.start();
      run.run_until([&] { return run.pair.polls.size() >= 2; }, minutes(2));
      ASSERT_EQ(run.pair.polls.size(), 2U);
      ASSERT_NE(run.pair.polls[0].poll.reading(), nullptr)
          << std::get<Failure>(run.pair.polls[0].poll.result).detail();
      ASSERT_NE(run.pair.polls[1].poll.reading(), nullptr)
          << std::get<Failure>(run.pair.polls[1].poll.result).detail();
      ASSERT_EQ(run.pair.identities.size(), 1U);
      ASSERT_EQ(run.pair.sim().invalid_passwords(), 0U);
      ASSERT_LT(run.pair.polls[0].poll.duration, seconds(20));
    }
  }
}

TEST(HeldByte, AnywhereInASessionCostsNoMoreThanARetry) {
  for (const bool towards_meter : {true, false}) {
    for (std::size_t position = 0; position < bytes_of_a_session; ++position) {
      SCOPED_TRACE(position);
      MovingTruth run(bench_with(SessionMode::each, 10));
      Wire& wire = towards_meter ? run.pair.to_meter : run.pair.to_client;
      wire.held_byte = position;
      wire.hold = std::chrono::milliseconds(600);
      run.pair.start();
      run.run_until([&] { return run.pair.polls.size() >= 2; }, minutes(2));
      ASSERT_EQ(run.pair.readings(), 2U);
      ASSERT_LT(run.pair.polls[0].poll.duration, seconds(20));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, SingleFault,
                         ::testing::Values(&single_faults[0], &single_faults[1], &single_faults[2],
                                           &single_faults[3], &single_faults[4], &single_faults[5],
                                           &single_faults[6], &single_faults[7]),
                         [](const auto& test) {
                           std::string name(test.param->name);
                           std::erase(name, ' ');
                           return name;
                         });

class RandomFaults : public ::testing::TestWithParam<int> {};

// A thousand lines in all, each with its own kind of weather.
TEST_P(RandomFaults, NeverGiveAWrongReadingAndAreGotOver) {
  constexpr int seeds_each = 100;
  std::size_t readings = 0;
  std::size_t polls = 0;
  for (int i = 0; i < seeds_each; ++i) {
    const auto seed = static_cast<std::uint64_t>(GetParam() * seeds_each + i);
    SCOPED_TRACE(seed);
    MovingTruth run(
        bench_with(seed % 2 != 0 ? SessionMode::keep : SessionMode::each, seed % 3 == 0 ? 2 : 7));
    std::mt19937_64 random(seed);
    const auto rate = [&] { return 0.02 * static_cast<double>(random() % 1000) / 1000; };
    run.pair.to_meter.fault = random_faults({rate(), rate(), rate()}, seed);
    run.pair.to_client.fault = random_faults({rate(), rate(), rate()}, ~seed);
    run.pair.start();
    run.run_for(minutes(2));
    polls += run.pair.polls.size();
    readings += run.pair.readings();
    run.pair.to_meter.fault = run.pair.to_client.fault = {};
    // What is under way may still have to time out; then every poll succeeds.
    const std::size_t before = run.pair.readings();
    run.run_until([&] { return run.pair.readings() > before; }, seconds(60));
    ASSERT_GT(run.pair.readings(), before);
    const std::size_t since = run.pair.polls.size();
    run.run_until([&] { return run.pair.polls.size() >= since + 3; }, seconds(60));
    for (std::size_t poll = since; poll < run.pair.polls.size(); ++poll) {
      ASSERT_NE(run.pair.polls[poll].poll.reading(), nullptr);
    }
    ASSERT_EQ(run.pair.sim().invalid_passwords(), 0U);
  }
  RecordProperty("polls", static_cast<int>(polls));
  RecordProperty("readings", static_cast<int>(readings));
  EXPECT_GT(readings, polls / 10) << "of " << polls << " polls";
}

INSTANTIATE_TEST_SUITE_P(OfTenTimesAHundredSeeds, RandomFaults, ::testing::Range(0, 10));

}  // namespace
}  // namespace irmeter::testing
