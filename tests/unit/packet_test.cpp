// Packets and check values against captures and published examples.
#include "lib/link/scanner.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

constexpr const char* transcripts_with_packets[] = {
    "real-session.txt", "household-values.txt", "other-readers.txt",     "packets.txt",
    "session-once.txt", "session-kept.txt",     "session-one-packet.txt"};

std::vector<Bytes> all_packets() {
  std::vector<Bytes> all;
  for (const char* file : transcripts_with_packets) {
    for (Bytes& packet : packets_of(load_transcript(file))) {
      all.push_back(std::move(packet));
    }
  }
  return all;
}

std::uint16_t crc_of(const Bytes& packet) {
  return static_cast<std::uint16_t>(packet[packet.size() - 2] | packet.back() << 8U);
}

TEST(Crc, HasTheCheckValueOfX25) {
  constexpr std::string_view text = "123456789";
  EXPECT_EQ(crc16_x25(Bytes(text.begin(), text.end())), 0x906E);
}

TEST(Crc, OfTheWorkedExample) {
  EXPECT_EQ(crc16_x25(from_hex("EE 00 00 00 00 01 20")), 0x1013);
}

TEST(Crc, OfNothingIsZero) {
  EXPECT_EQ(crc16_x25({}), 0x0000);
}

TEST(Crc, HoldsForEveryPacketOfEveryTranscript) {
  const auto packets = all_packets();
  ASSERT_GT(packets.size(), 150U);
  for (const Bytes& packet : packets) {
    EXPECT_EQ(crc16_x25(ByteView(packet).first(packet.size() - 2)), crc_of(packet))
        << to_hex(packet);
  }
}

TEST(Crc, LeavesTheResidueOverAWholePacket) {
  for (const Bytes& packet : all_packets()) {
    EXPECT_EQ(crc16_x25(packet), 0x0F47) << to_hex(packet);
  }
}

TEST(Crc, MissesNoSingleFlippedBit) {
  for (const Bytes& packet : all_packets()) {
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
      Bytes flipped = packet;
      flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
      EXPECT_NE(crc16_x25(flipped), 0x0F47) << to_hex(packet) << " bit " << bit;
    }
  }
}

TEST(TableChecksum, MakesTheSumOfDataAndChecksumZero) {
  const Bytes registers = from_hex("FB 13 04 02 4D 89 1A 00");
  EXPECT_EQ(table_checksum(registers), 0xFC);
  EXPECT_EQ(table_checksum(from_hex("74 40 05 00 9F 1D 00 00")), 0x8B);
  EXPECT_EQ(table_checksum({}), 0);
  EXPECT_EQ(table_checksum(from_hex("80 80")), 0);
}

TEST(Encode, MakesTheBytesOfEveryCapturedPacket) {
  for (const Bytes& captured : all_packets()) {
    Packet packet;
    packet.identity = captured[1];
    packet.multi = (captured[2] & 0x80U) != 0;
    packet.first = (captured[2] & 0x40U) != 0;
    packet.toggle = (captured[2] & 0x20U) != 0;
    packet.sequence = captured[3];
    packet.payload.assign(captured.begin() + 6, captured.end() - 2);
    EXPECT_EQ(to_hex(encode(packet)), to_hex(captured));
  }
}

TEST(Encode, PutsTheLengthInBigEndian) {
  Packet packet;
  packet.payload.assign(0x0102, 0);
  const Bytes bytes = encode(packet);
  EXPECT_EQ(bytes.size(), 0x0102 + packet_overhead);
  EXPECT_EQ(bytes[4], 0x01);
  EXPECT_EQ(bytes[5], 0x02);
}

TEST(Encode, IsUndoneByTheScanner) {
  for (const Bytes& captured : all_packets()) {
    PacketScanner scanner;
    scanner.push(captured);
    const auto item = scanner.next();
    ASSERT_TRUE(item && std::holds_alternative<ReceivedPacket>(*item)) << to_hex(captured);
    const auto& found = std::get<ReceivedPacket>(*item);
    EXPECT_EQ(found.raw, captured);
    EXPECT_EQ(encode(found.packet), captured);
    EXPECT_FALSE(scanner.next());
    EXPECT_FALSE(scanner.in_packet());
    EXPECT_EQ(scanner.noise(), 0U);
  }
}

}  // namespace
}  // namespace irmeter::testing
