// The scanner in noise: nothing hides a packet, nothing passes for one, nothing piles up.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/scanner_items.hpp"

namespace irmeter::testing {
namespace {

const Bytes ok = from_hex("EE 00 20 00 00 01 00 80 51");
const Bytes registers = from_hex("EE 00 20 00 00 0C 00 00 08 FB 13 04 02 4D 89 1A 00 FC 92 F2");

using Random = std::mt19937_64;

// 0 <= result < count.
std::size_t below(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random() % count);
}

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

TEST(ScannerInNoise, FindsPacketsBeforeBetweenAndBehindGarbage) {
  const Bytes garbage = from_hex("FF 00 00 55 AA 80 7F 01");
  const Items expected{to_hex(ok), to_hex(registers)};
  EXPECT_EQ(scan(join({garbage, ok, registers})), expected);
  EXPECT_EQ(scan(join({ok, garbage, registers})), expected);
  EXPECT_EQ(scan(join({garbage, ok, garbage, registers, garbage})), expected);
}

TEST(ScannerInNoise, CountsTheBytesThatBelongToNothing) {
  PacketScanner scanner;
  scanner.push(join({from_hex("FF 00 55"), ok, from_hex("01 06 02")}));
  Items items;
  drain(scanner, items);
  EXPECT_EQ(items, (Items{to_hex(ok), "ACK"}));
  EXPECT_EQ(scanner.noise(), 5U);
}

TEST(ScannerInNoise, TakesThePacketBehindAStrayStartByteAtOnce) {
  // However the noise goes on, the packet is there with its last byte: no waiting for a gap.
  for (const char* noise : {"EE", "EE EE", "EE EE EE", "EE 00", "EE 00 00", "EE 00 00 00",
                            "EE 00 00 00 00", "EE 00 00 00 00 20", "EE 00 80 07 00 38 EE",
                            "EE 00 00 00 FF FF", "EE FF", "EE 00 1F", "EE 55 20 00 00 30 06 06"}) {
    PacketScanner scanner;
    Items items;
    for (const std::uint8_t byte : join({from_hex(noise), registers})) {
      scanner.push(ByteView(&byte, 1));
      drain(scanner, items);
    }
    EXPECT_EQ(items, Items{to_hex(registers)}) << noise;
    items.clear();
    scanner.push(ok);
    drain(scanner, items);
    EXPECT_EQ(items, Items{to_hex(ok)}) << noise;
  }
}

TEST(ScannerInNoise, TakesAnAcknowledgementBehindAPacketThatHadAFalseStartInFront) {
  const Bytes stream = join({from_hex("EE 00 00 00 00 20"), registers, from_hex("06"), ok,
                             from_hex("55 55 55 55 55 55 55 55 55 55")});
  const Items expected{to_hex(registers), "ACK", to_hex(ok)};
  EXPECT_EQ(scan_byte_by_byte(stream), expected);
  EXPECT_EQ(scan(stream), expected);
}

// A packet in the payload of another: whoever is complete first, however the bytes are split.
TEST(ScannerInNoise, DecidesOnEmbeddedPacketsTheSameInEverySplit) {
  Packet outer;
  outer.payload = join({from_hex("00 00 15"), ok, registers, from_hex("06 EE 00")});
  const Bytes stream = join({encode(outer), ok});
  const Items expected = scan_byte_by_byte(stream);
  EXPECT_EQ(scan(stream), expected);
  for (std::size_t at = 1; at < stream.size(); ++at) {
    EXPECT_EQ(scan(stream, {at}), expected) << at;
  }
}

// Streams of packets, pieces of packets, control bytes and noise, cut anywhere.
TEST(ScannerInNoise, FindsTheSameHoweverAnyStreamIsSplit) {
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    Bytes stream;
    for (int part = 0; part < 6; ++part) {
      Bytes piece = random() % 2 != 0 ? ok : registers;
      switch (random() % 5) {
        case 0:
          piece = random_bytes(random, below(random, 12));
          break;
        case 1:
          piece.resize(below(random, piece.size()));
          break;
        case 2:
          piece = from_hex(random() % 2 != 0 ? "06" : "15");
          break;
        case 3:
          piece = from_hex("EE 00 20 00 00");
          piece.push_back(static_cast<std::uint8_t>(random() % 57));
          break;
        default:
          break;
      }
      stream.insert(stream.end(), piece.begin(), piece.end());
    }
    const Items whole = scan(stream);
    ASSERT_EQ(scan_byte_by_byte(stream), whole) << "round " << round << ": " << to_hex(stream);
    std::vector<std::size_t> cuts{below(random, stream.size() + 1),
                                  below(random, stream.size() + 1)};
    std::sort(cuts.begin(), cuts.end());
    ASSERT_EQ(scan(stream, cuts), whole) << "round " << round << ": " << to_hex(stream);
  }
}

// CRC-16 lets one candidate in 65536 through; the header rules keep candidates rare.
TEST(ScannerInNoise, TakesHardlyAnythingInMillionsOfRandomBytesForAPacket) {
  Random random(2);
  PacketScanner scanner;
  std::size_t packets = 0;
  for (int block = 0; block < 4000; ++block) {
    scanner.push(random_bytes(random, 1000));
    while (const auto item = scanner.next()) {
      packets += std::holds_alternative<ReceivedPacket>(*item) ? 1U : 0U;
    }
    ASSERT_LT(scanner.missing(), default_packet_size);
  }
  EXPECT_LE(packets, 1U);
}

// The worst case for a scanner that looks for a packet behind every possible start.
TEST(ScannerInNoise, KeepsNoMoreThanOnePacketInMind) {
  PacketScanner scanner;
  Items items;
  const Bytes start = from_hex("EE 00 00 00 00 38");
  for (int i = 0; i < 100'000; ++i) {
    scanner.push(start);
    drain(scanner, items);
    ASSERT_LE(scanner.missing(), default_packet_size);
    items.clear();
  }
  scanner.gap();
  drain(scanner, items);
  EXPECT_FALSE(scanner.in_packet());
}

TEST(ScannerInNoise, TellsOnceOfADamagedPacketHoweverManyStartsItHolds) {
  Packet packet;
  packet.payload = from_hex("00 00 10 EE 00 00 00 00 02 01 01 01 01 EE EE EE EE EE EE 11");
  Bytes damaged = encode(packet);
  damaged.back() ^= 1;
  EXPECT_EQ(scan(damaged), Items{"damage"});
}

}  // namespace
}  // namespace irmeter::testing
