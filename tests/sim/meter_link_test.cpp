// How the simulated meter acknowledges, answers, repeats and gives up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

const Bytes identify = hex("EE 00 00 00 00 01 20 13 10");
const Bytes identified = hex("EE 00 00 00 00 05 00 00 02 00 00 A2 5A");
const Bytes ack = hex("06");
const Bytes nak = hex("15");

TEST(MeterLink, AcknowledgesAndThenAnswers) {
  VirtualClient client;
  EXPECT_THAT(client.send(identify, 174us), IsEmpty());
  EXPECT_EQ(client.pass(1us), join({ack, identified}));
}

TEST(MeterLink, ThinksBetweenAcknowledgingAndAnswering) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.link.think_time = 300ms;
  VirtualClient client(settings);
  EXPECT_EQ(client.send(identify, 300ms), ack);
  EXPECT_EQ(client.pass(1ms), identified);
}

TEST(MeterLink, UsesAToggleOfItsOwn) {
  VirtualClient client;
  EXPECT_EQ(client.send(hex("EE 00 20 00 00 01 20 82 70")), join({ack, identified}));
  client.toggle = true;
  client.ask(request::negotiate);
  EXPECT_TRUE(client.packets.at(0).toggle);
  client.toggle = true;
  client.ask(request::log_on);
  EXPECT_FALSE(client.packets.at(0).toggle);
}

TEST(MeterLink, AcknowledgesARepeatedRequestAndDoesNotCarryItOutAgain) {
  VirtualClient client;
  client.send(identify);
  EXPECT_EQ(client.send(identify), ack);
  EXPECT_EQ(client.meter.state(), SessionState::id);
}

TEST(MeterLink, AnswersTheSameRequestAgainAfterANewStart) {
  VirtualClient client;
  client.send(identify);
  client.send(ack);
  client.pass(7s);
  EXPECT_EQ(client.send(identify), join({ack, identified}));
}

TEST(MeterLink, RepeatsAnUnacknowledgedResponseThreeTimesAndGivesUp) {
  VirtualClient client;
  client.send(identify, 1s);
  EXPECT_EQ(client.pass(1500ms), identified);
  EXPECT_EQ(client.pass(2s), identified);
  EXPECT_EQ(client.pass(2s), identified);
  EXPECT_EQ(client.meter.state(), SessionState::id);
  EXPECT_THAT(client.pass(2s), IsEmpty());
  EXPECT_EQ(client.meter.state(), SessionState::base);
  EXPECT_FALSE(client.meter.deadline());
}

TEST(MeterLink, KeepsStillOnceTheResponseIsAcknowledged) {
  VirtualClient client;
  client.send(identify);
  EXPECT_THAT(client.send(ack, 5s), IsEmpty());
}

TEST(MeterLink, RepeatsTheSameBytesAfterANak) {
  VirtualClient client;
  client.send(identify);
  EXPECT_EQ(client.send(nak), identified);
  EXPECT_EQ(client.send(nak), identified);
  EXPECT_THAT(client.send(ack, 3s), IsEmpty());
}

TEST(MeterLink, TakesTheNextRequestForAnAck) {
  VirtualClient client;
  client.send(identify);
  const Bytes granted = hex("EE 00 20 00 00 05 00 00 40 02 06 D3 48");
  EXPECT_EQ(client.send(hex("EE 00 20 00 00 05 61 00 40 02 06 24 E2")), join({ack, granted}));
  EXPECT_EQ(client.pass(2s), granted);
}

TEST(MeterLink, RefusesADamagedRequestWhenTheLineIsQuiet) {
  VirtualClient client;
  Bytes damaged = identify;
  damaged[6] ^= 0x01;
  EXPECT_THAT(client.send(damaged, 9ms), IsEmpty());
  EXPECT_EQ(client.pass(1ms), nak);
  EXPECT_EQ(client.send(identify), join({ack, identified}));
}

TEST(MeterLink, RefusesARequestThatBreaksOff) {
  VirtualClient client;
  EXPECT_THAT(client.send(hex("EE 00 00 00 00 01"), 509ms), IsEmpty());
  EXPECT_EQ(client.pass(1ms), nak);
}

TEST(MeterLink, AcceptsARequestWithPausesBelowTheCharacterTimeout) {
  VirtualClient client;
  for (std::size_t i = 0; i + 1 < identify.size(); ++i) {
    EXPECT_THAT(client.send({identify[i]}, 499ms), IsEmpty());
  }
  EXPECT_EQ(client.send({identify.back()}), join({ack, identified}));
}

TEST(MeterLink, SaysNothingToNoise) {
  VirtualClient client;
  EXPECT_THAT(client.send(hex("55 55 00 FF 06 15 06"), 10s), IsEmpty());
}

TEST(MeterLink, ReturnsToTheBaseStateAfterSixSilentSeconds) {
  VirtualClient client;
  client.open_session();
  client.pass(5'800ms);
  EXPECT_EQ(client.meter.state(), SessionState::session);
  client.pass(200ms);
  EXPECT_EQ(client.meter.state(), SessionState::base);
  EXPECT_FALSE(client.meter.authenticated());
  EXPECT_EQ(client.ask(request::read(1, 0, 24)), hex("0A"));
}

TEST(MeterLink, StaysInSessionWhileRequestsKeepComing) {
  VirtualClient client;
  client.open_session();
  for (int i = 0; i < 10; ++i) {
    client.pass(5s);
    EXPECT_EQ(client.table(request::read(1, 0, 4)), hex("45 4C 4F 4E"));
  }
}

class MeterLinkTwoPackets : public testing::Test {
 protected:
  MeterLinkTwoPackets() { client_.open_session(); }
  Bytes ask() { return client_.send(hex("EE 00 00 00 00 03 30 00 00 DC 1C")); }
  VirtualClient client_;
};

TEST_F(MeterLinkTwoPackets, SendsTheSecondWhenTheFirstIsAcknowledged) {
  const Bytes first = ask();
  ASSERT_EQ(first.size(), 1U + 64U);
  EXPECT_EQ(Bytes(first.begin(), first.begin() + 7), hex("06 EE 00 C0 01 00 38"));
  const Bytes second = client_.send(ack);
  ASSERT_EQ(second.size(), 35U);
  EXPECT_EQ(Bytes(second.begin(), second.begin() + 6), hex("EE 00 A0 00 00 1B"));
  EXPECT_THAT(client_.send(ack, 5s), IsEmpty());
}

TEST_F(MeterLinkTwoPackets, RepeatsOnlyThePacketThatWasNotAcknowledged) {
  const Bytes first = ask();
  EXPECT_EQ(client_.send(nak), Bytes(first.begin() + 1, first.end()));
  const Bytes second = client_.send(ack);
  EXPECT_EQ(client_.pass(2s), second);
}

TEST_F(MeterLinkTwoPackets, DropsTheRestForANewRequest) {
  ask();
  const Bytes answer = client_.send(hex("EE 00 20 00 00 01 21 0B 61"));
  EXPECT_EQ(answer, join({ack, hex("EE 00 00 00 00 01 00 11 31")}));
  EXPECT_THAT(client_.send(ack), IsEmpty());
}

}  // namespace
}  // namespace irmetersim
