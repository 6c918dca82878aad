// The scanner on clean streams: whole, in pieces, and with single faults.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/scanner_items.hpp"

namespace irmeter::testing {
namespace {

const Bytes ident = from_hex("EE 00 00 00 00 05 00 00 02 00 00 A2 5A");
const Bytes ok = from_hex("EE 00 20 00 00 01 00 80 51");
const Bytes registers = from_hex("EE 00 20 00 00 0C 00 00 08 FB 13 04 02 4D 89 1A 00 FC 92 F2");

Bytes stream_of(const char* file) {
  Bytes stream;
  for (const TranscriptLine& line : load_transcript(file)) {
    stream.insert(stream.end(), line.bytes.begin(), line.bytes.end());
  }
  return stream;
}

TEST(Scanner, FindsAcknowledgementAndPacket) {
  EXPECT_EQ(scan(from_hex("06 EE 00 20 00 00 01 00 80 51")), (Items{"ACK", to_hex(ok)}));
}

TEST(Scanner, FindsNak) {
  EXPECT_EQ(scan(from_hex("15 15 06")), (Items{"NAK", "NAK", "ACK"}));
}

TEST(Scanner, DecodesTheHeader) {
  PacketScanner scanner;
  scanner.push(encode({.identity = 5,
                       .toggle = true,
                       .multi = true,
                       .first = true,
                       .sequence = 3,
                       .payload = from_hex("00 01")}));
  const auto item = scanner.next();
  ASSERT_TRUE(item && std::holds_alternative<ReceivedPacket>(*item));
  const Packet& packet = std::get<ReceivedPacket>(*item).packet;
  EXPECT_EQ(packet.identity, 5);
  EXPECT_TRUE(packet.toggle);
  EXPECT_TRUE(packet.multi);
  EXPECT_TRUE(packet.first);
  EXPECT_EQ(packet.sequence, 3);
  EXPECT_EQ(packet.payload, from_hex("00 01"));
}

TEST(Scanner, FindsTheSameInEverySplitOfEveryTranscript) {
  for (const char* file : {"real-session.txt", "household-values.txt", "other-readers.txt",
                           "packets.txt", "echo.txt", "session-kept.txt"}) {
    const Bytes stream = stream_of(file);
    const Items whole = scan(stream);
    EXPECT_EQ(scan_byte_by_byte(stream), whole) << file;
    for (std::size_t at = 1; at < stream.size(); ++at) {
      EXPECT_EQ(scan(stream, {at}), whole) << file << " split at " << at;
    }
  }
}

TEST(Scanner, FindsAllOfARealSession) {
  const Items items = scan(stream_of("real-session.txt"));
  EXPECT_EQ(items.size(), 21U);  // seven exchanges of request, ACK and response
  EXPECT_EQ(std::count(items.begin(), items.end(), "ACK"), 7);
  EXPECT_EQ(std::count(items.begin(), items.end(), "damage"), 0);
}

TEST(Scanner, NeverTakesAPacketWithAFlippedBit) {
  for (const char* file : {"real-session.txt", "household-values.txt", "packets.txt"}) {
    for (const Bytes& packet : packets_of(load_transcript(file))) {
      for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
        Bytes flipped = packet;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
        for (const Items& items : {scan(flipped), scan_byte_by_byte(flipped)}) {
          for (const std::string& item : items) {
            EXPECT_EQ(item.find("EE"), std::string::npos)
                << to_hex(packet) << " bit " << bit << " gave " << item;
          }
        }
      }
    }
  }
}

TEST(Scanner, TakesNothingFromADamagedPacketForAnAcknowledgement) {
  // BT23 whose data hold 06 and 15: after a flipped bit they are still data.
  Bytes packet = encode({.payload = from_hex("00 00 08 06 15 06 15 06 15 06 15 9C")});
  packet[3 + 6] ^= 0x10;
  const Items expected{"damage", to_hex(ok)};
  EXPECT_EQ(scan(join({packet, ok})), expected);
  EXPECT_EQ(scan_byte_by_byte(join({packet, ok})), expected);
}

TEST(Scanner, ReportsEachTruncatedPacketAtTheGap) {
  for (std::size_t size = 1; size < registers.size(); ++size) {
    const Bytes truncated(registers.begin(), registers.begin() + static_cast<long>(size));
    EXPECT_EQ(scan(truncated), Items{"damage"}) << size;
  }
}

TEST(Scanner, FindsTheWholePacketThatFollowsATruncatedOne) {
  for (std::size_t size = 1; size < registers.size(); ++size) {
    const Bytes truncated(registers.begin(), registers.begin() + static_cast<long>(size));
    for (const Items& items : {scan(join({truncated, registers, ok})),
                               scan_byte_by_byte(join({truncated, registers, ok})),
                               scan(join({truncated, registers, ok}), {size})}) {
      EXPECT_EQ(std::count(items.begin(), items.end(), to_hex(registers)), 1) << size;
      EXPECT_EQ(std::count(items.begin(), items.end(), to_hex(ok)), 1) << size;
      EXPECT_EQ(std::count(items.begin(), items.end(), "ACK"), 0) << size;
    }
  }
}

TEST(Scanner, FindsTheWholePacketThatFollowsATruncatedOneAfterAGap) {
  for (std::size_t size = 1; size < registers.size(); ++size) {
    PacketScanner scanner;
    Items items;
    scanner.push(ByteView(registers).first(size));
    drain(scanner, items);
    scanner.gap();
    drain(scanner, items);
    EXPECT_FALSE(scanner.in_packet());
    scanner.push(registers);
    drain(scanner, items);
    EXPECT_EQ(items, (Items{"damage", to_hex(registers)})) << size;
  }
}

TEST(Scanner, IgnoresTheGapBetweenPackets) {
  PacketScanner scanner;
  Items items;
  for (const Bytes& packet : {ident, ok, registers}) {
    scanner.push(packet);
    drain(scanner, items);
    scanner.gap();
    drain(scanner, items);
  }
  EXPECT_EQ(items, (Items{to_hex(ident), to_hex(ok), to_hex(registers)}));
}

TEST(Scanner, SaysHowMuchIsMissing) {
  PacketScanner scanner;
  EXPECT_EQ(scanner.missing(), 0U);
  EXPECT_FALSE(scanner.in_packet());
  scanner.push(ByteView(registers).first(1));
  EXPECT_FALSE(scanner.next());
  EXPECT_TRUE(scanner.in_packet());
  EXPECT_EQ(scanner.missing(), 8U);  // of the shortest packet there is
  scanner.push(ByteView(registers).subspan(1, 9));
  EXPECT_FALSE(scanner.next());
  EXPECT_EQ(scanner.missing(), registers.size() - 10);
  scanner.push(ByteView(registers).subspan(10));
  EXPECT_TRUE(scanner.next());
  EXPECT_EQ(scanner.missing(), 0U);
  EXPECT_FALSE(scanner.in_packet());
}

TEST(Scanner, BelievesTheHeaderMoreThanWhatIsExpected) {
  PacketScanner scanner;
  EXPECT_EQ(scanner.missing(100), 100U);
  scanner.push(ByteView(registers).first(packet_header_size - 1));
  EXPECT_FALSE(scanner.next());
  EXPECT_EQ(scanner.missing(100), 100U - (packet_header_size - 1));
  scanner.push(ByteView(registers).subspan(packet_header_size - 1, 1));
  EXPECT_FALSE(scanner.next());
  EXPECT_EQ(scanner.missing(100), registers.size() - packet_header_size);
}

TEST(Scanner, MissesNothingOfAPacketThatHasBecomeTooLarge) {
  PacketScanner scanner(default_packet_size);
  scanner.push(ByteView(registers).first(10));
  EXPECT_FALSE(scanner.next());
  scanner.set_max_packet_size(packet_overhead + 1);
  EXPECT_EQ(scanner.missing(), 0U);
}

TEST(Scanner, ForgetsEverythingWhenCleared) {
  PacketScanner scanner;
  scanner.push(ByteView(registers).first(10));
  EXPECT_FALSE(scanner.next());
  scanner.clear();
  EXPECT_FALSE(scanner.in_packet());
  scanner.push(ok);
  Items items;
  drain(scanner, items);
  EXPECT_EQ(items, Items{to_hex(ok)});
}

TEST(Scanner, TakesPacketsUpToTheAgreedSizeAndNoneBeyond) {
  Packet packet;
  packet.payload.assign(120 - packet_overhead, 0x11);
  const Bytes largest = encode(packet);
  packet.payload.push_back(0x11);
  const Bytes larger = encode(packet);
  EXPECT_EQ(scan(largest, {}, 120), Items{to_hex(largest)});
  EXPECT_EQ(scan(larger, {}, 120), Items{});
  EXPECT_EQ(scan(largest, {}, default_packet_size), Items{});
  EXPECT_EQ(scan(join({larger, ok}), {}, 120), Items{to_hex(ok)});
}

TEST(Scanner, TakesNoPacketWithAControlByteThatIsNone) {
  EXPECT_EQ(scan(encode({.payload = {0x00}})).size(), 1U);
  EXPECT_EQ(scan(encode({.first = true, .payload = {0x00}})), Items{});
  EXPECT_EQ(scan(encode({.sequence = 1, .payload = {0x00}})), Items{});
}

TEST(Scanner, TakesNoPacketWithoutAPayload) {
  EXPECT_EQ(scan(encode({})), Items{});
}

}  // namespace
}  // namespace irmeter::testing
