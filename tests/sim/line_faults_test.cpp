// What the light between probe and meter does to what both say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <set>
#include <string>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Bytes identify = hex("EE 00 00 00 00 01 20 13 10");
const Bytes identified = hex("EE 00 00 00 00 05 00 00 02 00 00 A2 5A");
const Bytes ack = hex("06");
const Bytes nak = hex("15");

bool contains(const Bytes& all, const Bytes& part) {
  return !std::ranges::search(all, part).empty();
}

bool starts_with(const Bytes& all, const Bytes& part) {
  return all.size() >= part.size() && std::equal(part.begin(), part.end(), all.begin());
}

std::size_t packets_in(const Bytes& bytes) {
  irmeter::PacketScanner scanner;
  scanner.push(bytes);
  scanner.gap();
  std::size_t count = 0;
  while (const auto item = scanner.next()) {
    count += std::holds_alternative<irmeter::ReceivedPacket>(*item) ? 1U : 0U;
  }
  return count;
}

class LineFault : public testing::Test {
 protected:
  Faults& with(const std::string& spec) {
    client_.meter.faults().add(spec, client_.now);
    return client_.meter.faults();
  }
  // Identification with this fault and another seed each time, on a fresh line.
  static Bytes answer_with(const std::string& fault, int seed) {
    VirtualClient client;
    client.meter.faults().add(fault + ":times=1,seed=" + std::to_string(seed), client.now);
    return client.send(identify);
  }

  VirtualClient client_;
};

TEST_F(LineFault, SilentNobodyHearsOrAnswers) {
  const Faults& faults = with("silent");
  EXPECT_THAT(client_.send(identify, 10s), IsEmpty());
  EXPECT_THAT(client_.send(hex("EE 00"), 10s), IsEmpty());
  EXPECT_EQ(client_.meter.state(), SessionState::base);
  EXPECT_EQ(faults.struck(FaultKind::silent), 2U);
}

TEST_F(LineFault, SilentAlsoKeepsBackWhatTheMeterRepeats) {
  client_.send(identify, 1s);
  with("silent");
  EXPECT_THAT(client_.pass(10s), IsEmpty());
}

TEST_F(LineFault, SilentMayHitEverySecondRequestOnly) {
  with("silent:every=2,times=1");
  EXPECT_EQ(client_.send(identify), identified);  // the ACK is the second thing said
  client_.send(ack);
  client_.pass(7s);
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
}

TEST_F(LineFault, EchoReturnsEverythingAheadOfTheAnswer) {
  with("echo");
  EXPECT_EQ(client_.send(identify), join({identify, ack, identified}));
  EXPECT_EQ(client_.send(ack), ack);
  client_.toggle = true;
  EXPECT_EQ(client_.ask(request::negotiate),
            join({request::negotiate, hex("00 00 40 02 06")}));  // both are packets
}

TEST_F(LineFault, EchoReturnsByteByByteWhatComesThatWay) {
  with("echo:every=2");
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
  client_.send(ack);
  Bytes returned;
  for (const std::uint8_t byte : hex("EE 00 20 00 00 01 21 0B")) {
    returned = join({returned, client_.send({byte}, 1ms)});
  }
  EXPECT_THAT(returned, IsEmpty());
  client_.send(hex("61"));
  EXPECT_EQ(client_.send({0xEE}, 0ms), hex("EE"));
}

TEST_F(LineFault, EchoDamagedReturnsAWrongFirstByteAndMore) {
  std::set<std::size_t> sizes;
  bool changed = false;
  for (int seed = 1; seed <= 50; ++seed) {
    const Bytes said = answer_with("echo-damaged", seed);
    const Bytes answer = join({ack, identified});
    ASSERT_GT(said.size(), answer.size());
    EXPECT_TRUE(std::equal(answer.begin(), answer.end(),
                           said.end() - static_cast<std::ptrdiff_t>(answer.size())));
    EXPECT_THAT(said[0], AnyOf(0xFF, 0x00));
    const Bytes echo(said.begin(), said.end() - static_cast<std::ptrdiff_t>(answer.size()));
    sizes.insert(echo.size());
    changed = changed || (echo.size() == identify.size() &&
                          !std::equal(echo.begin() + 1, echo.end(), identify.begin() + 1));
  }
  EXPECT_TRUE(sizes.contains(identify.size()));
  EXPECT_TRUE(sizes.contains(identify.size() - 1));
  EXPECT_TRUE(changed);
}

