// The logs of a meter: BT74, ET79, which has the same form and is counted together with it, and
// ET81, which has outages. Which room they have is said by BT71, ET54 and ET36.
//
// Source: the OSGP Alliance's guides to the optical port and to the other one, event numbers from
// the vendor's manual of the meter; a capture of these tables from that port was never published.
// A log is circular: the newest record stands at the index that its head names.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/meter/clock.hpp"
#include "lib/meter/tables.hpp"
#include "lib/result.hpp"
#include "lib/session/service.hpp"

namespace irmeter {

inline constexpr std::uint16_t bt71_size = 9;
inline constexpr std::uint16_t bt74_head_size = 11;
inline constexpr std::uint16_t et81_head_size = 6;

struct LogDimensions {
  std::uint8_t argument_size = 0;  // bytes of each record's argument
  std::uint16_t entries = 0;       // records that there is room for
  TableId table = bt74;

  [[nodiscard]] bool of_outages() const { return table == et81; }
  [[nodiscard]] std::uint16_t head_size() const {
    return of_outages() ? et81_head_size : bt74_head_size;
  }
  [[nodiscard]] std::size_t record_size() const { return 12U + argument_size; }
  // Of a record in its table.
  [[nodiscard]] std::size_t offset(std::uint16_t index) const {
    return head_size() + index * record_size();
  }

  friend bool operator==(const LogDimensions&, const LogDimensions&) = default;
};
// Those of BT74. An error where it has no room for a record, or more than a meter can have.
[[nodiscard]] Result<LogDimensions> decode_bt71(ByteView table);

// The part of ET54 with the dimensions of ET79, of a meter whose firmware has that; a record there
// is as long as one of BT74. No entries where the meter keeps no such log.
[[nodiscard]] std::optional<TableRead> et79_room(Firmware firmware);
[[nodiscard]] Result<LogDimensions> decode_et79_room(ByteView part, const LogDimensions& usual);

// The part of ET36 with the dimensions of ET81. That table describes seven logs, of which this one
// is the last; where another one stands there, there is none of outages. The vendor's guide prints
// two places that contradict the form of the table; this is the form.
[[nodiscard]] std::optional<TableRead> et81_room(Firmware firmware);
[[nodiscard]] Result<LogDimensions> decode_et81_room(ByteView part);

struct LogHead {
  std::uint16_t valid = 0;          // records, of all there is room for
  std::uint16_t last = 0;           // index of the newest
  std::uint32_t last_sequence = 0;  // its number, counted since the meter was made
};
// An error where it has more records than there is room for.
[[nodiscard]] Result<LogHead> decode_log_head(ByteView table, const LogDimensions& dimensions);

// A record of ET81.
struct Outage {
  MeterTime begin;  // local, by the meter's clock
  std::chrono::duration<std::uint32_t> lasted{0};
};
// An error for a record without times, or that ends before it begins.
[[nodiscard]] Result<Outage> decode_outage(ByteView record);

// A record of BT74 or ET79.
struct LogRecord {
  MeterTime time;              // UTC, by the meter's clock
  std::uint16_t sequence = 0;  // the lower half of its number
  std::uint16_t user = 0;      // of the log-on it happened in, or one of those below
  std::uint16_t id = 0;        // 12 bits
};
inline constexpr std::uint16_t no_user = 0xFFFF;
inline constexpr std::uint16_t head_end_user = 0xFFFE;  // over PLC, G3 or P2P
inline constexpr std::uint16_t mep_user = 0xFFFD;       // over the MEP port
// An error for a record without a time or without an event.
[[nodiscard]] Result<LogRecord> decode_log_record(ByteView record);

// The meter has no number for what is in ET81; its own have 12 bits.
inline constexpr std::uint16_t outage_event = 4'096;

inline constexpr std::array<std::pair<std::uint16_t, std::string_view>, 45> event_names{{
    {1, "power down"},
    {2, "power up"},
    {3, "time changed"},
    {24, "season changed"},
    {26, "special schedule"},
    {27, "tariff switched"},
    {28, "pending table activated"},
    {29, "pending table cleared"},
    {30, "test mode started"},
    {31, "test mode stopped"},
    {36, "meter reprogrammed"},
    {37, "configuration error"},
    {38, "meter reset"},
    {50, "disconnect switch error"},
    {64, "load profile overflow"},
    {66, "disconnect switch state changed"},
    {67, "relay open"},
    {68, "phase loss"},
    {69, "phase inversion"},
    {70, "PLC configuration failure"},
    {71, "general error"},
    {72, "invalid password"},
    {74, "current on missing phase"},
    {77, "software CRC error"},
    {78, "code bank changed"},
    {79, "load profile backfill failed"},
    {80, "MEP device installed or removed"},
    {81, "MEP or M-Bus alarm"},
    {82, "M-Bus discovery complete"},
    {83, "phase rotation changed"},
    {84, "prepaid credit exhausted"},
    {85, "prepaid credit warning"},
    {87, "manufacturer log entry"},
    {88, "dimensions changed"},
    {89, "magnetic tamper"},
    {90, "lockout override"},
    {91, "power quality event"},
    {94, "load profile unread"},
    {96, "MEP status"},
    {98, "voltage sag"},
    {99, "voltage swell"},
    {104, "THD event started"},
    {105, "THD event ended"},
    {107, "load side voltage"},
    {outage_event, "power outage"},
}};
// What the event is, as in "cover removed"; empty where the vendor does not say.
[[nodiscard]] std::string_view event_name(std::uint16_t id);

}  // namespace irmeter
