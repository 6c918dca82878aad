// The reader's end of the data link by itself: what goes out when, and what comes of it.
#include "lib/link.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Bytes ident_request = from_hex("EE 00 00 00 00 01 20 13 10");
const Bytes ident_answer = from_hex("EE 00 00 00 00 05 00 00 02 00 00 A2 5A");
const Bytes ident_payload = from_hex("00 00 02 00 00");
const Bytes ack{ack_byte};
const Bytes nak{nak_byte};

// A link with a clock that the test moves by hand.
class LinkTest : public ::testing::Test {
 protected:
  Link link;
  Instant now{seconds(1000)};

  void send(const Bytes& payload) { link.send(payload, now); }
  void receive(const Bytes& bytes) { link.receive(bytes, now); }
  void receive(const char* hex) { receive(from_hex(hex)); }

  // Lets every deadline within this time come.
  void pass(Duration time) {
    const Instant end = now + time;
    for (int steps = 0; link.deadline() && *link.deadline() <= end; ++steps) {
      ASSERT_LT(steps, 1000);
      now = std::max(now, *link.deadline());
      link.timeout(now);
    }
    now = end;
  }

  // Everything that was sent since, as text.
  std::string sent() {
    std::string text;
    while (const auto outgoing = link.outgoing()) {
      text += (text.empty() ? "" : " | ") + to_hex(outgoing->bytes);
    }
    return text;
  }

  std::optional<Bytes> response() {
    const auto outcome = link.outcome();
    const Bytes* bytes = outcome ? std::get_if<Bytes>(&*outcome) : nullptr;
    return bytes != nullptr ? std::optional(*bytes) : std::nullopt;
  }

  std::optional<LinkFailure> failure() {
    const auto outcome = link.outcome();
    const auto* reason = outcome ? std::get_if<LinkFailure>(&*outcome) : nullptr;
    return reason != nullptr ? std::optional(*reason) : std::nullopt;
  }
};

TEST_F(LinkTest, SendsAtOnceOnAQuietLine) {
  send({0x20});
  EXPECT_EQ(sent(), to_hex(ident_request));
  EXPECT_TRUE(link.busy());
}

TEST_F(LinkTest, GivesTheResponseOnceAndAcknowledgesIt) {
  send({0x20});
  sent();
  receive(ack);
  receive(ident_answer);
  EXPECT_EQ(sent(), "") << "not before the turn-around";
  EXPECT_EQ(response(), ident_payload);
  EXPECT_FALSE(response());
  EXPECT_FALSE(link.busy());
  EXPECT_EQ(link.deadline(), now + microseconds(175));
  pass(microseconds(175));
  EXPECT_EQ(sent(), to_hex(ack));
  EXPECT_FALSE(link.deadline());
}

TEST_F(LinkTest, InvertsTheToggleWithEveryNewRequest) {
  bool toggle = false;
  for (const char* request :
       {"EE 00 00 00 00 01 20 13 10", "EE 00 20 00 00 01 20 82 70", "EE 00 00 00 00 01 20 13 10"}) {
    send({0x20});
    pass(seconds(1));
    EXPECT_EQ(sent(), request);
    receive(ack);
    receive(encode({.toggle = std::exchange(toggle, !toggle), .payload = {0x00}}));
    pass(seconds(10));
    sent();
    EXPECT_TRUE(response());
  }
}

TEST_F(LinkTest, RepeatsTheSameBytesAfterTheAckTimeoutFourTimesInAll) {
  send({0x20});
  EXPECT_EQ(sent(), to_hex(ident_request));
  const Duration air = microseconds(9375);
  for (int attempt = 2; attempt <= 4; ++attempt) {
    pass(air + seconds(2) - milliseconds(1));
    EXPECT_EQ(sent(), "");
    pass(milliseconds(1));
    EXPECT_EQ(sent(), to_hex(ident_request)) << attempt;
  }
  pass(air + seconds(2));
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(failure(), LinkFailure::silent);
  EXPECT_EQ(link.counters().retries, 3U);
  EXPECT_FALSE(link.deadline());
}

