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
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace irmeter {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::uint8_t start_of_packet = 0xEE;
inline constexpr std::uint8_t ack_byte = 0x06;
inline constexpr std::uint8_t nak_byte = 0x15;

// Bytes of a packet in front of its payload.
inline constexpr std::size_t packet_header_size = 6;
// Bytes of a packet beside its payload. The packet size that Negotiate speaks of includes them.
inline constexpr std::size_t packet_overhead = 8;
// What both ends use until (or unless) Negotiate agrees on something else.
inline constexpr std::size_t default_packet_size = 64;
inline constexpr std::size_t default_packet_count = 1;

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

  friend bool operator==(const Packet&, const Packet&) = default;
};

// The packet as it goes on the wire, CRC included. The payload is at most 65535 bytes.
[[nodiscard]] Bytes encode(const Packet& packet);

// A packet found in the stream, with the exact bytes it consisted of.
struct ReceivedPacket {
  Packet packet;
  Bytes raw;
};
struct ReceivedAck {};
struct ReceivedNak {};
// Something began like a packet and turned out not to be one: wrong CRC, or cut short by a gap.
struct ReceivedDamage {};

using LineItem = std::variant<ReceivedPacket, ReceivedAck, ReceivedNak, ReceivedDamage>;

// Finds packets, ACKs and NAKs in whatever arrives, between and behind any amount of garbage.
//
// Every EE with a believable header is a candidate, and the first candidate that completes with a
// good CRC is the packet; so neither a stray byte nor an EE in the noise hides the packet behind
// it. ACK and NAK bytes count only outside candidates. What is found does not depend on how the
// bytes were split between push() and push(). Memory is bounded by the packet size.
class PacketScanner {
 public:
  // max_packet_size: whole packets longer than this (header and CRC included) are noise.
  explicit PacketScanner(std::size_t max_packet_size = default_packet_size);

  void set_max_packet_size(std::size_t size) { max_packet_size_ = size; }

  void push(ByteView bytes);

  // The next item found, until there is none.
  [[nodiscard]] std::optional<LineItem> next();

  // True while a packet has begun and is not complete: the caller owes a gap() when the
  // inter-character time-out passes.
  [[nodiscard]] bool in_packet() const { return head_ != buffer_.size(); }

  // How many more bytes the packet that has begun needs; 0 outside a packet.
  [[nodiscard]] std::size_t missing() const;

  // The line has been quiet for the inter-character time-out: what has begun will not be finished.
  // Call next() afterwards, a shorter packet may have been hiding behind a false start.
  void gap();

  void clear();

  // Bytes so far that belonged to nothing.
  [[nodiscard]] std::uint64_t noise() const { return noise_; }

 private:
  enum class Candidate { no, incomplete, good, bad };
  struct Examined {
    Candidate verdict;
    std::size_t size;  // of the whole packet, as far as its header tells
  };
  [[nodiscard]] ByteView rest() const { return ByteView(buffer_).first(seen_).subspan(head_); }
  [[nodiscard]] std::optional<LineItem> scan();
  [[nodiscard]] Examined examine(ByteView bytes) const;
  [[nodiscard]] std::size_t find_complete() const;
  [[nodiscard]] ReceivedPacket take(std::size_t size);
  void drop(std::size_t count);

  std::size_t max_packet_size_;
  Bytes buffer_;
  std::size_t head_ = 0;     // what lies before it in buffer_ is done with
  std::size_t seen_ = 0;     // what lies behind it has not been looked at yet
  std::size_t damaged_ = 0;  // how many bytes from head_ on belonged to a damaged packet
  bool gap_ = false;         // what is in the buffer now is all that comes of it
  std::uint64_t noise_ = 0;
};

}  // namespace irmeter
