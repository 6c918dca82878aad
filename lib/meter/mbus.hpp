// The M-Bus devices behind a meter, such as those of water, gas and heat: how many it has room for
// (ET11), and who they are (ET16).
//
// The first four entries of ET16 are theirs. Each has the latest telegram of its device; who sent
// it is decoded here, and what it has counted in mbus_records.hpp. Source: the OSGP Alliance's
// guides, and EN 13757-3; no capture from a real meter is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/bytes.hpp"
#include "lib/result.hpp"

namespace irmeter {

inline constexpr std::size_t mbus_slots = 4;

// ET11, as far as it is of use here.
inline constexpr std::uint16_t et11_known_size = 7;
struct MbusDimensions {
  std::uint8_t slots = 0;        // 0 of a meter that takes no devices, or that was not asked
  std::uint16_t entry_size = 0;  // bytes of each slot in ET16

  // Where the entry of a slot begins, counted from 0.
  [[nodiscard]] constexpr std::uint32_t offset(std::size_t slot) const {
    return static_cast<std::uint32_t>(slot) * entry_size;
  }
  friend bool operator==(const MbusDimensions&, const MbusDimensions&) = default;
};
// An error for a table in which an entry has no room for a device, or there are more of them than
// any meter has.
[[nodiscard]] Result<MbusDimensions> decode_et11(ByteView table);
// Of the meters that the guides tell of.
inline constexpr MbusDimensions usual_mbus_dimensions{mbus_slots, 517};

// An entry of ET16.
inline constexpr std::uint16_t et16_head_size = 20;
struct MbusEntry {
  bool msb_first = false;   // numbers in the telegram: the highest byte first
  bool fixed = false;       // a telegram of the old kind, which does not say who made the device
  std::uint8_t length = 0;  // of the telegram, which begins with the serial number
};
inline constexpr std::size_t mbus_telegram = 8;  // where it begins in the entry
// Nothing where the slot is empty: without a time, or a telegram that is too short.
[[nodiscard]] std::optional<MbusEntry> decode_et16_entry(ByteView head);

struct MbusDevice {
  std::string serial_number;  // 8 digits
  std::string maker;          // 3 capital letters; empty where it does not say
  std::uint8_t medium = 0;    // by EN 13757-3

  friend bool operator==(const MbusDevice&, const MbusDevice&) = default;
};
// Of the head of an entry. Nothing where the slot is empty, or the serial number is none. A device
// whose telegram could not be decrypted is one all the same: its head is never encrypted.
[[nodiscard]] std::optional<MbusDevice> decode_mbus_device(ByteView head);

// "water"; the number, where the medium is not a common one.
[[nodiscard]] std::string mbus_medium(std::uint8_t medium);

}  // namespace irmeter
