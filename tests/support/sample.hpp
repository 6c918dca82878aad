// A meter after a good poll, with the values of a recorded session.
#pragma once

#include <chrono>

#include "daemon/snapshot.hpp"

namespace irmeterd {

inline constexpr const char* sample_id = "nes_0000000012345678";

inline irmeter::Identity sample_identity() {
  return {.manufacturer = "NES",
          .model = "83334-3I",
          .hardware_version = "3.10.21",
          .firmware_version = "2.0.7",
          .serial_number = "0000000012345678",
          .utility_serial_number = "12345678"};
}

inline MeterSnapshot sample_meter() {
  using irmeter::Quantity;
  using namespace std::chrono_literals;
  MeterSnapshot meter;
  meter.name = "main";
  meter.device = "/dev/ir-probe";
  meter.interval = 10s;
  meter.slow_interval = 60s;
  meter.slow = ~irmeter::usual_quantities();
  meter.identity = sample_identity();
  irmeter::Values values;
  values.set(Quantity::energy_import, 344180);
  values.set(Quantity::energy_export, 7583);
  values.set(Quantity::power_import, 0);
  values.set(Quantity::power_export, 231);
  values.set(Quantity::power, -231);
  values.set(Quantity::reactive_power_import, 0);
  values.set(Quantity::reactive_power_export, 166);
  values.set(Quantity::current_l1, 598);
  values.set(Quantity::current_l2, 700);
  values.set(Quantity::current_l3, 705);
  values.set(Quantity::voltage_l1, 231392);
  values.set(Quantity::voltage_l2, 233137);
  values.set(Quantity::voltage_l3, 230613);
  meter.reading = irmeter::Reading{values};
  meter.read_at =
      std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 10h + 15min + 30s + 125ms;
  meter.stale = false;
  meter.poll_time = 412ms;
  meter.counters = {.polls = 17, .retries = 2, .crc_errors = 1, .echoes = 0, .reconnects = 3};
  return meter;
}

// A wrong key of ours, in a log.
inline irmeter::LogEntry sample_entry() {
  return {.time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22},
          .sequence = 70'001,
          .user = irmeter::request::user_id,
          .id = 72};
}

// A meter that gives everything there is.
inline MeterSnapshot full_meter() {
  MeterSnapshot meter = sample_meter();
  for (const auto& quantity : irmeter::quantities) {
    const bool slow = meter.slow.test(static_cast<std::size_t>(quantity.id));
    (slow ? meter.details : meter.reading->values).set(quantity.id, 1000);
  }
  meter.details_at = meter.read_at - std::chrono::seconds(20);
  meter.details_stale = false;
  meter.log = std::make_shared<const std::vector<irmeter::LogEntry>>(1, sample_entry());
  return meter;
}

// The same meter one poll later.
inline MeterSnapshot next_poll(MeterSnapshot meter) {
  meter.read_at += meter.interval;
  meter.counters.polls += 1;
  irmeter::Values& values = meter.reading->values;
  values.set(irmeter::Quantity::energy_import, *values.get(irmeter::Quantity::energy_import) + 1);
  return meter;
}

// The same meter when it has not answered for longer than the stale limit.
inline MeterSnapshot gone_stale(MeterSnapshot meter) {
  meter.stale = true;
  meter.failure = irmeter::Failure{irmeter::Fault::silent, {}};
  meter.counters.polls += 1;
  return meter;
}

}  // namespace irmeterd
