// The meter's end of the line: puts answers on it, in order or with all that can happen to them on
// their way.
#pragma once

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/supervised_meter.hpp"

namespace fuzz {

// How an answer goes onto the line: bits of a byte in the input.
enum Framing : std::uint8_t {
  without_ack = 1,
  same_toggle = 2,
  in_two_packets = 4,
  wrong_crc = 8,
  twice = 16,
  echo_first = 32,
  bytewise = 64,  // 400 ms apart
  one_byte_changed = 128,
};

class MeterEnd {
 public:
  explicit MeterEnd(SupervisedMeter& meter) : meter_(meter) {}

  // An answer to the latest request; nothing if the payload is empty. The framing is bits of
  // Framing, and takes from the input what else it needs.
  void answer(const Bytes& payload, unsigned framing, Input& input);
  void answer(const Bytes& payload) {
    Input none(nullptr, 0);
    answer(payload, 0, none);
  }
  // What was sent comes back as light: the latest request, or late the one with the key. Some of
  // its bytes may be changed, and it may be a part of it: 4 bits say how.
  void echo(unsigned how, Input& input);

 private:
  [[nodiscard]] Bytes packet(ByteView payload, bool multi, bool first, std::uint8_t sequence) const;
  void deliver(ByteView bytes, bool bytewise);

  SupervisedMeter& meter_;
  bool toggle_ = true;  // of the latest answer
};

}  // namespace fuzz
