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
