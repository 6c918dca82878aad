// Finding packets, ACKs and NAKs in a stream of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "lib/link/packet.hpp"

namespace irmeter {

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
// Every EE with a possible header is a candidate, and the first candidate that completes with a
// good CRC is the packet; so neither a stray byte nor an EE in the noise hides the packet behind
// it. ACK and NAK bytes count only outside candidates. What is found does not depend on how the
// bytes were split between push() and push(). Memory is bounded by the packet size.
class PacketScanner {
 public:
  // max_packet_size: whole packets longer than this (header and CRC included) are noise.
  explicit PacketScanner(std::size_t max_packet_size = default_packet_size)
      : max_packet_size_(max_packet_size) {}

  void set_max_packet_size(std::size_t size) { max_packet_size_ = size; }

  void push(ByteView bytes);

  // The next item found, until there is none.
  [[nodiscard]] std::optional<LineItem> next();

  // True while a packet has begun and is not complete: the caller owes a gap() when the
  // inter-character time-out passes.
  [[nodiscard]] bool in_packet() const { return head_ != buffer_.size(); }

  // How many more bytes the packet that has begun needs. Outside a packet, and until its header
  // tells its size, it is the one that is expected, of this size.
  [[nodiscard]] std::size_t missing(std::size_t expected = 0) const;

  // The line has been quiet for the inter-character time-out: what has begun will not be finished.
  // Call next() afterwards, a shorter packet may have been hiding behind a false start.
  void gap();

  void clear();

  // Bytes so far that belonged to nothing.
  [[nodiscard]] std::uint64_t noise() const { return noise_; }

 private:
  enum class Candidate { no, incomplete, good, bad };
  struct Examined {
    Candidate candidate;
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
