// The reader's end of the data link: what counts as the response, and what does not.
#include <utility>

#include "tests/unit/link_fixture.hpp"

namespace irmeter::testing {
namespace {

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

TEST_F(LinkTest, KnowsWhatAMessageOfSeveralPacketsLacks) {
  link.set_limits({64, 3});
  Link::Options options;
  options.response = 100;
  link.send(Bytes{0x30, 0, 0}, now, options);
  sent();
  receive(ack);
  EXPECT_EQ(link.missing(), 64U);
  receive(encode({.multi = true, .first = true, .sequence = 2, .payload = Bytes(56)}));
  EXPECT_EQ(link.missing(), 0U) << "our ACK has to go out first";
  pass(milliseconds(20));
  EXPECT_EQ(link.missing(), packet_overhead + 44);
  // A packet says how long it is, be it shorter than what is left of the message.
  const Bytes second = encode({.toggle = true, .multi = true, .sequence = 1, .payload = Bytes(40)});
  receive(Bytes(second.begin(), second.begin() + packet_header_size));
  EXPECT_EQ(link.missing(), second.size() - packet_header_size);
  receive(Bytes(second.begin() + packet_header_size, second.end()));
  pass(milliseconds(20));
  EXPECT_EQ(link.missing(), packet_overhead + 4);
  receive(encode({.multi = true, .sequence = 0, .payload = Bytes(4)}));
  pass(milliseconds(20));
  EXPECT_EQ(link.missing(), 0U);
  EXPECT_EQ(response(), Bytes(100));
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
    EXPECT_EQ(failure(), Fault::unexpected);
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
  EXPECT_EQ(link.counters().echoes, 7U);  // a stranger's request is none
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
  const std::pair<Bytes, Fault> cases[] = {
      {{}, Fault::silent},
      {ident_request, Fault::echo},
      {from_hex("FF 00 00"), Fault::garbled},
      {ack, Fault::no_response},
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

TEST_F(LinkTest, ExpectsAsMuchAsARequestWillBeAnsweredWith) {
  const auto missing_with = [&](std::size_t response) {
    Link::Options options;
    options.response = response;
    link.abort();
    pass(seconds(1));
    link.send(Bytes{0x20}, now, options);
    pass(milliseconds(20));
    EXPECT_EQ(link.missing(), 0U) << "the ACK may be all there is";
    receive(ack);
    return link.missing();
  };
  EXPECT_EQ(missing_with(0), packet_overhead + 1);
  EXPECT_EQ(missing_with(1), packet_overhead + 1);
  EXPECT_EQ(missing_with(2), packet_overhead + 2);
  EXPECT_EQ(missing_with(55), 63U);
  EXPECT_EQ(missing_with(56), 64U);
  EXPECT_EQ(missing_with(57), 64U);
  link.set_limits({100, 1});
  EXPECT_EQ(missing_with(1000), 100U);
  link.new_session(true);
  EXPECT_EQ(missing_with(1000), 64U);
}

TEST_F(LinkTest, ForgetsHalfAnAnswerToTheRequestBefore) {
  link.set_limits({64, 2});
  Link::Options options;
  options.response = 50;
  link.send(Bytes{0x30, 0, 0}, now, options);
  receive(ack);
  const Packet half{.multi = true, .first = true, .sequence = 1, .payload = Bytes(40)};
  receive(encode(half));
  pass(milliseconds(20));
  link.give_up();
  link.send(Bytes{0x30, 0, 0}, now, options);
  pass(milliseconds(20));
  receive(ack);
  EXPECT_EQ(link.missing(), 58U);
  receive(encode({.toggle = true, .multi = true, .sequence = 0, .payload = Bytes(10)}));
  EXPECT_EQ(failure(), Fault::unexpected);
}

TEST_F(LinkTest, TakesNoLongerPacketsThanWereAgreedOn) {
  const Bytes longest = encode({.payload = Bytes(64 - packet_overhead)});
  const auto is_taken = [&] {
    send({0x30, 0, 0});
    receive(ack);
    receive(longest);
    const bool taken = response().has_value();
    link.abort();
    pass(seconds(1));
    return taken;
  };
  EXPECT_TRUE(is_taken());
  link.new_session(true);
  link.set_limits({63, 1});
  EXPECT_FALSE(is_taken());
  link.new_session(true);
  EXPECT_TRUE(is_taken());
}

// Requests come back as light, or are another reader's.
TEST_F(LinkTest, TakesPacketsForResponsesByTheirFirstByte) {
  for (const bool is_response : {true, false}) {
    link.new_session(true);
    send({0x20});
    pass(milliseconds(20));
    sent();
    receive(ack);
    receive(encode({.payload = Bytes{static_cast<std::uint8_t>(is_response ? 0x1F : 0x20)}}));
    EXPECT_EQ(response().has_value(), is_response);
    pass(milliseconds(20));
    EXPECT_EQ(sent(), is_response ? to_hex(ack) : "");
    link.abort();
    pass(seconds(1));
  }
}

// Whether the meter changes its toggle shows in what it has sent before.
TEST_F(LinkTest, TakesTheSamePacketForAnotherAnswerOnlyFromAMeterThatDoesNotToggle) {
  const Bytes same = encode({.toggle = true, .payload = from_hex("00 02")});
  for (const bool alternates : {false, true}) {
    link.new_session(true);
    for (const Bytes& answer :
         {encode({.toggle = !alternates, .payload = from_hex("00 01")}), same}) {
      send({0x30, 0, 0});
      pass(milliseconds(20));
      receive(ack);
      receive(answer);
      EXPECT_TRUE(response());
      pass(milliseconds(20));
    }
    send({0x30, 0, 0});
    pass(milliseconds(20));
    sent();
    receive(same);  // in front of the ACK it is the one before in any case
    EXPECT_FALSE(response());
    receive(ack);
    receive(same);
    EXPECT_EQ(response().has_value(), !alternates);
    pass(milliseconds(20));
    EXPECT_EQ(sent(), to_hex(ack));
    link.abort();
    pass(seconds(1));
  }
}

// A probe that sees itself: what looks like an ACK before the request has left may be anything.
TEST_F(LinkTest, TakesTheSamePacketBehindAnAckThatMayBeItsOwnLight) {
  link.new_session(true);
  for (const char* answer : {"00 01", "00 02", "00 02"}) {
    send({0x30, 0, 0});
    pass(milliseconds(5));
    const Bytes request = from_hex(sent());
    ASSERT_EQ(request.size(), packet_overhead + 3);
    receive(request);
    receive(ack);
    pass(milliseconds(20));
    receive(encode({.payload = from_hex(answer)}));
    EXPECT_EQ(response(), from_hex(answer));
    pass(milliseconds(20));
    EXPECT_EQ(sent(), to_hex(ack));
  }
}

// Until its request has left a reader that sees itself is not acknowledged, and then it is.
TEST_F(LinkTest, DoesNotBelieveAnAckBeforeItsRequestHasLeft) {
  for (const bool left : {false, true}) {
    link.new_session(true);
    send({0x20});
    receive(from_hex(sent()));  // sees itself from now on
    pass(seconds(1));
    link.abort();
    send({0x21});
    const Bytes request = from_hex(sent());
    receive(request);
    pass(microseconds(9375) - microseconds(left ? 0 : 1));
    receive(ack);
    pass(seconds(30));
    EXPECT_EQ(failure(), left ? Fault::no_response : Fault::echo);
    sent();
  }
}

TEST_F(LinkTest, CountsWhatItHears) {
  send({0x20});
  pass(milliseconds(20));
  receive("FF FF");
  receive(ident_request);
  receive(ident_request);
  receive(ack);
  receive("EE 00 00 00 00 01 00 11 30");
  receive(ident_answer);
  EXPECT_EQ(response(), ident_payload);
  EXPECT_EQ(link.counters().echoes, 1U);
  EXPECT_EQ(link.counters().crc_errors, 1U);
  EXPECT_EQ(link.counters().noise, 2U + 9U);
  EXPECT_EQ(link.counters().retries, 0U);
  link.count_retry();
  EXPECT_EQ(link.counters().retries, 1U);
}

TEST_F(LinkTest, ForgetsAPacketThatHadBegunBeforeAnAbort) {
  send({0x20});
  sent();
  receive(ack);
  receive(Bytes(ident_answer.begin(), ident_answer.end() - 3));
  link.abort();
  send({0x20});
  pass(milliseconds(50));
  EXPECT_NE(sent(), "");
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
