// What a meter sends for a request, packet by packet, until the message is complete.
//
// Knows the packets of this session well enough to tell one that comes again, because our ACK was
// lost, from a new one.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/link/scanner.hpp"

namespace irmeter {

class Response {
 public:
  // Nothing is known of the meter any more.
  void new_session();
  // The packets of the next message are to come.
  void begin();

  // It was accepted before. Only the first packet of an acknowledged request may look like that and
  // be new, and only from a meter that does not change its toggle from packet to packet.
  [[nodiscard]] bool is_repetition(const ReceivedPacket& received, bool acknowledged) const;

  enum class Progress : std::uint8_t { incomplete, complete, out_of_step };
  // Accepts a packet. most_packets: that a message may have.
  [[nodiscard]] Progress add(const ReceivedPacket& received, unsigned most_packets);

  // A message of several packets has begun and is not complete.
  [[nodiscard]] bool begun() const { return next_sequence_.has_value(); }
  // The payload of the message; what came before is forgotten with it.
  [[nodiscard]] Bytes take();

 private:
  Bytes message_;
  std::optional<std::uint8_t> next_sequence_;
  Bytes last_accepted_;     // the whole packet
  bool alternates_ = true;  // every new packet so far had the other toggle
};

}  // namespace irmeter
