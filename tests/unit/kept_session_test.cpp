// Keeping a session: keep-alive, age limit, loss, and the end of it.
#include <gtest/gtest.h>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint8_t isss = 0x0A;
constexpr std::uint8_t rno = 0x09;
const std::string first_session =
    "identify, negotiate, log on, BT00, BT01 0+24, ET03 0+30, security, BT21 0+10, BT23 0+8, "
    "BT28 0+52, BT23 0+8, BT28 0+52";
const std::string next_session =
    "identify, negotiate, log on, BT01 14+10, security, BT23 0+8, BT28 0+52";

Bench kept(int interval_s) {
  Bench bench;
  bench.options.session = SessionMode::keep;
  bench.options.interval = seconds(interval_s);
  return bench;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Ends the meter's session without the reader's knowledge, as a reset does.
void forget_session(SimulatedPair& pair) {
  Wire::Fault fault = std::exchange(pair.to_client.fault, [](const Bytes&) { return Bytes{}; });
  pair.sim().receive(encode({.toggle = true, .payload = {0x21}}), pair.now);
  pair.run_for(milliseconds(100));
  pair.sim().receive(Bytes{ack_byte}, pair.now);
  pair.to_client.fault = std::move(fault);
  ASSERT_EQ(pair.sim().state(), irmetersim::SessionState::base);
}

TEST(KeptSession, IsKeptAliveBetweenRarePolls) {
  SimulatedPair pair(kept(20));
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_EQ(pair.services(), first_session +
                                 ", BT00 0+1, BT00 0+1, BT00 0+1, BT00 0+1, BT23 0+8, BT28 0+52"
                                 ", BT00 0+1, BT00 0+1, BT00 0+1, BT00 0+1, BT23 0+8, BT28 0+52");
  EXPECT_EQ(pair.readings(), 3U);
  EXPECT_EQ(pair.client.counters().retries, 0U);
}

TEST(KeptSession, IsNotAskedForMoreBeforeAKeepAliveIsAnswered) {
  SimulatedPair pair(kept(60));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  ASSERT_TRUE(pair.run_until([&] { return pair.asked() == "BT00 0+1"; }, seconds(10)));
  pair.tell([](Meter& client, Instant now) { client.poll_now(now); });
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(pair.services(), first_session + ", BT00 0+1, BT23 0+8, BT28 0+52");
  EXPECT_EQ(pair.readings(), 2U);
  EXPECT_EQ(pair.client.counters().retries, 0U);
}

TEST(KeptSession, NeedsNoKeepAliveWherePollsAreFrequent) {
  SimulatedPair pair(kept(3));
  pair.start();
  ASSERT_TRUE(pair.run_polls(100));
  EXPECT_EQ(count_of(pair.services(), "BT00 0+1"), 0U);
}

TEST(KeptSession, IsRenewedAfter540Seconds) {
  for (const int interval : {2, 10, 60}) {
    SimulatedPair pair(kept(interval));
    pair.start();
    const Instant start = pair.now;
    while (count_of(pair.services(), "log off") == 0) {
      pair.run_for(seconds(1));
      ASSERT_LT(pair.now - start, seconds(560)) << interval;
    }
    EXPECT_GE(pair.now - start, seconds(538)) << interval;
    pair.run_for(seconds(620));
    EXPECT_EQ(count_of(pair.services(), "log off, terminate"), 2U);
    EXPECT_EQ(pair.readings(), pair.polls.size());
    EXPECT_EQ(pair.client.counters().retries, 0U);
  }
}

TEST(KeptSession, OpensTheNextOneInThePollThatEndsTheOldOne) {
  SimulatedPair pair(kept(3));
  pair.start();
  pair.run_for(seconds(550));
  EXPECT_NE(pair.services().find("log off, terminate, " + next_session), std::string::npos);
  EXPECT_EQ(pair.readings(), 184U);
  for (const PollRecord& record : pair.polls) {
    EXPECT_LT(record.poll.duration, seconds(1));
  }
}

TEST(LostSession, IsReplacedInTheSamePoll) {
  SimulatedPair pair(kept(3));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  forget_session(pair);
  pair.to_meter.sent.clear();
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_NE(pair.polls[2].poll.reading(), nullptr);
  EXPECT_EQ(pair.services(), "BT23 0+8, " + next_session);
  EXPECT_LT(pair.polls[2].poll.duration, seconds(2));
}

TEST(LostSession, IsNoticedByTheKeepAlive) {
  SimulatedPair pair(kept(10));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(milliseconds(500));
  forget_session(pair);
  pair.to_meter.sent.clear();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_NE(pair.polls[1].poll.reading(), nullptr);
  EXPECT_EQ(pair.services(), "BT00 0+1, " + next_session);
}

// A meter that answers, but not what was asked for.
TEST(LostSession, IsGivenUpWhereKeepAlivesAreAnsweredWithNonsense) {
  SimulatedPair pair(kept(10));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.to_client.fault = [&](const Bytes& sent) {
    const bool answer = sent.size() > packet_overhead && pair.asked() == "BT00 0+1";
    return answer ? encode({.toggle = (sent[2] & 0x20) != 0, .payload = {0x00}}) : sent;
  };
  pair.to_meter.sent.clear();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_NE(pair.polls[1].poll.reading(), nullptr);
  EXPECT_EQ(pair.services(),
            "BT00 0+1, BT00 0+1, BT00 0+1, BT00 0+1, identify, terminate, " + next_session);
}

TEST(LostSession, IsReplacedOnceWhateverRequestFindsOut) {
  for (const std::uint8_t code : {isss, rno}) {
    for (const char* request : {"log on", "BT00", "BT01 0+24", "ET03 0+30", "security", "BT21 0+10",
                                "BT23 0+8", "BT28 0+52"}) {
      Bench bench;
      bench.settings.negotiates = false;  // so that every response is one packet
      bench.prove_key();                  // another is not shown again in the same poll
      SimulatedPair pair(bench);
      bool done = false;
      pair.to_client.fault = [&](Bytes bytes) {
        if (done || bytes.size() == 1 || pair.asked() != request) {
          return bytes;
        }
        done = true;
        return refused(bytes, code);
      };
      pair.start();
      ASSERT_TRUE(pair.run_polls(1));
      EXPECT_TRUE(done);
      ASSERT_NE(pair.polls[0].poll.reading(), nullptr) << request << " " << int{code};
      EXPECT_EQ(*pair.polls[0].poll.reading(), truth(distinct_values(), bench.settings.profile));
      EXPECT_EQ(pair.identities.size(), 1U) << request;
      EXPECT_EQ(pair.sim().invalid_passwords(), 0U);
    }
  }
}

TEST(LostSession, FailsThePollWhenItIsLostAgain) {
  Bench bench;
  SimulatedPair pair(bench);
  pair.to_client.fault = [&](Bytes bytes) {
    return pair.asked() == "BT23 0+8" ? refused(bytes, isss) : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  const auto& failure = std::get<Failure>(pair.polls[0].poll.result);
  EXPECT_EQ(failure.fault, Fault::session_lost);
  EXPECT_EQ(count_of(pair.services(), "BT23"), 2U);
}

// The process was killed in a session, or the meter took our Terminate for noise.
TEST(OldSession, IsTerminatedWhereTheMeterStillBelievesInOne) {
  Bench bench;
  SimulatedPair pair(bench);
  for (const Packet& request : {Packet{.payload = {0x20}},
                                Packet{.toggle = true, .payload = request::logon(1, "before")}}) {
    pair.sim().receive(encode(request), pair.now);
    pair.run_for(milliseconds(100));
    pair.sim().receive(Bytes{ack_byte}, pair.now);
  }
  ASSERT_EQ(pair.sim().state(), irmetersim::SessionState::session);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  EXPECT_NE(pair.polls[0].poll.reading(), nullptr);
  EXPECT_LT(pair.polls[0].poll.duration, seconds(6));
}

TEST(Stop, LogsOffAndTerminatesAKeptSession) {
  SimulatedPair pair(kept(3));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  pair.run_for(seconds(1));
  pair.to_meter.sent.clear();
  pair.tell([](Meter& client, Instant now) { client.stop(now); });
  ASSERT_TRUE(pair.run_until([&] { return pair.stopped; }, seconds(1)));
  EXPECT_EQ(pair.services(), "log off, terminate");
  EXPECT_EQ(pair.sim().state(), irmetersim::SessionState::base);
}

TEST(Stop, IsOverAtOnceWhereNoSessionIsOpen) {
  Bench bench;
  bench.options.session = SessionMode::each;
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(seconds(2));
  const std::uint64_t bytes = pair.to_meter.bytes;
  pair.tell([](Meter& client, Instant now) { client.stop(now); });
  EXPECT_TRUE(pair.stopped);
  EXPECT_EQ(pair.to_meter.bytes, bytes);
}

// Wherever in a session the signal comes: the request under way ends, then Logoff and Terminate.
TEST(Stop, EndsTheSessionAtAnyMomentOfAPoll) {
  for (const int think_time : {0, 50, 200}) {
    for (int at = 0; at < 1500; at += 7) {
      Bench bench;
      bench.settings.link.think_time = milliseconds(think_time);
      SimulatedPair pair(bench);
      pair.start();
      pair.run_for(milliseconds(at));
      pair.tell([](Meter& client, Instant now) { client.stop(now); });
      ASSERT_TRUE(pair.run_until([&] { return pair.stopped; }, seconds(2)));
      pair.run_for(milliseconds(10));
      EXPECT_TRUE(pair.services().ends_with("terminate")) << at << ": " << pair.services();
      ASSERT_EQ(pair.sim().state(), irmetersim::SessionState::base)
          << at << " ms: " << pair.services();
    }
  }
}

// The answer that the log-off waits for says that there is no session.
TEST(Quiet, LogsOffOnceWhereTheSessionTurnsOutToBeLost) {
  SimulatedPair pair(kept(3));
  pair.to_client.fault = [&](const Bytes& bytes) {
    return pair.asked() == "BT23 0+8" ? refused(bytes, isss) : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_until([&] { return pair.asked() == "BT23 0+8"; }, seconds(10)));
  pair.tell([](Meter& client, Instant now) { client.set_quiet(true, now); });
  pair.run_for(seconds(20));
  EXPECT_TRUE(pair.services().ends_with("BT23 0+8, log off, terminate")) << pair.services();
  EXPECT_EQ(pair.sim().state(), irmetersim::SessionState::base);
}

TEST(Quiet, FailsOnePollWhereItBeginsAndNoneWhereItGoesOnOrEnds) {
  SimulatedPair pair(kept(60));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  for (const bool quiet : {false, true, true, false, false}) {
    pair.tell([&](Meter& client, Instant now) { client.set_quiet(quiet, now); });
  }
  ASSERT_EQ(pair.polls.size(), 2U);
  EXPECT_EQ(std::get<Failure>(pair.polls[1].poll.result).fault, Fault::quiet);
}

TEST(Quiet, FailsNoPollBeforeTheFirst) {
  SimulatedPair pair;
  pair.tell([](Meter& client, Instant now) {
    client.line_ready(now);
    client.set_quiet(true, now);
  });
  EXPECT_TRUE(pair.polls.empty());
}

TEST(Stop, TakesNoLongerThanItMayWhereNobodyAnswers) {
  Bench bench;
  SilentEnd nobody;
  Pair pair(bench.options, *Key::from_text(bench.key), nobody);
  pair.start();
  pair.run_for(milliseconds(100));
  pair.tell([](Meter& client, Instant now) { client.stop(now); });
  EXPECT_TRUE(pair.run_until([&] { return pair.stopped; }, milliseconds(1501)));
}

TEST(Stop, IsTheLastThingThatIsSent) {
  SimulatedPair pair(kept(1));
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  pair.tell([](Meter& client, Instant now) { client.stop(now); });
  ASSERT_TRUE(pair.run_until([&] { return pair.stopped; }, seconds(2)));
  const std::uint64_t bytes = pair.to_meter.bytes;
  pair.tell([](Meter& client, Instant now) {
    client.poll_now(now);
    client.retry_key(now);
    client.line_lost();
    client.line_ready(now);
  });
  pair.run_for(seconds(60));
  EXPECT_EQ(pair.to_meter.bytes, bytes);
}

TEST(Stop, IsOverWhereTheLineIsLostBeforeItIs) {
  SimulatedPair pair(kept(1));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.tell([](Meter& client, Instant) { client.line_lost(); });
  EXPECT_FALSE(pair.stopped) << "nobody has asked for it";
  pair.tell([](Meter& client, Instant now) { client.line_ready(now); });
  ASSERT_TRUE(pair.run_polls(2));
  pair.tell([](Meter& client, Instant now) {
    client.stop(now);
    client.line_lost();
  });
  EXPECT_TRUE(pair.stopped);
}

TEST(Stop, IsAnsweredWithoutALine) {
  Bench bench;
  Meter client(bench.options, *Key::from_text(bench.key));
  client.start(Instant{});
  client.stop(Instant{});
  const auto output = client.output();
  ASSERT_TRUE(output);
  EXPECT_TRUE(std::holds_alternative<Stopped>(*output));
}

}  // namespace
}  // namespace irmeter::testing
