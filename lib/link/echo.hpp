// Our own light, reflected by the meter's window.
//
// A probe that sees what it sends receives it in front of the meter's answer. The receiver needs a
// moment to settle, so the first byte tends to be damaged, and others may be lost or changed.
#pragma once

#include <cstdint>

#include "lib/link/packet.hpp"

namespace irmeter {

// Three quarters of what was sent are found, in order, at the beginning of what was received.
// sent: at most one packet of default_packet_size.
[[nodiscard]] bool looks_like_echo(ByteView sent, ByteView received);

// Watches whether requests come back.
class EchoWatch {
 public:
  void new_session() { hears_itself_ = false; }
  // A request goes out. noise: PacketScanner::noise() at this moment.
  void transmitted(ByteView request, std::uint64_t noise);
  // Bytes came in, before anything valid of the meter's did.
  void received(ByteView bytes);

  // The request has come back whole; true the first time.
  bool clean_echo();
  // Whether it has come back damaged; true when that is news. Most of such an echo belongs to
  // nothing, so noise must have risen by half of the request.
  bool damaged_echo(ByteView request, std::uint64_t noise);

  // A request of this session was seen to come back.
  [[nodiscard]] bool hears_itself() const { return hears_itself_; }
  // There is noise since the latest request went out, which may be its echo.
  [[nodiscard]] bool in_doubt(std::uint64_t noise) const { return noise != noise_; }

  // Forgets the bytes, which may be those of a key.
  void wipe_bytes() { bytes_.wipe(); }

 private:
  Bytes bytes_;  // the first ones since the request went out, as many as its echo would have
  std::size_t window_ = 0;
  std::uint64_t noise_ = 0;
  bool echoed_ = false;  // the latest request was seen to come back
  bool hears_itself_ = false;
};

}  // namespace irmeter
