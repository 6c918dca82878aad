// The reader's end of the data link: every timer to the microsecond, and what stops it.
#include <algorithm>
#include <functional>
#include <utility>

#include "tests/unit/link_fixture.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::hours;

const Bytes damaged_answer = from_hex("EE 00 00 00 00 01 00 11 30");
constexpr Duration request_time = microseconds(9375);  // of an Identification on the line
constexpr Duration byte_time = microseconds(1041);

// A link on whose line something has been, long ago.
class LinkTimerTest : public LinkTest {
 protected:
  LinkTimerTest() { now += hours(1); }

  void send_with(const Link::Options& options) { link.send(Bytes{0x20}, now, options); }
  void send_and_acknowledge() {
    send({0x20});
    pass(milliseconds(20));
    sent();
    receive(ack);
  }
  // Something is sent when this time has passed, and not before.
  void expect_sent_after(Duration time, const Bytes& bytes) {
    pass(time - microseconds(1));
    EXPECT_EQ(sent(), "");
    pass(microseconds(1));
    EXPECT_EQ(sent(), to_hex(bytes));
  }
};

TEST_F(LinkTimerTest, LeavesTheMeterTimeToListen) {
  receive("FF");
  send({0x20});
  expect_sent_after(microseconds(175), ident_request);
}

TEST_F(LinkTimerTest, LeavesAByteOfSilenceBehindItsAck) {
  send_and_acknowledge();
  receive(ident_answer);
  pass(microseconds(175));
  EXPECT_EQ(sent(), to_hex(ack));
  send({0x21});
  expect_sent_after(byte_time + milliseconds(1), from_hex("EE 00 20 00 00 01 21 0B 61"));
}

TEST_F(LinkTimerTest, WaitsForTheEndOfWhatComesIn) {
  receive("EE 00");
  send({0x20});
  expect_sent_after(milliseconds(500), ident_request);
}

TEST_F(LinkTimerTest, SendsAfterThirtySecondsWhateverComesIn) {
  receive("EE");
  send({0x20});
  for (const Instant end = now + seconds(30); now < end - milliseconds(100);) {
    pass(milliseconds(100));
    receive("EE");
    ASSERT_EQ(sent(), "");
  }
  expect_sent_after(milliseconds(100), ident_request);
}

TEST_F(LinkTimerTest, SendsItsAckFirstWhateverComesIn) {
  receive("EE");
  send({0x20});
  const Instant latest = now + seconds(30);
  while (now < latest - milliseconds(1)) {
    pass(std::min<Duration>(milliseconds(100), latest - milliseconds(1) - now));
    receive("EE");
  }
  Bytes packet_and_more = ident_answer;
  packet_and_more.push_back(start_of_packet);
  receive(packet_and_more);
  pass(microseconds(175));
  EXPECT_EQ(sent(), to_hex(ack));
  expect_sent_after(byte_time + milliseconds(1), ident_request);
}

TEST_F(LinkTimerTest, WaitsForAnAckAndThenForTheAnswer) {
  send({0x20});
  EXPECT_EQ(sent(), to_hex(ident_request));
  expect_sent_after(request_time + seconds(2), ident_request);
  pass(milliseconds(20));
  receive(ack);
  expect_sent_after(seconds(3), ident_request);
}

TEST_F(LinkTimerTest, WaitsForEachPacketOfAnAnswer) {
  link.set_limits({64, 3});
  send_and_acknowledge();
  pass(seconds(2));
  receive(encode({.multi = true, .first = true, .sequence = 2, .payload = from_hex("00 01")}));
  pass(microseconds(175));
  EXPECT_EQ(sent(), to_hex(ack));
  expect_sent_after(seconds(3) - microseconds(175), ident_request);
}

TEST_F(LinkTimerTest, WaitsAsLongAndAsOftenAsItIsTold) {
  Link::Options options;
  options.ack_timeout = milliseconds(500);
  options.attempts = 2;
  send_with(options);
  EXPECT_EQ(sent(), to_hex(ident_request));
  expect_sent_after(request_time + milliseconds(500), ident_request);
  pass(request_time + milliseconds(500) - microseconds(1));
  EXPECT_FALSE(failure());
  pass(microseconds(1));
  EXPECT_EQ(failure(), Fault::silent);
  EXPECT_EQ(sent(), "");
}

