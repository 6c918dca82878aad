// The flags of BT03 by name: bit 0 is the lowest of byte 0.
//
// Written down here a second time on purpose, like the tables: the reader's names are checked
// against these.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace irmetersim {

inline constexpr std::size_t status_bits = std::size_t{13} * 8;
using Status = std::bitset<status_bits>;

namespace status_flag {
inline constexpr std::size_t metering = 0;
inline constexpr std::size_t invalid_password = 40;
}  // namespace status_flag

// As in "cover_removed".
[[nodiscard]] std::optional<std::size_t> find_status_flag(std::string_view name);

// The event that the meter logs when the flag appears; 0: none.
[[nodiscard]] std::uint16_t event_of_flag(std::size_t bit);

}  // namespace irmetersim
