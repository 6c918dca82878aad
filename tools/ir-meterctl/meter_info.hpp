// A meter as the daemon shows it on D-Bus (org.irmeterd.IrMeter1.Meter), and the facts about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/meter/reading.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

// One of MBusDevices.
struct MbusDeviceInfo {
  unsigned slot = 0;  // from 1 on
  std::string medium;
  std::string maker;  // may be empty
  std::string serial_number;

  friend bool operator==(const MbusDeviceInfo&, const MbusDeviceInfo&) = default;
};

// One of MBusValues.
struct MbusValueInfo {
  unsigned slot = 0;
  std::string key;
  double value = 0;
  std::string unit;  // may be empty

  friend bool operator==(const MbusValueInfo&, const MbusValueInfo&) = default;
};

// Named after the properties, in their units. Who the meter is, it has told only since it was read.
struct MeterInfo : irmeter::Identity {
  std::string name;
  std::string device;
  std::string state;
  std::string fault;  // its name; empty: none
  std::string fault_context;
  std::string state_detail;
  std::uint32_t current_ratio = 0;  // 0: not known
  std::uint32_t voltage_ratio = 0;
  std::uint32_t register_unit = 0;  // Wh or varh that the meter counts as 1; likewise
  std::vector<MbusDeviceInfo> mbus_devices;
  std::vector<MbusValueInfo> mbus_values;
  bool echo = false;
  std::vector<std::string> withheld;         // keys
  std::uint64_t last_reading_usec = 0;       // UNIX time; 0: none yet
  std::map<std::string, double> quantities;  // by key, what is known now

  // The text of a property; null where that is none.
  [[nodiscard]] std::string* text(std::string_view property);
  // Manufacturer and serial number, as MQTT has them in its topics; empty until identified.
  [[nodiscard]] std::string id() const {
    return serial_number.empty() ? "" : irmeter::meter_id(*this);
  }
  // The moment of the latest reading; only where there is one.
  [[nodiscard]] Moment read_at() const {
    return Moment(std::chrono::microseconds(last_reading_usec));
  }
  friend bool operator==(const MeterInfo&, const MeterInfo&) = default;
};

// "water, maker SIM, serial number 20417301: volume 56.78 m³, volume flow 0.025 m³/h"
[[nodiscard]] std::string mbus_text(const MeterInfo& meter, const MbusDeviceInfo& device);

// Everything known of the meter, as status shows it. now: for the age of the reading.
[[nodiscard]] Facts facts_of(const MeterInfo& meter, Moment now);

// What differs, as watch shows it: state, identity, values; a value that is no longer known is
// Unknown. Empty when nothing does that is worth a line.
[[nodiscard]] Facts changes_of(const MeterInfo& before, const MeterInfo& after);

// The reading in the line protocol of InfluxDB, without a line end: what is known now, at the
// moment of the reading. Only where there is one.
[[nodiscard]] std::string influx_line(const MeterInfo& meter);

}  // namespace irmeterctl