TEST_F(LinkTimerTest, CountsNoRetryForTheFirstPacketThatGotLost) {
  for (const bool first : {false, true}) {
    const std::uint64_t before = link.counters().retries;
    Link::Options options;
    options.first = first;
    send_with(options);
    EXPECT_FALSE(link.repeated());
    for (std::uint64_t times = 1; times <= 3; ++times) {
      pass(seconds(2) + request_time);
      EXPECT_EQ(link.counters().retries - before, times - (first ? 1 : 0));
      EXPECT_TRUE(link.repeated());
    }
    link.give_up();
    pass(seconds(1));
    sent();
  }
}

TEST_F(LinkTimerTest, RefusesWhatIsDamagedAfterFiftyMilliseconds) {
  send_and_acknowledge();
  receive(damaged_answer);
  expect_sent_after(milliseconds(50), nak);
  EXPECT_EQ(link.counters().retries, 1U);
  // The answer is waited for anew, and no NAK is repeated.
  pass(byte_time + seconds(3) - microseconds(1));
  EXPECT_EQ(sent(), "");
  pass(microseconds(1));
  EXPECT_EQ(sent(), to_hex(ident_request));
}

TEST_F(LinkTimerTest, RefusesWhatHasNoBeginningOnceTheLineIsQuiet) {
  send_and_acknowledge();
  receive("00 00 00");
  expect_sent_after(milliseconds(500), nak);
  // Once for each of them.
  pass(seconds(2));
  EXPECT_EQ(sent(), "");
  receive("00");
  expect_sent_after(milliseconds(500), nak);
}

TEST_F(LinkTimerTest, RefusesNothingThatCameInFrontOfTheAck) {
  for (const Bytes& before : {from_hex("FF FF"), damaged_answer}) {
    send({0x20});
    pass(milliseconds(20));
    receive(before);
    receive(ack);
    sent();
    pass(milliseconds(2990));
    EXPECT_EQ(sent(), "");
    receive(encode({.payload = {0x00}}));
    EXPECT_TRUE(response());
    pass(seconds(5));
    sent();
    link.new_session(true);
  }
}

TEST_F(LinkTimerTest, RefusesNothingInFrontOfTheSecondPacket) {
  link.set_limits({64, 2});
  send_and_acknowledge();
  receive("FF");
  receive(encode({.multi = true, .first = true, .sequence = 1, .payload = from_hex("00 01")}));
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  pass(milliseconds(2990));
  EXPECT_EQ(sent(), "");
}

TEST_F(LinkTimerTest, RefusesNothingThatIsFollowedByTheAnswer) {
  link.set_limits({64, 2});
  send_and_acknowledge();
  receive(damaged_answer);
  receive(encode({.multi = true, .first = true, .sequence = 1, .payload = from_hex("00 01")}));
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  pass(seconds(2));
  EXPECT_EQ(sent(), "");
}

TEST_F(LinkTimerTest, TakesNoNakForTheMetersBehindItsOwn) {
  send_and_acknowledge();
  receive(damaged_answer);
  pass(milliseconds(50));
  EXPECT_EQ(sent(), to_hex(nak));
  receive(nak);
  pass(seconds(2));
  EXPECT_EQ(sent(), "");
}

TEST_F(LinkTimerTest, RepeatsNothingWhereAByteFollowsWhatLooksLikeANak) {
  send({0x20});
  pass(milliseconds(20));
  sent();
  receive(nak);
  pass(milliseconds(20) - microseconds(1));
  receive("FF");
  pass(seconds(1));
  EXPECT_EQ(sent(), "");
  receive(nak);
  expect_sent_after(milliseconds(20), ident_request);
}

TEST_F(LinkTimerTest, RepeatsNoRequestThatIsBeingAnswered) {
  link.set_limits({64, 2});
  send_and_acknowledge();
  receive(encode({.multi = true, .first = true, .sequence = 1, .payload = from_hex("00 01")}));
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  receive(nak);
  pass(seconds(1));
  EXPECT_EQ(sent(), "");
  EXPECT_TRUE(link.busy());
}

