#include "tools/ir-meter-sim/paced_line.hpp"

namespace irmetersim {

void PacedBytes::push(ByteView bytes, Instant now) {
  constexpr std::int64_t bits_per_byte = 10;
  constexpr std::int64_t per_second = Duration(std::chrono::seconds(1)).count();
  const auto run_end = [this] {
    const std::int64_t us = baud_ == 0 ? 0 : run_length_ * bits_per_byte * per_second / baud_;
    return run_start_ + Duration(us);
  };
  if (run_end() < now) {
    run_start_ = now;
    run_length_ = 0;
  }
  for (const std::uint8_t byte : bytes) {
    ++run_length_;
    bytes_.push_back({byte, run_end()});
  }
}

std::uint8_t PacedBytes::pop() {
  const std::uint8_t value = bytes_.front().value;
  bytes_.pop_front();
  return value;
}

void PacedLine::timeout(Instant now) {
  for (;;) {
    const auto byte_due = to_meter_.due();
    const auto timer_due = meter_.deadline();
    const bool byte_first = byte_due && (!timer_due || *byte_due <= *timer_due);
    const auto due = byte_first ? byte_due : timer_due;
    if (!due || *due > now) {
      break;
    }
    if (byte_first) {
      const std::uint8_t byte = to_meter_.pop();
      meter_.receive(ByteView(&byte, 1), *due);
    } else {
      meter_.timeout(*due);
    }
    to_client_.push(meter_.transmit(), *due);
  }
  while (to_client_.due() && *to_client_.due() <= now) {
    arrived_.push_back(to_client_.pop());
  }
}

std::optional<Instant> PacedLine::deadline() const {
  return irmeter::earlier(meter_.deadline(), irmeter::earlier(to_meter_.due(), to_client_.due()));
}

}  // namespace irmetersim