TEST_F(LinkTest, RepeatsSoonAfterANak) {
  send({0x20});
  sent();
  pass(milliseconds(10));
  receive(nak);
  pass(milliseconds(9));
  EXPECT_EQ(sent(), "");
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ident_request));
  receive(ack);
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, TakesAResponseForAnAcknowledgement) {
  send({0x20});
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, RefusesADamagedResponseOnceTheLineIsQuiet) {
  send({0x20});
  sent();
  receive(ack);
  Bytes damaged = ident_answer;
  damaged[7] ^= 1;
  receive(damaged);
  pass(milliseconds(49));
  EXPECT_EQ(sent(), "");
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(nak));
  EXPECT_EQ(link.counters().crc_errors, 1U);
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, RefusesATruncatedResponseAfterTheInterCharacterTimeout) {
  send({0x20});
  sent();
  receive(ack);
  receive(Bytes(ident_answer.begin(), ident_answer.end() - 3));
  EXPECT_EQ(link.missing(), 3U);
  pass(milliseconds(499));
  EXPECT_EQ(sent(), "");
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(nak));
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, RefusesAResponseThatLostItsStart) {
  send({0x20});
  sent();
  receive(ack);
  receive(Bytes(ident_answer.begin() + 1, ident_answer.end()));
  pass(milliseconds(500));
  EXPECT_EQ(sent(), to_hex(nak));
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, GivesUpAfterThreeRefusals) {
  send({0x20});
  sent();
  receive(ack);
  for (int refusal = 1; refusal <= 3; ++refusal) {
    receive("EE 00 00 00 00 01 00 11 30");
    pass(milliseconds(50));
    EXPECT_EQ(sent(), to_hex(nak)) << refusal;
  }
  receive("EE 00 00 00 00 01 00 11 30");
  pass(milliseconds(50));
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(failure(), LinkFailure::garbled);
}

TEST_F(LinkTest, SendsNoRequestIntoAPacketThatIsComingIn) {
  receive(Bytes(ident_answer.begin(), ident_answer.begin() + 8));
  send({0x20});
  pass(milliseconds(400));
  EXPECT_EQ(sent(), "");
  pass(milliseconds(100));
  EXPECT_EQ(sent(), to_hex(ident_request));
}

TEST_F(LinkTest, SendsInTheEndThoughBytesNeverStop) {
  const Instant began = now;
  receive("EE EE");
  send({0x20});
  std::string text;
  while (text.empty() && now < began + seconds(60)) {
    pass(milliseconds(1));
    receive("EE");
    text = sent();
  }
  EXPECT_EQ(text, to_hex(ident_request));
  EXPECT_LE(now - began, seconds(31));
}

TEST_F(LinkTest, RepeatsNothingAcknowledgedThatIsToBeSentOnce) {
  Link::Options once;
  once.once = true;
  link.send(Bytes{0x51}, now, once);
  EXPECT_NE(sent(), "");
  receive(ack);
  receive(nak);
  pass(seconds(20));
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(failure(), LinkFailure::no_response);
}

TEST_F(LinkTest, SendsTheAckOfTheLastResponseBeforeTheNextRequest) {
  send({0x20});
  receive(ack);
  receive(ident_answer);
  sent();
  ASSERT_TRUE(response());
  send({0x21});
  pass(milliseconds(5));
  EXPECT_EQ(sent(), "06 | EE 00 20 00 00 01 21 0B 61");
}

TEST_F(LinkTest, AcknowledgesWhatTheMeterRepeatsAndTakesItForNoAnswer) {
  send({0x20});
  receive(ack);
  receive(ident_answer);
  ASSERT_TRUE(response());
  pass(seconds(2));
  sent();
  receive(ident_answer);  // our ACK was lost, nothing is under way
  pass(milliseconds(1));
  EXPECT_EQ(sent(), to_hex(ack));
  EXPECT_FALSE(response());
  send({0x52});
  pass(milliseconds(20));
  sent();
  receive(ident_answer);  // once more, in front of the ACK of the next request
  pass(milliseconds(20));
  EXPECT_EQ(sent(), to_hex(ack));
  EXPECT_FALSE(response());
  receive(ack);
  receive("EE 00 20 00 00 01 00 80 51");
  EXPECT_EQ(response(), from_hex("00"));
}

