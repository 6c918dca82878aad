// C12.18 data-link packets: layout, check values, and finding them in a stream of bytes.
//
//   EE | identity | control | sequence | length (2, big-endian) | payload | CRC (2, low byte first)
//
// Beside packets the line carries the single bytes ACK and NAK. Both ends of the line use this
// file; everything that differs between them (retries, timers, sessions) lives elsewhere.
// Source: ANSI C12.18-2006, data link layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/bytes.hpp"

namespace irmeter {

inline constexpr std::uint8_t start_of_packet = 0xEE;
inline constexpr std::uint8_t ack_byte = 0x06;
inline constexpr std::uint8_t nak_byte = 0x15;

// The bits of a packet's third byte. Bits 4..2 are reserved, bits 1..0 select the data format,
// 0 = C12.18.
namespace control {

inline constexpr std::uint8_t multi = 0x80;
inline constexpr std::uint8_t first = 0x40;
inline constexpr std::uint8_t toggle = 0x20;
inline constexpr std::uint8_t must_be_zero = 0x1F;

}  // namespace control

// Bytes of a packet in front of its payload.
inline constexpr std::size_t packet_header_size = 6;
// Bytes of a packet beside its payload. The packet size that Negotiate speaks of includes them.
inline constexpr std::size_t packet_overhead = 8;
// What both ends use until (or unless) Negotiate agrees on something else.
inline constexpr std::size_t default_packet_size = 64;
inline constexpr std::size_t default_packet_count = 1;

// The payload of a response begins with 0x00 to 0x1F, that of a request with what is above.
inline constexpr std::uint8_t last_response_code = 0x1F;

// What both ends have agreed on; use these values, not those asked for.
struct Negotiated {
  std::uint16_t packet_size = default_packet_size;   // whole packets, header and CRC included
  std::uint8_t packet_count = default_packet_count;  // to a message

  // Table bytes that fit the answer to one read: result code, count and checksum take 4.
  [[nodiscard]] std::size_t max_read() const {
    return std::size_t{packet_size - packet_overhead} * packet_count - 4;
  }
};

// CRC-16/X-25 (reflected 0x1021, init and final XOR 0xFFFF), as the packet's last two bytes carry
// it. The check value of "123456789" is 0x906E.
[[nodiscard]] std::uint16_t crc16_x25(ByteView data);

// The table checksum of read responses: the two's complement of the sum of the data bytes, so that
// data and checksum add up to 0 modulo 256.
[[nodiscard]] std::uint8_t table_checksum(ByteView data);

struct Packet {
  std::uint8_t identity = 0;
  bool toggle = false;        // control bit 5: inverted with every new packet, kept when repeated
  bool multi = false;         // control bit 7: one of several packets of a message
  bool first = false;         // control bit 6: the first of them
  std::uint8_t sequence = 0;  // counts down to 0 within a message
  Bytes payload;

  [[nodiscard]] bool begins_message() const { return first || !multi; }

  friend bool operator==(const Packet&, const Packet&) = default;
};

// The packet as it goes on the wire, CRC included. The payload is at most 65535 bytes.
[[nodiscard]] Bytes encode(const Packet& packet);

}  // namespace irmeter
