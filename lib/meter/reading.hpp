// What a meter says of itself and what one poll brings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/meter/quantity.hpp"

namespace irmeter {

// Text is printable ASCII without padding; empty where the meter did not say.
struct Identity {
  std::string manufacturer;           // BT01, e.g. "NES"
  std::string model;                  // BT01, e.g. "83334-3I"
  std::string hardware_version;       // BT01, e.g. "3.10.21"
  std::string firmware_version;       // BT01
  std::string serial_number;          // BT01, 16 digits
  std::string utility_serial_number;  // ET03, the number printed for the customer

  friend bool operator==(const Identity&, const Identity&) = default;
};

// The meter's id for topics and unique ids: manufacturer and serial number, lower case, [a-z0-9_].
// Whatever falls outside becomes '_', and a short check value of the original is appended then, so
// that two odd serial numbers never share an id.
[[nodiscard]] std::string meter_id(const Identity& identity);

inline constexpr std::size_t cached_registers_size = 8;        // BT23: two INT32
inline constexpr std::size_t cached_present_values_size = 40;  // BT28: ten INT32

// One complete, checked reading.
struct Reading {
  Values values;
  // The bytes of BT23 summations 0..1 and BT28 present values 0..9 as the meter sent them; absent
  // where the meter does not have them all.
  std::optional<std::array<std::uint8_t, cached_registers_size>> raw_registers;
  std::optional<std::array<std::uint8_t, cached_present_values_size>> raw_present_values;

  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace irmeter