TEST_F(LineFault, EchoDamagedSpoilsTheEchoOfAnAck) {
  client_.send(identify);
  with("echo-damaged");
  EXPECT_THAT(client_.send(ack), ElementsAre(AnyOf(0xFF, 0x00)));
}

TEST_F(LineFault, EchoOnlyHasNoMeterBehindIt) {
  with("echo-only");
  EXPECT_EQ(client_.send(identify, 10s), identify);
  EXPECT_EQ(client_.send(ack, 10s), ack);
  EXPECT_EQ(client_.meter.state(), SessionState::base);
}

TEST_F(LineFault, EchoOnlyDamagedHasNoMeterBehindIt) {
  with("echo-only-damaged");
  const Bytes said = client_.send(identify, 10s);
  ASSERT_FALSE(said.empty());
  EXPECT_THAT(said[0], AnyOf(0xFF, 0x00));
  EXPECT_EQ(packets_in(said), 0U);
  EXPECT_EQ(client_.meter.state(), SessionState::base);
}

TEST_F(LineFault, FirstNakRefusesTheFirstPacketAfterASecondOnly) {
  const Faults& faults = with("first-nak");
  EXPECT_EQ(client_.send(identify), nak);
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
  client_.send(ack);
  client_.pass(800ms);
  EXPECT_EQ(client_.send(identify), ack);
  client_.pass(1s);
  EXPECT_EQ(client_.send(identify), nak);
  EXPECT_EQ(faults.struck(FaultKind::first_nak), 2U);
}

TEST_F(LineFault, FirstLostLosesThePacketButNotItsRepetition) {
  with("first-lost");
  EXPECT_THAT(client_.send(identify, 2s), IsEmpty());
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
}

TEST_F(LineFault, FirstLostDoesNotMindThePacketsPace) {
  with("first-lost");
  for (const std::uint8_t byte : identify) {
    EXPECT_THAT(client_.send({byte}, 400ms), IsEmpty());
  }
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
}

TEST_F(LineFault, ChatterIsInFrontOfAcksAndPacketsAndBehindThem) {
  bool in_front = false;
  bool between = false;
  bool behind = false;
  for (int seed = 1; seed <= 50; ++seed) {
    VirtualClient client;
    client.meter.faults().add("chatter:seed=" + std::to_string(seed), client.now);
    const Bytes said = client.send(identify);
    ASSERT_GT(said.size(), ack.size() + identified.size());
    const auto packet = std::ranges::search(said, identified);
    ASSERT_FALSE(packet.empty());
    in_front = in_front || said.front() != ack.front();
    behind = behind || packet.end() != said.end();
    between = between || (said.front() == ack.front() && packet.begin() - said.begin() > 1);
  }
  EXPECT_TRUE(in_front);
  EXPECT_TRUE(between);
  EXPECT_TRUE(behind);
}

TEST_F(LineFault, ChatterInsideDamagesThePacket) {
  for (int seed = 1; seed <= 50; ++seed) {
    const Bytes said = answer_with("chatter-inside", seed);
    EXPECT_GT(said.size(), ack.size() + identified.size());
    EXPECT_FALSE(contains(said, identified));
  }
}

TEST_F(LineFault, NoiseReplacesEverythingThatTheMeterSays) {
  with("noise");
  const Bytes said = client_.send(identify, 7s);
  EXPECT_THAT(said, SizeIs(ack.size() + 4 * identified.size()));
  EXPECT_EQ(packets_in(said), 0U);
}

TEST_F(LineFault, AcksGetLostOrChangedOrDoubled) {
  EXPECT_EQ(answer_with("ack-lost", 1), identified);
  EXPECT_EQ(answer_with("ack-zero", 1), join({hex("00"), identified}));
  EXPECT_EQ(answer_with("ack-twice", 1), join({ack, ack, identified}));
}

TEST_F(LineFault, EeLostDropsTheFirstByte) {
  EXPECT_EQ(answer_with("ee-lost", 1),
            join({ack, Bytes(identified.begin() + 1, identified.end())}));
}

TEST_F(LineFault, TruncatedBreaksOffAnywhere) {
  std::set<std::size_t> sizes;
  for (int seed = 1; seed <= 300; ++seed) {
    const Bytes said = answer_with("truncated", seed);
    ASSERT_TRUE(starts_with(join({ack, identified}), said));
    sizes.insert(said.size() - 1);
  }
  EXPECT_THAT(sizes, SizeIs(identified.size() - 1));
  EXPECT_EQ(*sizes.begin(), 1U);
  EXPECT_EQ(*sizes.rbegin(), identified.size() - 1);
}

