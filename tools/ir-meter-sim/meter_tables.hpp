// The tables of the simulated meter as the bytes a read returns.
//
// The layouts come from the vendor's table descriptions, written down here a second time on
// purpose: the reader's decoders are checked against them. What has a subject of its own has a file
// of its own: load_profile_tables, log_tables, mbus_tables. Only BT00, BT01, BT21, BT22, BT23, BT28
// and ET03 have been seen of real meters on the optical port. Where the descriptions are silent
// (ids of present values in BT27, M-Bus tables without devices), what is here is a guess and
// simple.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "lib/link/packet.hpp"
#include "tools/ir-meter-sim/mbus_tables.hpp"
#include "tools/ir-meter-sim/meter_memory.hpp"
#include "tools/ir-meter-sim/meter_values.hpp"
#include "tools/ir-meter-sim/profiles.hpp"
#include "tools/ir-meter-sim/status_flags.hpp"

namespace irmetersim {

using irmeter::Bytes;
using irmeter::ByteView;

namespace table {
inline constexpr std::uint16_t configuration = 0;  // BT00
inline constexpr std::uint16_t identification = 1;
inline constexpr std::uint16_t status = 3;
inline constexpr std::uint16_t constants = 15;  // the ratios of transformers
inline constexpr std::uint16_t maximum_dimensions = 20;
inline constexpr std::uint16_t dimensions = 21;
inline constexpr std::uint16_t register_sources = 22;
inline constexpr std::uint16_t registers = 23;
inline constexpr std::uint16_t self_reads = 26;
inline constexpr std::uint16_t present_sources = 27;
inline constexpr std::uint16_t present_values = 28;
inline constexpr std::uint16_t clock = 52;
inline constexpr std::uint16_t clock_offsets = 53;
inline constexpr std::uint16_t local_clock = 55;
inline constexpr std::uint16_t profile_dimensions = 61;
inline constexpr std::uint16_t profile_sources = 62;
inline constexpr std::uint16_t profile_status = 63;
inline constexpr std::uint16_t profile = 64;
inline constexpr std::uint16_t log_dimensions = 71;
inline constexpr std::uint16_t log = 74;
inline constexpr std::uint16_t utility_information = 2048 + 3;  // ET03
inline constexpr std::uint16_t mbus_dimensions = 2048 + 11;
inline constexpr std::uint16_t mbus_status = 2048 + 13;
inline constexpr std::uint16_t mbus_data = 2048 + 16;
inline constexpr std::uint16_t log_list = 2048 + 36;
inline constexpr std::uint16_t more_status = 2048 + 54;
inline constexpr std::uint16_t settings = 2048 + 55;
inline constexpr std::uint16_t other_log = 2048 + 79;
inline constexpr std::uint16_t outages = 2048 + 81;
}  // namespace table

struct Nameplate {
  std::string manufacturer = "ELON";         // 4 characters
  std::string model = "8333443I";            // 8 characters at most
  std::string serial = "0000000012345678";   // up to 16 digits
  std::string utility_serial = "501234567";  // what is printed on the case, 30 characters at most
  std::uint8_t register_unit = 1;            // Wh and varh that the registers count as 1
};

// All that the tables tell of at one moment. The pointers may be null for tables that do not need
// them.
struct MeterState {
  MeterValues values;
  Status status{};
  std::chrono::sys_seconds clock{};  // what it shows
  std::chrono::minutes zone{};       // of local time, ahead of UTC
  unsigned tier = 0;
  const std::deque<LoggedEvent>* events = nullptr;
  const std::deque<LoggedEvent>* other_events = nullptr;
  const std::deque<Outage>* outages = nullptr;
  std::uint16_t last_outage = 0;
  const std::deque<Interval>* intervals = nullptr;
  const std::deque<SelfRead>* self_reads = nullptr;
};

class MeterTables {
 public:
  // mbus_devices: how many stand behind it, max_mbus_devices at most.
  MeterTables(const Profile& profile, Nameplate nameplate, unsigned mbus_devices = 0);

  // The whole table, or nothing where this meter has no such table.
  [[nodiscard]] std::optional<Bytes> image(std::uint16_t id, const MeterState& state) const;

  // Readable without a key.
  [[nodiscard]] static bool is_open(std::uint16_t id);

 private:
  [[nodiscard]] bool exists(std::uint16_t id) const;
  [[nodiscard]] Bytes configuration() const;
  [[nodiscard]] Bytes identification() const;
  [[nodiscard]] Bytes register_sources() const;
  [[nodiscard]] Bytes registers(const MeterValues& values) const;
  [[nodiscard]] Bytes self_reads(const MeterState& state) const;
  [[nodiscard]] Bytes present_sources() const;
  [[nodiscard]] Bytes present_values(const MeterValues& values) const;
  [[nodiscard]] Bytes utility_information() const;
  [[nodiscard]] Bytes settings() const;
  [[nodiscard]] std::int32_t counted(std::int32_t energy) const { return energy / unit_; }

  Profile profile_;
  Nameplate nameplate_;
  std::int32_t unit_;  // Wh that the registers count as 1
  unsigned mbus_devices_;
};

}  // namespace irmetersim
