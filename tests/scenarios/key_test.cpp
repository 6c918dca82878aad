// What a wrong key costs: one alarm at the utility, whatever happens to the answer, to the line or
// to the process. And what it costs a right one: nobody has to do anything, or RetryKey at most.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/scenarios/conversation.hpp"
#include "tests/support/single_fault.hpp"
#include "tests/support/true_pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* wrong_key = "ABCDEFABCDEFABCDEF00";

Bench bench_with(const std::string& key, SessionMode mode = SessionMode::each) {
  Bench bench;
  bench.key = key;
  bench.options.session = mode;
  return bench;
}

Fault fault_of(const PollRecord& record) {
  return std::get<Failure>(record.poll.result).fault;
}

// The process ends at this moment, and another one begins with the same record.
void restart(SimulatedPair& pair, const std::string& key) {
  pair.client = Meter(MeterOptions{}, *Key::from_text(key));
  pair.start();
}

// Likewise, with a key that nothing is known of.
void restart_with_new(SimulatedPair& pair, const std::string& key) {
  pair.record.facts.clear();
  restart(pair, key);
}

void retry(Pair& pair) {
  pair.tell([](Meter& client, Instant now) { client.retry_key(now); });
}

// The bytes that belong to the Security exchange of the first poll, in one direction.
struct Span {
  std::size_t begin;
  std::size_t end;
};
Span security_exchange(Wire Pair::*wire) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  Span span{};
  while (pair.asked() != "security") {
    span.begin = static_cast<std::size_t>((pair.*wire).bytes);
    pair.step(pair.now + seconds(1));
  }
  EXPECT_TRUE(pair.run_until([&] { return pair.asked() != "security"; }, seconds(1)));
  span.end = static_cast<std::size_t>((pair.*wire).bytes);
  return span;
}

TEST(WrongKey, IsShownOnceInAHundredPollsAndNotAfterARestart) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    SimulatedPair pair(bench_with(wrong_key, mode));
    pair.start();
    ASSERT_TRUE(pair.run_polls(100, minutes(20)));
    restart(pair, wrong_key);
    ASSERT_TRUE(pair.run_polls(200, minutes(20)));
    EXPECT_EQ(times_asked(pair, "security"), 1U);
    EXPECT_EQ(pair.sim().invalid_passwords(), 1U);
    for (const PollRecord& record : pair.polls) {
      ASSERT_EQ(fault_of(record), Fault::key_rejected);
    }
  }
}

TEST(KeyOfTheOtherKind, IsShownOnceInAHundredPollsAndNotAfterARestart) {
  SimulatedPair pair(bench_with(irmetersim::demo_key));
  pair.sim().faults().add("reads-refused", pair.now);
  pair.start();
  ASSERT_TRUE(pair.run_polls(100, minutes(20)));
  restart(pair, irmetersim::demo_key);
  ASSERT_TRUE(pair.run_polls(200, minutes(20)));
  EXPECT_EQ(times_asked(pair, "security"), 1U);
  EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_rejected);
}

TEST(RejectedKey, IsShownOnceMoreEachTimeSomebodyAsks) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  for (unsigned asked = 1; asked <= 5; ++asked) {
    retry(pair);
    retry(pair);  // before the first has come to anything
    pair.run_for(minutes(10));
    EXPECT_EQ(pair.sim().invalid_passwords(), 1 + asked);
  }
}

TEST(RejectedKey, IsFollowedByOneAttemptWithAnother) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  restart_with_new(pair, "ABCDEFABCDEFABCDEF01");
  ASSERT_TRUE(pair.run_polls(50));
  EXPECT_EQ(pair.sim().invalid_passwords(), 2U);
  restart_with_new(pair, irmetersim::demo_key);
  ASSERT_TRUE(pair.run_polls(52));
  EXPECT_NE(pair.polls[50].poll.reading(), nullptr);
}

TEST(RejectedKey, IsNotShownAgainWhereverTheLineOrTheProcessEnds) {
  for (const bool process : {false, true}) {
    for (int at = 0; at < 1'000; at += 3) {
      SCOPED_TRACE(at);
      SimulatedPair pair(bench_with(wrong_key));
      pair.start();
      pair.run_for(milliseconds(at));
      for (int i = 0; i < 3; ++i) {
        if (process) {
          restart(pair, wrong_key);
        } else {
          pair.tell([](Meter& client, Instant) { client.line_lost(); });
          pair.run_for(seconds(3));
          pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
        }
        pair.run_for(minutes(1));
      }
      ASSERT_LE(pair.sim().invalid_passwords(), 1U);
      const Fault fault = fault_of(pair.polls.back());
      ASSERT_TRUE(fault == Fault::key_rejected || fault == Fault::key_unanswered);
    }
  }
}

