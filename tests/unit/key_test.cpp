// What happens to the key: sent once to a meter that refuses it, never shown, never guessed.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;

constexpr std::uint8_t isc = 0x03;
constexpr const char* wrong_key = "ABCDEFABCDEFABCDEF00";

Bench bench_with(const std::string& key, SessionMode mode = SessionMode::automatic) {
  Bench bench;
  bench.key = key;
  bench.options.session = mode;
  bench.options.interval = std::chrono::seconds(10);
  return bench;
}

std::size_t security_requests(const Pair& pair) {
  const auto requests = pair.requests();
  return static_cast<std::size_t>(std::ranges::count(requests, "security", &name_of));
}

const Failure& failure_of(const PollRecord& record) {
  return std::get<Failure>(record.poll.result);
}

TEST(WrongKey, IsSentExactlyOnceInADay) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    SimulatedPair pair(bench_with(wrong_key, mode));
    pair.to_client.in_one_piece = true;
    pair.start();
    pair.run_for(std::chrono::hours(24));
    EXPECT_EQ(security_requests(pair), 1U);
    EXPECT_EQ(pair.sim().invalid_passwords(), 1U);
    ASSERT_EQ(pair.polls.size(), 8641U);
    for (const PollRecord& poll : pair.polls) {
      ASSERT_EQ(failure_of(poll).fault, Fault::key_rejected);
    }
    EXPECT_EQ(failure_of(pair.polls[0]).state(), State::key_rejected);
    EXPECT_EQ(failure_of(pair.polls[0]).context, "Security: isc (insufficient security clearance)");
  }
}

TEST(WrongKey, EndsTheSessionInOrderAndLeavesTheLineAlone) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(
      pair.services(),
      "identify, negotiate, log on, BT00, BT01 0+24, ET03 0+30, security, log off, terminate");
  EXPECT_EQ(pair.identities.size(), 1U);
}

TEST(WrongKey, IsTriedOnceMoreForEachTimeSomebodyAsks) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  for (unsigned asked = 1; asked <= 3; ++asked) {
    pair.tell([](Meter& client, Instant now) { client.retry_key(now); });
    EXPECT_EQ(pair.asked(), "identify") << "at once";
    pair.run_for(std::chrono::minutes(1));
    EXPECT_EQ(pair.sim().invalid_passwords(), 1 + asked);
  }
}

TEST(WrongKey, IsNotTriedAgainByReadNowOrAReplugging) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(std::chrono::seconds(2));
  const std::size_t polls = pair.polls.size();
  pair.tell([](Meter& client, Instant now) { client.poll_now(now); });
  EXPECT_EQ(pair.polls.size(), polls + 1);
  pair.tell([](Meter& client, Instant now) {
    client.line_lost();
    client.line_ready(now);
  });
  pair.run_for(std::chrono::minutes(1));
  EXPECT_EQ(pair.sim().invalid_passwords(), 1U);
  EXPECT_EQ(security_requests(pair), 1U);
}

// The answer to Security is lost, however often the meter repeats it.
Wire::Fault loses_the_answer_to_security(const Pair& pair) {
  return [&pair](Bytes bytes) {
    return pair.asked() == "security" && bytes != Bytes{ack_byte} ? Bytes{} : bytes;
  };
}

TEST(AnswerAboutTheKey, IsTakenFromTheFirstReadWhenItIsLost) {
  SimulatedPair wrong(bench_with(wrong_key));
  wrong.to_client.fault = loses_the_answer_to_security(wrong);
  wrong.start();
  wrong.run_for(std::chrono::hours(1));
  EXPECT_EQ(wrong.sim().invalid_passwords(), 1U);
  EXPECT_EQ(failure_of(wrong.polls[0]).fault, Fault::key_rejected);
  EXPECT_EQ(failure_of(wrong.polls[0]).context, "BT21: isc (insufficient security clearance)");

  SimulatedPair right(bench_with(irmetersim::demo_key));
  right.to_client.fault = loses_the_answer_to_security(right);
  right.start();
  ASSERT_TRUE(right.run_polls(1));
  EXPECT_NE(right.polls[0].poll.reading(), nullptr);
}

