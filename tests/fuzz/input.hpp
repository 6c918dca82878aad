// What the fuzz targets share: taking an input apart from front to back, and holding what happens
// against what must be true.
//
// Every byte means something, and an input that is cut short ends early, so that small changes to
// an input stay small changes to what it does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/link/packet.hpp"

namespace fuzz {

// Ends the run, which makes the input a finding, unless the property holds.
inline void require(bool holds, std::string_view property) {
  if (!holds) {
    std::fprintf(stderr, "property violated: %.*s\n", static_cast<int>(property.size()),
                 property.data());
    std::abort();
  }
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  // 0 behind the end.
  [[nodiscard]] std::uint8_t byte() {
    if (rest_.empty()) {
      return 0;
    }
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  [[nodiscard]] std::uint16_t word() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8U | byte());
  }
  // That many bytes, or what there is.
  [[nodiscard]] irmeter::ByteView bytes(std::size_t count) {
    const irmeter::ByteView taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] irmeter::ByteView rest() { return bytes(rest_.size()); }
  // The same as text.
  [[nodiscard]] std::string text(std::size_t count) {
    const irmeter::ByteView taken = bytes(count);
    return {taken.begin(), taken.end()};
  }

 private:
  irmeter::ByteView rest_;
};

}  // namespace fuzz