TEST(UnprovenKey, IsNotShownWhileThatCannotBeWrittenDown) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    for (const char* const key : {irmetersim::demo_key, wrong_key}) {
      SimulatedPair pair(bench_with(key, mode));
      pair.record.read_only = true;
      pair.start();
      ASSERT_TRUE(pair.run_polls(50, minutes(20)));
      EXPECT_EQ(times_asked(pair, "security"), 0U);
      for (const PollRecord& record : pair.polls) {
        ASSERT_EQ(fault_of(record), Fault::key_unremembered);
      }
      pair.run_for(seconds(1));
      EXPECT_EQ(pair.client.counters().retries, 0U);  // nobody had to ask twice
      EXPECT_EQ(times_asked(pair, "log off"), 50U);
      pair.record.read_only = false;
      ASSERT_TRUE(pair.run_polls(100, minutes(20)));
      EXPECT_EQ(times_asked(pair, "security"),
                key == wrong_key || mode == SessionMode::keep ? 1U : 50U);
      EXPECT_EQ(pair.readings(), key == wrong_key ? 0U : 50U);
    }
  }
}

TEST(RejectedKey, StaysRejectedWhenAnAttemptThatIsAskedForCannotBeWrittenDown) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  pair.record.read_only = true;
  retry(pair);
  ASSERT_TRUE(pair.run_polls(4));
  EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_unremembered);
  pair.record.read_only = false;
  ASSERT_TRUE(pair.run_polls(20));
  EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_rejected);
  EXPECT_EQ(pair.sim().invalid_passwords(), 1U);
}

TEST(ProvenKey, IsShownAlthoughNothingCanBeWrittenDown) {
  Bench bench;
  bench.prove_key();
  SimulatedPair pair(bench);
  pair.record.read_only = true;
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_EQ(pair.readings(), 3U);
}

class SecurityExchange : public ::testing::TestWithParam<std::size_t> {
 protected:
  // Calls what with each place of the exchange, in both directions, where the fault is to strike.
  template <typename What>
  void at_every_byte(What what) {
    const SingleFault& fault = single_faults()[GetParam()];
    for (Wire Pair::*wire : {&Pair::to_meter, &Pair::to_client}) {
      const Span span = security_exchange(wire);
      ASSERT_LT(span.begin, span.end);
      for (std::size_t position = span.begin; position < span.end; ++position) {
        SCOPED_TRACE(fault.name + " byte " + std::to_string(position - span.begin) +
                     (wire == &Pair::to_meter ? " of the reader" : " of the meter"));
        what([&](Pair& pair) { strike(pair.*wire, fault, position); });
      }
    }
  }
};

TEST_P(SecurityExchange, ShowsAWrongKeyOnceWhateverHappens) {
  at_every_byte([](const auto& disturb) {
    SimulatedPair pair(bench_with(wrong_key));
    disturb(pair);
    pair.start();
    ASSERT_TRUE(pair.run_polls(50, minutes(20)));
    restart(pair, wrong_key);
    ASSERT_TRUE(pair.run_polls(100, minutes(20)));
    ASSERT_LE(pair.sim().invalid_passwords(), 1U);
    ASSERT_EQ(pair.readings(), 0U);
  });
}

TEST_P(SecurityExchange, LeavesARightKeyUsable) {
  std::size_t asked_for = 0;
  std::size_t runs = 0;
  at_every_byte([&](const auto& disturb) {
    SimulatedPair pair(bench_with(irmetersim::demo_key));
    disturb(pair);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    ++runs;
    if (pair.polls[0].poll.reading() == nullptr) {
      ++asked_for;
      ASSERT_EQ(fault_of(pair.polls[0]), Fault::key_unanswered);
      ASSERT_TRUE(pair.run_polls(2));
      retry(pair);
    }
    const std::size_t polls = pair.polls.size();
    ASSERT_TRUE(pair.run_polls(polls + 2));
    ASSERT_NE(pair.polls[polls].poll.reading(), nullptr);
    ASSERT_NE(pair.polls[polls + 1].poll.reading(), nullptr);
    ASSERT_EQ(pair.record.facts.back().trust, KeyTrust::proven);
  });
  // A meter that could not tell where the packet begins says nothing: it may have seen the key.
  EXPECT_LE(asked_for, runs / 7);
}

