// The reader's end of the data link: what goes out when, and what is sent again.
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "tests/unit/link_fixture.hpp"

namespace irmeter::testing {
namespace {

TEST_F(LinkTest, SendsAtOnceOnAQuietLine) {
  send({0x20});
  EXPECT_EQ(sent(), to_hex(ident_request));
  EXPECT_TRUE(link.busy());
}

TEST(LinkTiming, TellsHowLongAnyNumberOfBytesTakes) {
  EXPECT_EQ(LinkTiming{}.air_time(1), microseconds(1041));
  EXPECT_EQ(LinkTiming{}.air_time(9600), seconds(10));  // in between it takes more than 32 bits
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
  EXPECT_EQ(failure(), Fault::silent);
  EXPECT_EQ(link.counters().retries, 3U);
  EXPECT_FALSE(link.deadline());
}

TEST_F(LinkTest, RepeatsSoonAfterANak) {
  send({0x20});
  sent();
  pass(milliseconds(10));
  receive(nak);
  pass(milliseconds(19));
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

TEST_F(LinkTest, IsOverdueUntilARequestWasSentAgainInVain) {
  send(ident_request);
  pass(milliseconds(1900));
  EXPECT_EQ(link.so_far(now), Fault::overdue);
  pass(seconds(2));
  EXPECT_EQ(link.so_far(now), Fault::silent);
  receive(ack);
  EXPECT_EQ(link.so_far(now), Fault::overdue) << "an answer may follow";
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
  EXPECT_EQ(failure(), Fault::damaged);
}

// An ACK between noise is part of it.
TEST_F(LinkTest, CallsAnswersDamagedOnlyWhereTheRequestWasAcknowledged) {
  for (const char* acknowledgement : {"55", "55 06"}) {
    send({0x20});
    while (link.busy()) {
      receive(acknowledgement);
      receive("EE 00 00 00 00 01 00 11 30");
      pass(seconds(4));
    }
    EXPECT_EQ(failure(), Fault::garbled) << acknowledgement;
  }
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

TEST_F(LinkTest, RepeatsNoSecretOnceItIsAcknowledged) {
  Link::Options secret;
  secret.secret = true;
  link.send(Bytes{0x51}, now, secret);
  EXPECT_NE(sent(), "");
  receive(ack);
  receive(nak);
  pass(seconds(20));
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(failure(), Fault::no_response);
}

TEST_F(LinkTest, RepeatsWhatIsToBeSentOnceAfterANakAlone) {
  Link::Options once;
  once.secret = once.once = true;
  link.send(Bytes{0x51}, now, once);
  const std::string packet = sent();
  EXPECT_NE(packet, "");
  receive(nak);
  pass(milliseconds(100));
  EXPECT_EQ(sent(), packet);
  pass(seconds(20));
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(failure(), Fault::garbled);
}

// The bytes of a request may look like a NAK.
TEST_F(LinkTest, TakesNoNakOutOfADamagedEchoForTheMeters) {
  Link::Options once;
  once.secret = once.once = true;
  link.send(Bytes{0x51, 0x15}, now, once);
  Bytes echo = from_hex(sent());
  echo[0] = 0xFF;
  receive(Bytes(echo.begin(), echo.begin() + 8));
  pass(seconds(20));
  EXPECT_EQ(sent(), "");
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

TEST_F(LinkTest, KeepsNoSecretBehindTheRequest) {
  const Bytes secret = from_hex("51 4B 65 79 2D 6F 66 2D 61 2D 6D 65 74 65 72");
  const auto holds_secret = [&] {
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(&link);
    return !std::ranges::search(std::span(begin, sizeof link), std::span(secret)).empty();
  };
  Link::Options options;
  options.secret = true;
  link.send(secret, now, options);
  sent();
  EXPECT_TRUE(holds_secret());
  link.give_up();
  EXPECT_FALSE(holds_secret());
}

}  // namespace
}  // namespace irmeter::testing
