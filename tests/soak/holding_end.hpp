// A simulated meter behind a line that holds bytes up.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tests/support/pair.hpp"

namespace irmeter::testing {

class HoldingEnd : public MeterEnd {
 public:
  HoldingEnd() : end_(irmetersim::MeterSettings()) {}

  // The byte at this position, counted from the start, comes late by so much, and those behind it.
  void hold(bool towards_meter, std::uint64_t position, Duration time) {
    (towards_meter ? to_meter_ : to_client_).holds.push_back({position, time});
  }

  void receive(ByteView bytes, Instant now) override;
  void timeout(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override;
  [[nodiscard]] Bytes transmit() override;

  [[nodiscard]] irmetersim::SimulatedMeter& meter() { return end_.meter; }

 private:
  struct Hold {
    std::uint64_t position;
    Duration time;
  };
  struct Byte {
    std::uint8_t value;
    Instant due;
  };
  struct Direction {
    std::vector<Hold> holds;
    std::uint64_t count = 0;
    Instant held_until{};
    std::deque<Byte> bytes;

    void push(ByteView more, Instant now);
    [[nodiscard]] Bytes take(Instant now);
  };

  SimulatedEnd end_;
  Direction to_meter_;
  Direction to_client_;
  Instant now_{};
};

}  // namespace irmeter::testing
