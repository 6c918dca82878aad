// What a meter says of itself and what one poll brings.
#pragma once

#include <cstdint>
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

// One complete, checked reading.
struct Reading {
  Values values;
  // The meter refuses to say where its values lie, and they were read where one without demands has
  // them.
  bool places_assumed = false;
  // The Wh or varh that the meter counts as 1, with which its registers were multiplied; 0 where it
  // does not say, or needs not: then 1.
  std::uint8_t register_unit = 0;

  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace irmeter
