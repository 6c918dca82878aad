#include "tests/soak/holding_end.hpp"

#include <algorithm>

namespace irmeter::testing {

void HoldingEnd::Direction::push(ByteView more, Instant now) {
  for (const std::uint8_t byte : more) {
    for (const Hold& hold : holds) {
      if (hold.position == count) {
        held_until = std::max(held_until, now) + hold.time;
      }
    }
    ++count;
    bytes.push_back({byte, std::max(held_until, now)});
  }
}

Bytes HoldingEnd::Direction::take(Instant now) {
  Bytes due;
  for (; !bytes.empty() && bytes.front().due <= now; bytes.pop_front()) {
    due.push_back(bytes.front().value);
  }
  return due;
}

void HoldingEnd::receive(ByteView bytes, Instant now) {
  to_meter_.push(bytes, now);
  timeout(now);
}

void HoldingEnd::timeout(Instant now) {
  now_ = now;
  if (const Bytes arrived = to_meter_.take(now); !arrived.empty()) {
    end_.receive(arrived, now);
  }
  if (const auto due = end_.deadline(); due && *due <= now) {
    end_.timeout(now);
  }
}

std::optional<Instant> HoldingEnd::deadline() const {
  std::optional<Instant> earliest = end_.deadline();
  for (const auto* const direction : {&to_meter_, &to_client_}) {
    if (!direction->bytes.empty()) {
      const Instant due = direction->bytes.front().due;
      earliest = earliest ? std::min(*earliest, due) : due;
    }
  }
  return earliest;
}

Bytes HoldingEnd::transmit() {
  to_client_.push(end_.transmit(), now_);
  return to_client_.take(now_);
}

}  // namespace irmeter::testing
