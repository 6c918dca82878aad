// BT71 and BT74: the log of a meter.
//
// Source: the OSGP Alliance's guide to the optical port, event numbers from the vendor's manual of
// the meter; a capture of these tables from that port was never published. The log is circular: the
// newest record stands at the index that its head names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "lib/meter/clock.hpp"
#include "lib/result.hpp"

namespace irmeter {

inline constexpr std::uint16_t bt71_size = 9;
inline constexpr std::uint16_t bt74_head_size = 11;

// BT71.
struct LogDimensions {
  std::uint8_t argument_size = 0;  // bytes of each record's argument
  std::uint16_t entries = 0;       // records that there is room for

  [[nodiscard]] std::size_t record_size() const { return 12U + argument_size; }
  // Of a record in BT74.
  [[nodiscard]] std::size_t offset(std::uint16_t index) const {
    return bt74_head_size + index * record_size();
  }
};
// An error where it has no room for a record, or more than a meter can have.
[[nodiscard]] Result<LogDimensions> decode_bt71(ByteView table);

// The head of BT74.
struct LogHead {
  std::uint16_t valid = 0;          // records, of all there is room for
  std::uint16_t last = 0;           // index of the newest
  std::uint32_t last_sequence = 0;  // its number, counted since the meter was made
};
// An error where it has more records than there is room for.
[[nodiscard]] Result<LogHead> decode_bt74_head(ByteView table, const LogDimensions& dimensions);

// A record of BT74.
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

inline constexpr std::array<std::pair<std::uint16_t, std::string_view>, 44> event_names{{
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
}};
// What the event is, as in "cover removed"; empty where the vendor does not say.
[[nodiscard]] std::string_view event_name(std::uint16_t id);

}  // namespace irmeter
