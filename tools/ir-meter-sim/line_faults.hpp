// What goes wrong in the light between the probe and the meter: echoes, foreign bytes, losses and
// damage.
//
// Stands between the meter's link and whoever drives the simulated meter. Bytes of the client pass
// hear() one by one, as the meter receives them; what the meter sends passes send() in whole
// packets, ACKs and NAKs.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "lib/link/packet.hpp"
#include "tools/ir-meter-sim/faults.hpp"

namespace irmetersim {

using irmeter::Bytes;
using irmeter::ByteView;

// Where in what the client sends a byte lies.
class ClientPosition {
 public:
  void push(std::uint8_t byte, Instant now);
  // The byte pushed last is the first, or the last, of a packet; a single byte is both.
  [[nodiscard]] bool first() const { return index_ == 0; }
  [[nodiscard]] bool last() const { return index_ + 1 == size_; }
  [[nodiscard]] bool is_packet() const { return size_ > 1; }
  // The client sent nothing for a second before the packet began.
  [[nodiscard]] bool after_idle() const { return after_idle_; }

 private:
  std::size_t index_ = 0;
  std::size_t size_ = 1;  // as far as it is known
  std::optional<Instant> previous_;
  bool after_idle_ = true;
};

class LineFaults {
 public:
  // The faults must outlive this object.
  explicit LineFaults(Faults& faults) : faults_(faults) {}

  // What the meter hears of these bytes.
  [[nodiscard]] Bytes hear(ByteView bytes, Instant now);
  // One packet, ACK or NAK that the meter sends.
  void send(Bytes piece, Instant now);
  // True once after the meter has reset itself in the middle of that.
  [[nodiscard]] bool take_reset() { return std::exchange(reset_, false); }
  // When all that was sent has left.
  [[nodiscard]] Instant free_at() const { return free_at_; }

  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const {
    return leaving_.empty() ? std::nullopt : std::optional(leaving_.front().due);
  }
  // What has left.
  [[nodiscard]] Bytes transmit() { return std::exchange(out_, {}); }

 private:
  enum class Echo : std::uint8_t { none, clean, damaged };
  // A byte, or several that leave together.
  struct Chunk {
    Bytes bytes;
    Instant due;
  };
  void begin(Instant now);
  [[nodiscard]] Bytes echo_of(std::uint8_t byte);
  void queue(Bytes bytes, Duration pause, Instant now);

  Faults& faults_;
  // What was decided for what the client is sending.
  ClientPosition position_;
  Echo echo_ = Echo::none;
  std::mt19937_64 echo_random_;
  bool lost_ = false;
  bool damaged_ = false;
  bool woken_ = false;  // the shared port is the client's now: the next packet is heard

  bool reset_ = false;
  std::optional<Instant> deaf_until_;
  std::deque<Chunk> leaving_;
  Instant free_at_{};
  Bytes out_;
};

}  // namespace irmetersim