TEST_F(LinkTimerTest, TakesNoPacketForAnAnswerBeforeItHasAsked) {
  receive(Bytes(ident_answer.begin(), ident_answer.end() - 1));
  send({0x20});
  receive(Bytes(ident_answer.end() - 1, ident_answer.end()));
  pass(milliseconds(20));
  EXPECT_EQ(sent(), "06 | " + to_hex(ident_request));
  EXPECT_FALSE(link.outcome());
  EXPECT_TRUE(link.busy());
}

TEST_F(LinkTimerTest, DoesNothingMoreForARequestThatWasGivenUp) {
  const std::pair<const char*, std::function<void()>> cases[] = {
      {"to be sent",
       [&] {
         receive("FF");
         send({0x20});
       }},
      {"on its way out", [&] { send({0x20}); }},
      {"without an ACK",
       [&] {
         send({0x20});
         sent();
       }},
      {"acknowledged", [&] { send_and_acknowledge(); }},
      {"refused by the meter",
       [&] {
         send({0x20});
         sent();
         pass(milliseconds(20));
         receive(nak);
       }},
      {"answered badly",
       [&] {
         send_and_acknowledge();
         receive(damaged_answer);
       }},
      {"answered by nothing known", [&] {
         send_and_acknowledge();
         receive("FF");
       }}};
  for (const auto& [name, before] : cases) {
    SCOPED_TRACE(name);
    before();
    EXPECT_TRUE(link.busy());
    link.give_up();
    EXPECT_FALSE(link.busy());
    EXPECT_FALSE(link.deadline());
    pass(seconds(30));
    EXPECT_EQ(sent(), "");
    EXPECT_FALSE(link.outcome());
    link.abort();
  }
}

TEST_F(LinkTimerTest, AcknowledgesWhatCameInBeforeItGaveUp) {
  send_and_acknowledge();
  receive(ident_answer);
  link.give_up();
  EXPECT_TRUE(link.owes_ack());
  EXPECT_FALSE(link.outcome());
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  EXPECT_FALSE(link.owes_ack());
}

TEST_F(LinkTimerTest, TakesInWhatHadBegunBeforeItGaveUp) {
  send_and_acknowledge();
  receive(Bytes(ident_answer.begin(), ident_answer.end() - 1));
  link.give_up();
  EXPECT_EQ(link.deadline(), now + milliseconds(500));
  receive(Bytes(ident_answer.end() - 1, ident_answer.end()));
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
}

TEST_F(LinkTimerTest, IsDoneWithEveryTimerOnceItIsAnswered) {
  send({0x20});
  pass(milliseconds(20));
  sent();
  receive(nak);
  receive(ack);
  receive(damaged_answer);
  receive(ident_answer);
  EXPECT_TRUE(response());
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  EXPECT_FALSE(link.deadline());
}

TEST_F(LinkTimerTest, IsInVainFromTheSecondTryOnWhileTheLineIsQuiet) {
  Link::Options options;
  options.ack_timeout = milliseconds(500);
  send_with(options);
  pass(seconds(0));
  EXPECT_EQ(link.so_far(now), Fault::overdue);
  pass(request_time + milliseconds(500));
  EXPECT_EQ(link.so_far(now), Fault::silent);
  receive(ack);
  pass(milliseconds(500) - microseconds(1));
  EXPECT_EQ(link.so_far(now), Fault::overdue);
  pass(microseconds(1));
  EXPECT_EQ(link.so_far(now), Fault::no_response);
  // Noise tells at once.
  link.abort();
  send({0x20});
  EXPECT_EQ(link.so_far(now), Fault::overdue);
  receive("FF");
  EXPECT_EQ(link.so_far(now), Fault::garbled);
  link.abort();
  send({0x20});
  EXPECT_EQ(link.so_far(now), Fault::overdue) << "that was another request's";
}

}  // namespace
}  // namespace irmeter::testing