INSTANTIATE_TEST_SUITE_P(WithASingleFault, SecurityExchange,
                         ::testing::Range(std::size_t{0}, single_faults().size()),
                         [](const auto& one) {
                           std::string name = single_faults()[one.param].name;
                           std::erase(name, ' ');
                           return name;
                         });

// Every answer to it is lost, and every answer to what would tell as well.
TEST(UnansweredKey, IsShownAgainWhenSomebodyAsksAndNotBefore) {
  for (const char* key : {wrong_key, irmetersim::demo_key}) {
    SimulatedPair pair(bench_with(key));
    pair.to_client.fault = [&](const Bytes& bytes) {
      const bool after_it = pair.asked() == "security" || pair.asked() == "BT21 0+10";
      return after_it && bytes.size() > 1 ? Bytes{} : bytes;
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(3));
    pair.to_client.fault = {};
    ASSERT_TRUE(pair.run_polls(50, minutes(20)));
    restart(pair, key);
    ASSERT_TRUE(pair.run_polls(100, minutes(20)));
    EXPECT_EQ(times_asked(pair, "security"), 1U);
    EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_unanswered);
    EXPECT_EQ(failure_of(pair.polls.back().poll)->fault, Fault::key_unanswered);
    retry(pair);
    pair.run_for(minutes(10));
    EXPECT_EQ(pair.sim().invalid_passwords(), key == wrong_key ? 2U : 0U);
    EXPECT_EQ(state_of(pair.polls.back().poll),
              key == wrong_key ? State::key_rejected : State::online);
  }
}

// The meter answers this to a request for ever.
Wire::Fault answers(const Pair& pair, const std::string& request, std::uint8_t code) {
  return [&pair, request, code](Bytes bytes) {
    return pair.asked() == request ? refused(bytes, code) : bytes;
  };
}

TEST(UnprovenKey, IsShownOnceMoreToAMeterThatDoesNotLook) {
  for (const std::uint8_t code : Bytes{6, 7, 8, 9, 10}) {
    SimulatedPair pair(bench_with(irmetersim::demo_key));
    pair.to_client.fault = answers(pair, "security", code);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    EXPECT_EQ(times_asked(pair, "security"), 1U) << int{code};
    EXPECT_EQ(fault_of(pair.polls[0]), Fault::busy);
    ASSERT_TRUE(pair.run_polls(20, minutes(20)));
    restart(pair, irmetersim::demo_key);
    ASSERT_TRUE(pair.run_polls(40, minutes(20)));
    EXPECT_EQ(times_asked(pair, "security"), 2U) << int{code};
    EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_unanswered);
    pair.to_client.fault = {};
    retry(pair);
    ASSERT_TRUE(pair.run_polls(42));
    EXPECT_EQ(pair.readings(), 2U);
  }
}

TEST(UnprovenKey, IsNotProvenByWhatSecuritySays) {
  for (const std::uint8_t code : Bytes{1, 2, 4, 5, 6, 7, 8, 9, 10}) {
    SimulatedPair pair(bench_with(irmetersim::demo_key));
    pair.to_client.fault = [&](Bytes bytes) {
      return pair.asked().starts_with("BT2") ? refused(bytes, code) : bytes;
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(20, minutes(20)));
    EXPECT_EQ(times_asked(pair, "security"), 1U) << int{code};
    EXPECT_EQ(fault_of(pair.polls[0]), Fault::key_unanswered);
    EXPECT_EQ(pair.record.facts.back().trust, KeyTrust::unanswered);
  }
}

// The meter has seen it, and nothing of the meter is heard from then on.
TEST(UnprovenKey, IsNotRepeatedOnTheLinkWhereNothingComesBack) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.to_client.fault = [&](Bytes bytes) {
    return times_asked(pair, "security") > 0 ? Bytes{} : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(20, minutes(20)));
  EXPECT_EQ(std::ranges::count(pair.requests(), "security", &name_of), 1);
  EXPECT_EQ(fault_of(pair.polls.back()), Fault::key_unanswered);
}

// A meter that locks its port after wrong keys never gets as far as that.
TEST(KeyLock, IsNotReached) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.sim().faults().add("key-lock:limit=2", pair.now);
  pair.start();
  pair.run_for(std::chrono::hours(2));
  restart_with_new(pair, irmetersim::demo_key);
  const std::size_t polls = pair.polls.size();
  ASSERT_TRUE(pair.run_polls(polls + 1));
  EXPECT_NE(pair.polls[polls].poll.reading(), nullptr);
}

}  // namespace
}  // namespace irmeter::testing
