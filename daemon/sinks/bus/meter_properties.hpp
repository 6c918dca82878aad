// The properties of org.irmeterd.IrMeter1.Meter: a row each, in the order of its XML.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <span>

#include "daemon/snapshot.hpp"

namespace irmeterd {

struct MeterProperty {
  // As the annotation EmitsChangedSignal has it.
  enum class Update : std::uint8_t { constant, changes, invalidates };

  const char* name;
  const char* type;  // its signature
  Update update;
  // Whether it shows another value than before.
  bool (*differs)(const MeterSnapshot& before, const MeterSnapshot& after);
  // Puts the value behind what is in the message. It is for sd-bus, and passes a BusMeter.
  sd_bus_property_get_t get;
};

extern const std::span<const MeterProperty> meter_properties;

}  // namespace irmeterd
