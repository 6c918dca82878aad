// The kinds of meter that are simulated: firmware, and the shape of the register tables.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace irmetersim {

// BT20 and BT21: what the register tables consist of.
using Dimensions = std::array<std::uint8_t, 10>;

// A kind of meter: its firmware and the shape of its register tables.
struct Profile {
  std::string_view name;
  std::string_view description;
  std::uint16_t firmware;  // packed: major 4 bits, minor 7 bits, build 5 bits
  Dimensions maximum;      // BT20
  Dimensions actual;       // BT21; what BT23 and BT28 are laid out by
  bool has_bt21;
  std::uint8_t undeclared = 0;  // present values beyond those that BT21 tells of
};

constexpr std::uint16_t firmware_word(unsigned major, unsigned minor, unsigned build) {
  return static_cast<std::uint16_t>(major << 12U | minor << 5U | build);
}

[[nodiscard]] std::span<const Profile> profiles();
// nullptr when there is none of that name.
[[nodiscard]] const Profile* find_profile(std::string_view name);
// The plain kind with a firmware such as "3.70"; nullptr when there is none.
[[nodiscard]] const Profile* find_firmware(std::string_view version);
// Major and minor version, as in "3.70".
[[nodiscard]] std::string firmware_version(const Profile& profile);
// It has the tables that came with 3.70.
[[nodiscard]] bool is_from_3_70(const Profile& profile);

}  // namespace irmetersim