TEST_F(LineFault, CrcChangesOneBitBehindTheHeader) {
  for (int seed = 1; seed <= 50; ++seed) {
    const Bytes said = answer_with("crc", seed);
    ASSERT_THAT(said, SizeIs(1 + identified.size()));
    int bits = 0;
    for (std::size_t i = 0; i < identified.size(); ++i) {
      const int changed = std::popcount(static_cast<unsigned>(said[1 + i] ^ identified[i]));
      EXPECT_TRUE(changed == 0 || i >= 6);
      bits += changed;
    }
    EXPECT_EQ(bits, 1);
  }
}

TEST_F(LineFault, WhatIsDamagedOnceIsWholeWhenRepeated) {
  for (const char* fault : {"chatter-inside:times=1", "ee-lost:times=1", "truncated:times=1",
                            "crc:times=1", "noise:after=1,times=1"}) {
    VirtualClient client;
    client.meter.faults().add(fault, client.now);
    EXPECT_FALSE(contains(client.send(identify), identified)) << fault;
    EXPECT_EQ(client.send(nak), identified) << fault;
  }
}

TEST_F(LineFault, RepeatedSendsThePacketTwiceInARow) {
  EXPECT_EQ(answer_with("repeated", 1), join({ack, identified, identified}));
}

TEST_F(LineFault, SlowPausesInFrontOfEachByteButTheFirst) {
  with("slow:times=1");
  EXPECT_EQ(client_.send(identify, 1ms), join({ack, hex("EE")}));
  for (std::size_t i = 1; i < identified.size(); ++i) {
    EXPECT_THAT(client_.pass(399ms), IsEmpty());
    EXPECT_EQ(client_.pass(1ms), Bytes{identified[i]});
  }
  // The meter waits for the ACK only from then on.
  EXPECT_THAT(client_.pass(1'900ms), IsEmpty());
  EXPECT_EQ(client_.pass(100ms), identified);
  EXPECT_EQ(client_.meter.state(), SessionState::id);
}

TEST_F(LineFault, SlowTakesAnotherPauseThanTheUsual) {
  with("slow:pause=0.01");
  EXPECT_EQ(client_.send(identify, 119ms),
            join({ack, Bytes(identified.begin(), identified.end() - 1)}));
  EXPECT_EQ(client_.pass(2ms), Bytes{identified.back()});
}

TEST_F(LineFault, ResetBreaksOffForgetsTheSessionAndIsDeafForAWhile) {
  client_.open_session();
  with("reset:times=1");
  irmeter::Packet read;
  read.payload = request::read(1, 0, 24);
  const Bytes said = client_.send(irmeter::encode(read));
  EXPECT_EQ(said[0], ack[0]);
  EXPECT_LT(said.size(), 1U + 8U + 28U);
  EXPECT_EQ(packets_in(said), 0U);
  EXPECT_EQ(client_.meter.state(), SessionState::base);
  EXPECT_THAT(client_.send(identify, 1'850ms), IsEmpty());
  client_.pass(100ms);
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
  client_.send(ack);
  client_.toggle = true;
  EXPECT_EQ(client_.ask(request::log_on), hex("00"));
  EXPECT_EQ(client_.ask(request::full_read(0)), hex("04"));  // does not fit default packets
}

TEST_F(LineFault, AllAreOverAtOnce) {
  Faults& faults = with("silent");
  faults.add("slow:pause=100", client_.now);
  faults.add("reset:pause=100", client_.now);
  EXPECT_THAT(client_.send(identify), IsEmpty());
  faults.end();
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
}

TEST_F(LineFault, DeafnessAfterAResetIsOverToo) {
  Faults& faults = with("reset:pause=100");
  client_.send(identify);
  EXPECT_THAT(client_.send(identify), IsEmpty());
  faults.end();
  EXPECT_EQ(client_.send(identify), join({ack, identified}));
}

TEST_F(LineFault, RandomOnesComeTheSameWayForTheSameSeed) {
  const auto conversation = [](const char* spec) {
    VirtualClient client;
    client.meter.faults().add(spec, client.now);
    Bytes said;
    for (int i = 0; i < 200; ++i) {
      said = join({said, client.send(identify, 1s), client.send(ack)});
    }
    return said;
  };
  const Bytes some = conversation("random:rate=5,seed=1");
  EXPECT_EQ(some, conversation("random:rate=5,seed=1"));
  EXPECT_NE(some, conversation("random:rate=5,seed=2"));
}

}  // namespace
}  // namespace irmetersim
