// BT26: what the registers showed when the meter read itself, as at the end of a month.
//
// Source: ANSI C12.19 and the vendor's table descriptions; no capture of this table was ever
// published. A record is a copy of BT23 behind the time of the read, which is local.
#pragma once

#include <cstdint>

#include "lib/meter/clock.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter {

inline constexpr std::uint16_t bt26_head_size = 6;

struct SelfRead {
  MeterTime time;  // local
  Values registers;
};

// Where the records lie.
struct SelfReads {
  std::uint8_t records = 0;       // that are valid
  std::uint32_t size = 0;         // of each, in bytes
  std::uint32_t time_offset = 0;  // into it
  Dimensions dimensions;

  [[nodiscard]] std::uint32_t offset(std::uint8_t record) const {
    return bt26_head_size + record * size;
  }
  // An error for a record that has no time.
  [[nodiscard]] Result<SelfRead> decode(ByteView record) const;
};
// Of the head of BT26, and BT21 or what stands for it.
[[nodiscard]] Result<SelfReads> decode_bt26_head(ByteView head, ByteView dimensions);

}  // namespace irmeter