TEST_F(LinkTest, JoinsAMessageOfSeveralPackets) {
  link.set_limits({64, 3});
  send({0x30, 0, 0});
  sent();
  receive(ack);
  receive(encode({.multi = true, .first = true, .sequence = 2, .payload = from_hex("00 01")}));
  pass(milliseconds(20));
  EXPECT_EQ(sent(), to_hex(ack));
  receive(encode({.toggle = true, .multi = true, .sequence = 1, .payload = from_hex("FF 20")}));
  receive(encode({.toggle = true, .multi = true, .sequence = 1, .payload = from_hex("FF 20")}));
  EXPECT_TRUE(link.busy());
  receive(encode({.multi = true, .sequence = 0, .payload = from_hex("7F")}));
  EXPECT_EQ(response(), from_hex("00 01 FF 20 7F"));
}

TEST_F(LinkTest, RefusesMessagesWhosePacketsDoNotFitTogether) {
  link.set_limits({64, 2});
  const Packet first{.multi = true, .first = true, .sequence = 1, .payload = {0x00}};
  const Packet last{.toggle = true, .multi = true, .sequence = 0, .payload = {0x01}};
  const std::vector<std::vector<Packet>> wrong{
      {last},
      {{.multi = true, .first = true, .sequence = 2, .payload = {0x00}}},
      {first, {.toggle = true, .multi = true, .sequence = 1, .payload = {0x01}}},
      {first, {.toggle = true, .multi = true, .sequence = 9, .payload = {0x01}}}};
  for (const auto& packets : wrong) {
    send({0x30, 0, 0});
    receive(ack);
    for (const Packet& packet : packets) {
      receive(encode(packet));
    }
    EXPECT_EQ(failure(), LinkFailure::out_of_step);
    pass(seconds(5));
  }
}

TEST_F(LinkTest, TakesNoEchoForAnAnswer) {
  for (const TranscriptLine& line : load_transcript("real-session.txt")) {
    if (line.sender == Sender::client) {
      send(Bytes(line.bytes.begin() + 6, line.bytes.end() - 2));
      pass(milliseconds(1));
      receive(line.bytes);
      receive(ident_request);
      EXPECT_FALSE(link.outcome());
      link.abort();
      pass(seconds(5));
      sent();
    }
  }
  EXPECT_EQ(link.counters().echoes, 14U);
}

// Everything of echo.txt that a reader receives for an Identification, with what comes of it.
TEST_F(LinkTest, FindsTheAnswerBehindAnEcho) {
  const Transcript echo = load_transcript("echo.txt");
  const auto received_after = [&](std::size_t request) { return echo.at(request + 1).bytes; };
  // The clean echo, then the answer.
  send({0x20});
  receive(received_after(6));
  EXPECT_EQ(response(), ident_payload);
  EXPECT_EQ(link.counters().echoes, 1U);
  pass(seconds(5));
  sent();
  // The damaged echo with a NAK, the repetition, the damaged echo with the answer.
  link.new_session(true);
  send({0x20});
  pass(milliseconds(1));
  receive(received_after(8));
  pass(milliseconds(20));
  EXPECT_EQ(sent(), to_hex(ident_request) + " | " + to_hex(ident_request));
  receive(received_after(10));
  EXPECT_EQ(response(), ident_payload);
}

TEST_F(LinkTest, TellsEchoGarbageAndSilenceApart) {
  const std::pair<Bytes, LinkFailure> cases[] = {
      {{}, LinkFailure::silent},
      {ident_request, LinkFailure::echo},
      {from_hex("FF 00 00"), LinkFailure::garbled},
      {ack, LinkFailure::no_response},
  };
  for (const auto& [answer, expected] : cases) {
    link.new_session(true);
    send({0x20});
    for (int attempt = 0; attempt < 4; ++attempt) {
      pass(milliseconds(20));
      receive(answer);
      pass(milliseconds(1985));
    }
    pass(seconds(20));
    EXPECT_EQ(failure(), expected) << to_hex(answer);
    sent();
  }
}

TEST_F(LinkTest, SendsNothingMoreAfterAnAbort) {
  send({0x20});
  sent();
  receive(ack);
  receive(ident_answer);
  link.abort();
  EXPECT_FALSE(link.outcome());
  EXPECT_FALSE(link.deadline());
  pass(seconds(60));
  EXPECT_EQ(sent(), "");
}

}  // namespace
}  // namespace irmeter::testing
