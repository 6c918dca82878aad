// BT61 to BT64: the load profile, what the registers showed at the end of every interval.
//
// Source: the OSGP Alliance's guide to the optical port; a capture of these tables from that port
// was never published. Only the first of the sets is read, whose blocks are BT64. They are
// circular. What was consumed in an interval is the difference to the one before; nothing is
// interpolated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/meter/clock.hpp"
#include "lib/result.hpp"

namespace irmeter {

inline constexpr std::uint16_t bt61_size = 13;
inline constexpr std::uint16_t bt63_size = 13;
inline constexpr std::size_t most_channels = 16;

// BT61, of the first set.
struct ProfileDimensions {
  std::uint16_t blocks = 0;
  std::uint16_t intervals = 0;  // of a block
  std::uint8_t channels = 0;
  std::chrono::minutes interval{0};  // 1 to 60, or a day

  // In bytes. A block is the end time of its last interval, a bit for each interval that is valid,
  // and the intervals; an interval is its status and a number of 4 bytes for each channel.
  [[nodiscard]] std::size_t head_size() const { return short_time_size + (intervals + 7U) / 8U; }
  [[nodiscard]] std::size_t status_size() const { return channels / 2U + 1U; }
  [[nodiscard]] std::size_t interval_size() const {
    return status_size() + std::size_t{4} * channels;
  }
  [[nodiscard]] std::size_t block_size() const { return head_size() + intervals * interval_size(); }
  // Where they stand in BT64.
  [[nodiscard]] std::size_t block_offset(std::uint16_t block) const { return block * block_size(); }
  [[nodiscard]] std::size_t interval_offset(std::uint16_t block, std::uint16_t place) const {
    return block_offset(block) + head_size() + place * interval_size();
  }
};
// An error where the set has no blocks, the layout is another one, or a count is impossible.
[[nodiscard]] Result<ProfileDimensions> decode_bt61(ByteView table);

// BT62, of the first set: the source of each channel, as BT22 has them (0 is import, 1 export).
using ProfileSources = std::array<std::uint8_t, most_channels>;
[[nodiscard]] constexpr std::uint16_t bt62_size(const ProfileDimensions& dimensions) {
  return static_cast<std::uint16_t>(dimensions.channels * 3 + 1);
}
[[nodiscard]] Result<ProfileSources> decode_bt62(ByteView table,
                                                 const ProfileDimensions& dimensions);

// BT63, of the first set.
struct ProfileHead {
  std::uint16_t valid_blocks = 0;
  std::uint16_t last_block = 0;       // index of the newest
  std::uint32_t last_sequence = 0;    // its number
  std::uint16_t valid_intervals = 0;  // in the newest
};
[[nodiscard]] Result<ProfileHead> decode_bt63(ByteView table, const ProfileDimensions& dimensions);

// The status of a channel in an interval. Others are numbers of the vendor's.
enum class ChannelStatus : std::uint8_t { ok = 0, overflow, partial, long_interval, skipped, test };

// One interval of BT64.
struct ProfileInterval {
  bool daylight_saving = false;
  bool power_failed = false;
  bool clock_changed = false;  // forward or back
  std::array<ChannelStatus, most_channels> status{};
  std::array<std::int32_t, most_channels> registers{};
};
[[nodiscard]] Result<ProfileInterval> decode_interval(ByteView bytes,
                                                      const ProfileDimensions& dimensions);

}  // namespace irmeter
