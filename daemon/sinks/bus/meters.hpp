// All meters on the bus, below /org/irmeterd/IrMeter1/Meter.
//
// One table of methods and properties serves them all, so that a meter more costs next to nothing.
#pragma once

#include <systemd/sd-bus.h>

#include <map>
#include <string>

#include "daemon/sinks/bus/connection.hpp"
#include "daemon/sinks/bus/meter.hpp"

namespace irmeterd {

class BusMeters {
 public:
  // Everything here throws std::exception when the connection is dead.
  BusMeters(sd_bus* bus, CommandQueue& commands);
  BusMeters(const BusMeters&) = delete;
  BusMeters& operator=(const BusMeters&) = delete;

  // meter: in the store, until it is removed.
  void add(const MeterSnapshot& meter);
  void remove(const MeterSnapshot& meter);
  // InterfacesAdded of the object manager, of one that was added.
  void announce(const MeterSnapshot& meter);

  // Null where there is none of this name.
  [[nodiscard]] BusMeter* find(const std::string& name);

 private:
  static int find_object(sd_bus*, const char* path, const char* interface, void* meters,
                         void** found, sd_bus_error*) noexcept;
  static int list_objects(sd_bus*, const char* prefix, void* meters, char*** paths,
                          sd_bus_error*) noexcept;

  sd_bus* bus_;
  CommandQueue& commands_;
  std::map<std::string, BusMeter> meters_;  // by name
  bus::Slot table_;
  bus::Slot list_;
};

}  // namespace irmeterd
