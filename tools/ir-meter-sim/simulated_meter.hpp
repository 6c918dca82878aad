// A simulated NES meter without I/O: bytes and points in time in, bytes and deadlines out.
//
// It shares the packet format with the reader and nothing else: tables, session and policy are its
// own, so that the two check each other. Faults can be switched on, of the meter and of the light
// between it and its client. Whoever drives it calls receive() with what the client
// sent, timeout() when deadline() has come, and after each of them sends what transmit() returns.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "lib/link/packet.hpp"
#include "lib/time.hpp"
#include "tools/ir-meter-sim/faults.hpp"
#include "tools/ir-meter-sim/household.hpp"
#include "tools/ir-meter-sim/line_faults.hpp"
#include "tools/ir-meter-sim/meter_link.hpp"
#include "tools/ir-meter-sim/meter_memory.hpp"
#include "tools/ir-meter-sim/meter_session.hpp"
#include "tools/ir-meter-sim/meter_tables.hpp"
#include "tools/ir-meter-sim/meter_values.hpp"
#include "tools/ir-meter-sim/session_faults.hpp"

namespace irmetersim {

// The two answers to Identification that real meters have been seen to give.
enum class Identification : std::uint8_t {
  short_form,  // standard, version, revision, end of list
  long_form,   // with the device's identity, and without an end of list
};

// The meter's clock beside the true time of the household.
struct ClockSettings {
  std::chrono::minutes zone{0};  // of the household, ahead of UTC
  std::chrono::seconds ahead{0};
  double drift = 0;  // seconds gained in a million
};

struct MeterSettings : SessionSettings {
  Profile profile = *find_profile("plain");
  Nameplate nameplate;
  Identification identification = Identification::short_form;
  LinkSettings link;
  HouseholdSettings household;
  ClockSettings clock;
  unsigned mbus_devices = 0;
  Status status;  // flags of BT03 that are set from the start
  // Where there are any: these tables as they are, and no others.
  std::map<std::uint16_t, Bytes> tables;
  Instant start{};     // the instant at which the household's clock shows its start
  unsigned speed = 1;  // seconds that pass in the household for each of ours, 0 = none
};

class SimulatedMeter {
 public:
  explicit SimulatedMeter(const MeterSettings& settings);
  SimulatedMeter(const SimulatedMeter&) = delete;
  SimulatedMeter& operator=(const SimulatedMeter&) = delete;

  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  [[nodiscard]] Bytes transmit() { return line_faults_.transmit(); }

  // What goes wrong; nothing at first.
  [[nodiscard]] Faults& faults() { return faults_; }

  // What the meter measures at `now`: the truth that readings are compared with.
  [[nodiscard]] MeterValues values(Instant now);
  // What the latest reads were answered from: summations of BT23 and present values of BT28.
  [[nodiscard]] const MeterValues& served() const { return served_; }
  // What they would have been answered from without faults: the truth at the same moments.
  [[nodiscard]] const MeterValues& measured() const { return measured_; }
  // Measures these values from now on instead of the household; nothing: the household again.
  void set_values(const std::optional<MeterValues>& values) { fixed_ = values; }

  [[nodiscard]] SessionState state() const { return session_.state(); }
  [[nodiscard]] bool authenticated() const { return session_.authenticated(); }
  [[nodiscard]] unsigned invalid_passwords() const { return session_.invalid_passwords(); }

 private:
  void pump(Instant now);
  [[nodiscard]] std::optional<Bytes> table(std::uint16_t id);
  [[nodiscard]] std::chrono::seconds since_start(Instant now) const;
  [[nodiscard]] std::chrono::sys_seconds clock(Instant now) const;
  [[nodiscard]] Status status(std::uint16_t id, Instant now);
  void log_wrong_keys(Instant now);

  Instant start_;
  unsigned speed_;
  Household household_;
  ClockSettings clock_;
  std::chrono::sys_seconds clock_start_;  // what the clock showed at the start
  Status status_;
  MeterMemory memory_;
  unsigned logged_wrong_keys_ = 0;
  std::optional<MeterValues> fixed_;
  MeterValues served_;
  MeterValues measured_;
  MeterTables tables_;
  std::map<std::uint16_t, Bytes> given_;  // in their place
  MeterLink link_;
  MeterSession session_;
  Faults faults_;
  LineFaults line_faults_;
  SessionFaults session_faults_;
  Instant now_{};  // of the request in hand
};

}  // namespace irmetersim