TEST(AnswerAboutTheKey, IsNotAskedForTwiceInOnePoll) {
  SimulatedPair pair(bench_with(wrong_key));
  pair.to_client.fault = [&](Bytes bytes) {
    const bool after_the_key = pair.asked() == "security" || pair.asked() == "BT21 0+10";
    return after_the_key && bytes != Bytes{ack_byte} ? Bytes{} : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  EXPECT_EQ(pair.sim().invalid_passwords(), 1U);
  EXPECT_EQ(failure_of(pair.polls[0]).fault, Fault::key_unanswered);
}

TEST(RejectedKey, WorksAgainOnceTheMeterTakesItAndSomebodyAsks) {
  SimulatedPair pair(bench_with(irmetersim::demo_key));
  bool refuse = true;
  pair.to_client.fault = [&](Bytes bytes) {
    return refuse && pair.sim().authenticated() ? refused(bytes, isc) : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(failure_of(pair.polls[1]).fault, Fault::key_rejected);
  refuse = false;
  ASSERT_TRUE(pair.run_polls(4));
  EXPECT_EQ(failure_of(pair.polls[3]).fault, Fault::key_rejected);
  const std::size_t before = pair.polls.size();
  pair.tell([](Meter& client, Instant now) { client.retry_key(now); });
  ASSERT_TRUE(pair.run_polls(before + 2));
  EXPECT_NE(pair.polls[before].poll.reading(), nullptr);
  EXPECT_NE(pair.polls[before + 1].poll.reading(), nullptr);
}

// The right form, accepted by Security, but of the wrong kind: the first read is refused.
TEST(KeyOfTheWrongKind, IsRecognisedAtTheFirstRead) {
  SimulatedPair pair(bench_with(irmetersim::demo_key));
  pair.to_client.fault = [&](Bytes bytes) {
    return pair.asked() == "BT21 0+10" ? refused(bytes, isc) : bytes;
  };
  pair.start();
  pair.run_for(std::chrono::hours(1));
  EXPECT_EQ(security_requests(pair), 1U);
  for (const PollRecord& poll : pair.polls) {
    ASSERT_EQ(failure_of(poll).fault, Fault::key_rejected);
  }
  EXPECT_EQ(failure_of(pair.polls[0]).context, "BT21: isc (insufficient security clearance)");
}

// Before Security was sent a refusal says nothing about the key.
TEST(Key, IsNotBlamedForAnOpenTableThatIsRefused) {
  for (const char* table : {"BT01 0+24", "ET03 0+30", "BT00"}) {
    SimulatedPair pair(bench_with(irmetersim::demo_key));
    pair.to_client.fault = [&](Bytes bytes) {
      return pair.asked() == table ? refused(bytes, isc) : bytes;
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    if (const auto* failure = std::get_if<Failure>(&pair.polls[0].poll.result)) {
      EXPECT_NE(failure->fault, Fault::key_rejected) << table;
    }
  }
}

// A meter that has forgotten the session may say isc as well as isss; the key has been good before.
TEST(Key, IsNotBlamedForASessionThatWasLost) {
  Bench bench = bench_with(irmetersim::demo_key, SessionMode::keep);
  bench.options.interval = std::chrono::seconds(2);
  SimulatedPair pair(bench);
  bool refuse_once = false;
  pair.to_client.fault = [&](Bytes bytes) {
    if (!refuse_once || bytes.size() == 1) {
      return bytes;
    }
    refuse_once = false;
    return refused(bytes, isc);
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  refuse_once = true;
  ASSERT_TRUE(pair.run_polls(4));
  EXPECT_NE(pair.polls[2].poll.reading(), nullptr);
  EXPECT_NE(pair.polls[3].poll.reading(), nullptr);
  EXPECT_EQ(security_requests(pair), 2U);
}

// A meter that has kept what it was shown, and gives it away in what everybody may read.
TEST(Key, IsNotTakenOverFromATable) {
  const std::string key = "Zq7#Xv9!Kw3$Yj5%Bn1&";
  Bench bench = bench_with(key);
  bench.settings.nameplate.model = key.substr(0, 8);
  bench.settings.nameplate.serial = "0071372358763921";  // the second and more of its characters
  bench.settings.nameplate.utility_serial = "is " + key;
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  ASSERT_EQ(pair.identities.size(), 1U);
  EXPECT_EQ(pair.identities[0].model, "********");
  EXPECT_EQ(pair.identities[0].serial_number, "002a2a2a2a2a2a2a");
  EXPECT_EQ(pair.identities[0].utility_serial_number, "is " + std::string(key.size(), '*'));
}

TEST(NoKey, SendsNothingAtAll) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    SimulatedPair pair(bench_with("", mode));
    pair.start();
    pair.run_for(std::chrono::hours(1));
    pair.tell([](Meter& client, Instant now) {
      client.poll_now(now);
      client.retry_key(now);
    });
    EXPECT_EQ(pair.to_meter.bytes, 0U);
    ASSERT_EQ(pair.polls.size(), 362U);
    for (const PollRecord& poll : pair.polls) {
      ASSERT_EQ(failure_of(poll).fault, Fault::no_key);
    }
  }
}

TEST(NoKey, AsksForWhatNeedsNoneWhereItIsTo) {
  Bench bench = bench_with("");
  bench.options.ask_without_key = true;
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(pair.services(),
            "identify, negotiate, log on, BT00, BT01 0+24, ET03 0+30, log off, terminate");
  EXPECT_EQ(pair.identities.size(), 1U);
  EXPECT_EQ(failure_of(pair.polls[0]).fault, Fault::no_key);
  EXPECT_EQ(failure_of(pair.polls[1]).fault, Fault::no_key);
}

TEST(Key, IsMarkedSecretInItsPacketAndNowhereElse) {
  SimulatedPair pair(bench_with(irmetersim::demo_key, SessionMode::each));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_EQ(security_requests(pair), 3U);
  EXPECT_FALSE(pair.secret_seen_in_clear);
}

// The answer of a poll that has ended meanwhile.
TEST(KeyAnswer, ThatNothingWaitsForIsLeftAlone) {
  Bench bench;
  bench.options.session = MeterOptions::SessionMode::keep;
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  const std::size_t requests = pair.requests().size();
  for (const KeyPermission late : {KeyPermission::granted, KeyPermission::rejected}) {
    pair.tell([&](Meter& client, Instant now) { client.answer_key(late, now); });
    pair.run_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(pair.requests().size(), requests);
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_NE(pair.polls[1].poll.reading(), nullptr);
}

}  // namespace
}  // namespace irmeter::testing
