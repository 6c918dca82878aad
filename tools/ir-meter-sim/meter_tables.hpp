// The tables of the simulated meter as the bytes a read returns.
//
// The layouts come from the vendor's table descriptions (BT00, BT01, BT20, BT21, BT23, BT28, ET03),
// written down here a second time on purpose: the reader's decoders are checked against them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/link/packet.hpp"
#include "tools/ir-meter-sim/meter_values.hpp"

namespace irmetersim {

using irmeter::Bytes;
using irmeter::ByteView;

namespace table {
inline constexpr std::uint16_t configuration = 0;  // BT00
inline constexpr std::uint16_t identification = 1;
inline constexpr std::uint16_t maximum_dimensions = 20;
inline constexpr std::uint16_t dimensions = 21;
inline constexpr std::uint16_t registers = 23;
inline constexpr std::uint16_t present_values = 28;
inline constexpr std::uint16_t utility_information = 2048 + 3;  // ET03
}  // namespace table

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
};

[[nodiscard]] std::span<const Profile> profiles();
// nullptr when there is none of that name.
[[nodiscard]] const Profile* find_profile(std::string_view name);

struct Nameplate {
  std::string manufacturer = "ELON";         // 4 characters
  std::string model = "8333443I";            // 8 characters at most
  std::string serial = "0000000012345678";   // up to 16 digits
  std::string utility_serial = "501234567";  // what is printed on the case, 30 characters at most
};

class MeterTables {
 public:
  MeterTables(const Profile& profile, Nameplate nameplate);

  // The whole table, or nothing where this meter has no such table.
  [[nodiscard]] std::optional<Bytes> image(std::uint16_t id, const MeterValues& values) const;

  // Readable without a key.
  [[nodiscard]] static bool is_open(std::uint16_t id);

 private:
  [[nodiscard]] bool exists(std::uint16_t id) const;
  [[nodiscard]] Bytes configuration() const;
  [[nodiscard]] Bytes identification() const;
  [[nodiscard]] Bytes registers(const MeterValues& values) const;
  [[nodiscard]] Bytes present_values(const MeterValues& values) const;
  [[nodiscard]] Bytes utility_information() const;

  Profile profile_;
  Nameplate nameplate_;
};

}  // namespace irmetersim
