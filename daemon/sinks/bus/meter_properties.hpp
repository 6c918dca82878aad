// The properties of org.irmeterd.IrMeter1.Meter: a row each, in the order of its XML.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <cstdint>
#include <span>

#include "daemon/snapshot.hpp"

namespace irmeterd {

struct MeterProperty {
  enum class Update : std::uint8_t {
    constant,
    changes,
    invalidates
  };  // as EmitsChangedSignal has it

  const char* name;
  const char* type;  // its signature
  Update update;
  // Whether it shows another value than before.
  bool (*differs)(const MeterSnapshot& before, const MeterSnapshot& after);
  // Puts the value behind what is in the message. It is for sd-bus, and passes a BusMeter.
  sd_bus_property_get_t get;
};

extern const std::span<const MeterProperty> meter_properties;

// In microseconds since 1970-01-01 00:00:00 UTC; 0 before.
[[nodiscard]] std::uint64_t usec_of(std::chrono::system_clock::time_point time);

}  // namespace irmeterd
