#include "lib/meter/mbus.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "lib/hex.hpp"
#include "lib/meter/clock.hpp"
#include "lib/meter/little_endian.hpp"

namespace irmeter {
namespace {

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 15> media{{
    {1, "oil"},
    {2, "electricity"},
    {3, "gas"},
    {4, "heat"},
    {5, "steam"},
    {6, "hot water"},
    {7, "water"},
    {8, "heat cost allocator"},
    {9, "compressed air"},
    {10, "cooling"},
    {11, "cooling"},
    {12, "heat"},
    {13, "heat and cooling"},
    {21, "hot water"},
    {22, "cold water"},
}};

// What the fixed structure has for a medium, from 0 to 15, as the other one has it.
constexpr std::uint8_t unknown_medium = 15;
constexpr std::array<std::uint8_t, 16> media_of_fixed{
    0, 1, 2, 3, 4, 5, 6, 7, 8, unknown_medium, 3, 4, 6, 7, 8, unknown_medium};

// In the order in which people read them.
template <std::size_t size>
std::array<std::uint8_t, size> highest_first(ByteView bytes, bool msb_first) {
  std::array<std::uint8_t, size> ordered{};
  std::copy_n(bytes.begin(), size, ordered.begin());
  if (!msb_first) {
    std::ranges::reverse(ordered);
  }
  return ordered;
}

// Three letters of five bits each.
std::string letters(std::uint16_t number) {
  std::string text;
  for (const unsigned shift : {10U, 5U, 0U}) {
    const unsigned letter = std::uint32_t{number} >> shift & 0x1FU;
    if (letter < 1 || letter > 26) {
      return {};
    }
    text += static_cast<char>('A' + letter - 1);
  }
  return text;
}

}  // namespace

Result<MbusDimensions> decode_et11(ByteView table) {
  if (table.size() < et11_known_size) {
    return Error{"ET11 is too short"};
  }
  constexpr std::uint8_t most_devices = 16;    // known meters have 6
  constexpr std::uint16_t most_bytes = 4'096;  // known ones have 517
  const std::uint8_t devices = table[0];
  const auto entry_size = little_endian<std::uint16_t>(table, 5);
  if (devices == 0) {
    return MbusDimensions{};
  }
  if (devices > most_devices || entry_size < et16_head_size || entry_size > most_bytes) {
    return Error{"ET11 has impossible sizes"};
  }
  return MbusDimensions{static_cast<std::uint8_t>(std::min<std::size_t>(devices, mbus_slots)),
                        entry_size};
}

std::optional<MbusEntry> decode_et16_entry(ByteView head) {
  if (head.size() < et16_head_size || !decode_time(head.first(long_time_size))) {
    return std::nullopt;
  }
  const MbusEntry entry{(head[6] & 1U) != 0, (head[6] & 2U) != 0, head[7]};
  constexpr std::uint8_t header = 12;  // of the variable structure
  constexpr std::uint8_t fixed_telegram = 16;
  return entry.length < (entry.fixed ? fixed_telegram : header) ? std::nullopt
                                                                : std::optional(entry);
}

std::optional<MbusDevice> decode_mbus_device(ByteView head) {
  const auto entry = decode_et16_entry(head);
  if (!entry) {
    return std::nullopt;
  }
  const ByteView telegram = head.subspan(mbus_telegram);
  const std::string digits = hex(highest_first<4>(telegram, entry->msb_first));
  if (digits.find_first_not_of("0123456789") != std::string::npos ||
      digits.find_first_not_of('0') == std::string::npos) {
    return std::nullopt;
  }
  if (entry->fixed) {
    // Two bits of it in each of the bytes that have the units, the lower ones in front.
    const std::size_t medium = telegram[6] >> 6U | std::size_t{telegram[7]} >> 6U << 2U;
    return MbusDevice{digits, "", media_of_fixed[medium]};
  }
  const auto maker = highest_first<2>(telegram.subspan(4), entry->msb_first);
  return MbusDevice{digits, letters(static_cast<std::uint16_t>(maker[0] << 8U | maker[1])),
                    telegram[7]};
}

std::string mbus_medium(std::uint8_t medium) {
  const auto* const known =
      std::ranges::find(media, medium, &std::pair<std::uint8_t, std::string_view>::first);
  return known != media.end() ? std::string(known->second) : std::to_string(medium);
}

}  // namespace irmeter
