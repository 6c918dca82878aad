#include "lib/meter/load_profile.hpp"

#include "lib/meter/little_endian.hpp"

namespace irmeter {
namespace {

constexpr std::size_t first_set = 7;  // of BT61

}  // namespace

Result<ProfileDimensions> decode_bt61(ByteView table) {
  if (table.size() < bt61_size) {
    return Error{"BT61 is too short"};
  }
  constexpr std::uint16_t both_statuses = 1U << 10U | 1U << 11U;
  constexpr std::uint8_t int32_values = 1U << 5U;
  if ((little_endian<std::uint16_t>(table, 4) & both_statuses) != both_statuses ||
      (table[6] & int32_values) == 0) {
    return Error{"BT61 has another layout"};
  }
  constexpr std::uint8_t code_of_a_day = 84;
  const std::uint8_t minutes = table[first_set + 5];
  const ProfileDimensions dimensions{
      little_endian<std::uint16_t>(table, first_set),
      little_endian<std::uint16_t>(table, first_set + 2), table[first_set + 4],
      minutes == code_of_a_day ? std::chrono::days(1) : std::chrono::minutes(minutes)};
  const bool possible_interval = minutes != 0 && (minutes <= 60 || minutes == code_of_a_day);
  if (dimensions.blocks == 0 || dimensions.intervals == 0 || dimensions.channels == 0 ||
      dimensions.channels > most_channels || !possible_interval) {
    return Error{"BT61 has impossible counts"};
  }
  // Offsets have three bytes.
  constexpr std::size_t most_bytes = 1U << 24U;
  if (dimensions.blocks * dimensions.block_size() > most_bytes) {
    return Error{"BT61 has impossible counts"};
  }
  return dimensions;
}

Result<ProfileSources> decode_bt62(ByteView table, const ProfileDimensions& dimensions) {
  constexpr std::size_t entry = 3;
  if (table.size() < bt62_size(dimensions)) {
    return Error{"BT62 is too short"};
  }
  constexpr std::uint8_t int32_format = 32;
  if (table[dimensions.channels * entry] != int32_format) {
    return Error{"BT62 has another layout"};
  }
  ProfileSources sources{};
  for (std::size_t channel = 0; channel < dimensions.channels; ++channel) {
    sources[channel] = table[channel * entry + 1];
  }
  return sources;
}

Result<ProfileHead> decode_bt63(ByteView table, const ProfileDimensions& dimensions) {
  if (table.size() < bt63_size) {
    return Error{"BT63 is too short"};
  }
  const ProfileHead head{
      little_endian<std::uint16_t>(table, 1), little_endian<std::uint16_t>(table, 3),
      little_endian<std::uint32_t>(table, 5), little_endian<std::uint16_t>(table, 11)};
  if (head.valid_blocks > dimensions.blocks || head.last_block >= dimensions.blocks ||
      head.valid_intervals > dimensions.intervals) {
    return Error{"BT63 has impossible counts"};
  }
  return head;
}

Result<ProfileInterval> decode_interval(ByteView bytes, const ProfileDimensions& dimensions) {
  if (bytes.size() < dimensions.interval_size() || dimensions.channels > most_channels) {
    return Error{"an interval of BT64 is too short"};
  }
  // Four bits each: those of the interval in the upper half of the first byte, then the channels.
  const auto nibble = [&bytes](std::size_t at) {
    return static_cast<std::uint8_t>(at % 2 == 0 ? bytes[at / 2] >> 4U : bytes[at / 2] & 0x0FU);
  };
  ProfileInterval interval;
  interval.daylight_saving = (nibble(0) & 1U) != 0;
  interval.power_failed = (nibble(0) & 2U) != 0;
  interval.clock_changed = (nibble(0) & 12U) != 0;
  for (std::size_t channel = 0; channel < dimensions.channels; ++channel) {
    interval.status[channel] = static_cast<ChannelStatus>(nibble(channel + 1));
    interval.registers[channel] =
        little_endian<std::int32_t>(bytes, dimensions.status_size() + 4 * channel);
  }
  return interval;
}

}  // namespace irmeter
