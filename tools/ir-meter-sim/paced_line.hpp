// A serial line of a given speed between the simulated meter and its client.
//
// A pty or a socket moves a packet at once; a line takes ten bit times for every byte. Bytes of the
// client reach the meter one after the other, and the meter's bytes become due the same way. All of
// it is computed from when things were due, never from when somebody woke up, so that late
// wake-ups do not add up. It has the four functions of the meter itself.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "lib/link/packet.hpp"
#include "lib/time.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmetersim {

// One direction of the line.
class PacedBytes {
 public:
  // Bits per second, ten to the byte; 0 = everything is through at once.
  explicit PacedBytes(unsigned baud) : baud_(baud) {}

  // Bytes that want to leave at `now`, behind those that are still under way.
  void push(ByteView bytes, Instant now);

  // When the next byte is through.
  [[nodiscard]] std::optional<Instant> due() const {
    return bytes_.empty() ? std::nullopt : std::optional(bytes_.front().due);
  }
  // The next byte; only while due() has a value.
  [[nodiscard]] std::uint8_t pop();

 private:
  struct Byte {
    std::uint8_t value = 0;
    Instant due;
  };
  unsigned baud_;
  std::deque<Byte> bytes_;
  // The run of bytes without a pause in which the last one lies, for rounding errors not to add up.
  Instant run_start_{};
  std::int64_t run_length_ = 0;
};

class PacedLine {
 public:
  // The meter must outlive the line and be told of the same speed.
  PacedLine(SimulatedMeter& meter, unsigned baud)
      : meter_(meter), to_meter_(baud), to_client_(baud) {}

  // Bytes the client has begun to send at `now`.
  void receive(ByteView bytes, Instant now) { to_meter_.push(bytes, now); }
  // Lets everything happen that was due until now.
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  // What has reached the client.
  [[nodiscard]] Bytes transmit() { return std::exchange(arrived_, {}); }

 private:
  SimulatedMeter& meter_;
  PacedBytes to_meter_;
  PacedBytes to_client_;
  Bytes arrived_;
};

}  // namespace irmetersim
