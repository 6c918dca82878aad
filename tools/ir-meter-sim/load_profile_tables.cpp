#include "tools/ir-meter-sim/load_profile_tables.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tools/ir-meter-sim/table_bytes.hpp"

namespace irmetersim {
namespace {

// Forward and reverse energy.
constexpr std::size_t channels = 2;
constexpr std::size_t interval_status = channels / 2 + 1;
constexpr std::size_t interval_size = interval_status + 4 * channels;
constexpr std::size_t simple_status = (MeterMemory::intervals_per_block + 7) / 8;
constexpr std::size_t block_size =
    5 + simple_status + MeterMemory::intervals_per_block * interval_size;

std::int64_t day_of(const Interval& interval) {
  return std::chrono::floor<std::chrono::days>(interval.end - std::chrono::seconds(1))
      .time_since_epoch()
      .count();
}

std::size_t sets_of(const Profile& meter) {
  constexpr std::size_t most = 4;
  return meter.firmware < firmware_word(3, 50, 0) ? 1 : most;
}

}  // namespace

Bytes load_profile_sources(const Profile& meter) {
  const std::size_t sets = sets_of(meter);
  Bytes bytes;
  for (std::size_t set = 0; set < sets; ++set) {
    if (set == 0) {
      for (std::uint8_t source = 0; source < channels; ++source) {
        bytes.insert(bytes.end(), {0, source, source});
      }
    }
    constexpr std::uint8_t int32_format = 32;
    bytes.push_back(int32_format);
  }
  return bytes;
}

Bytes load_profile_dimensions(const Profile& meter) {
  constexpr std::uint16_t both_statuses = 1U << 10U | 1U << 11U;
  constexpr std::uint8_t int32_values = 1U << 5U;
  Bytes bytes;
  append(bytes, static_cast<std::uint32_t>(MeterMemory::blocks * block_size));
  append_uint16(bytes, both_statuses);
  bytes.push_back(int32_values);
  append_uint16(bytes, MeterMemory::blocks);
  append_uint16(bytes, MeterMemory::intervals_per_block);
  bytes.push_back(channels);
  bytes.push_back(static_cast<std::uint8_t>(MeterMemory::interval.count()));
  // Of the sets, only the first is in use.
  constexpr std::size_t head = 7;
  constexpr std::size_t of_set = 6;
  bytes.resize(head + of_set * sets_of(meter));
  return bytes;
}

Bytes load_profile_status(const Profile& meter, const std::deque<Interval>& intervals) {
  constexpr std::uint8_t circular_and_active = 0x24;
  const std::size_t per_block = MeterMemory::intervals_per_block;
  const std::size_t blocks = (intervals.size() + per_block - 1) / per_block;
  const std::int64_t day = day_of(intervals.back());
  Bytes bytes{circular_and_active};
  append_uint16(bytes, blocks);
  append_uint16(bytes, static_cast<std::size_t>(day) % MeterMemory::blocks);
  append(bytes, static_cast<std::uint32_t>(day));
  append_uint16(bytes, blocks);
  append_uint16(bytes, intervals.size() - (blocks - 1) * per_block);
  bytes.resize(13 * sets_of(meter));
  return bytes;
}

// Circular: the block of a day stands at the same place every so many days.
Bytes load_profile(const std::deque<Interval>& intervals, std::int32_t unit) {
  Bytes bytes(MeterMemory::blocks * block_size);
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& interval = intervals[i];
    const std::size_t block =
        static_cast<std::size_t>(day_of(interval)) % MeterMemory::blocks * block_size;
    const std::size_t place = i % MeterMemory::intervals_per_block;
    auto& simple = bytes[block + 5 + place / 8];
    simple = static_cast<std::uint8_t>(simple | 1U << place % 8);
    Bytes end;
    append_minute(end, interval.end);
    std::copy(end.begin(), end.end(), bytes.begin() + static_cast<std::ptrdiff_t>(block));
    Bytes registers;
    for (const std::int32_t value : interval.registers) {
      append_int32(registers, value / unit);
    }
    std::copy(registers.begin(), registers.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(block + 5 + simple_status +
                                                          place * interval_size + interval_status));
  }
  return bytes;
}

}  // namespace irmetersim
