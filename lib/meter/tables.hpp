// C12.19 tables of NES meters: what their bytes mean.
//
// Numbers inside tables are little-endian. Reads past a table's end come back as zeros without an
// error, so what a table holds is always taken from its dimensions (BT21), never from the data.
// Source: ANSI C12.19, and the OSGP Alliance's guide to the optical port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/meter/reading.hpp"
#include "lib/meter/sources.hpp"
#include "lib/result.hpp"
#include "lib/session/service.hpp"

namespace irmeter {

inline constexpr TableId bt00 = 0;                   // general configuration, open to all
inline constexpr TableId bt01 = 1;                   // manufacturer identification, open to all
inline constexpr TableId bt03 = 3;                   // status
inline constexpr TableId bt15 = 15;                  // ratios of transformers
inline constexpr TableId bt20 = 20;                  // dimensions, maxima
inline constexpr TableId bt21 = 21;                  // dimensions, actual
inline constexpr TableId bt22 = 22;                  // sources of what BT23 has
inline constexpr TableId bt23 = 23;                  // current registers
inline constexpr TableId bt26 = 26;                  // self-reads
inline constexpr TableId bt27 = 27;                  // sources of what BT28 has
inline constexpr TableId bt28 = 28;                  // present values
inline constexpr TableId bt52 = 52;                  // clock, UTC
inline constexpr TableId bt53 = 53;                  // its offsets
inline constexpr TableId bt55 = 55;                  // local clock, and the tariff
inline constexpr TableId bt61 = 61;                  // load profile: dimensions
inline constexpr TableId bt62 = 62;                  // its sources
inline constexpr TableId bt63 = 63;                  // its state
inline constexpr TableId bt64 = 64;                  // itself
inline constexpr TableId bt71 = 71;                  // log: dimensions
inline constexpr TableId bt74 = 74;                  // itself
inline constexpr TableId et03 = extended_table(3);   // utility serial number, open to all
inline constexpr TableId et11 = extended_table(11);  // M-Bus: dimensions
inline constexpr TableId et16 = extended_table(16);  // what its devices have sent
inline constexpr TableId et36 = extended_table(36);  // dimensions of some logs
inline constexpr TableId et54 = extended_table(54);  // what else the meter has
inline constexpr TableId et55 = extended_table(55);  // settings of the meter
inline constexpr TableId et79 = extended_table(79);  // another log, of the same form
inline constexpr TableId et81 = extended_table(81);  // log of outages

inline constexpr std::size_t int32_size = 4;
// The INT32 of this number in a row of them; nothing beyond their end.
[[nodiscard]] std::optional<std::int64_t> int32_at(ByteView data, std::size_t index);

// How much of each table a reader needs, in bytes from its start.
inline constexpr std::uint16_t bt00_size = 19;
inline constexpr std::uint16_t bt01_size = 24;
inline constexpr std::uint16_t bt01_rest = 14;
inline constexpr std::uint16_t dimensions_size = 10;
inline constexpr std::uint16_t et03_size = 30;

// BT00: whether the rest can be read the way this library reads it. An error names what differs:
// big-endian numbers, registers that are not INT32, no reads by offset.
[[nodiscard]] Result<bool> check_bt00(ByteView table);

// BT01 into manufacturer, model, versions and serial number.
[[nodiscard]] Result<Identity> decode_bt01(ByteView table);
// Whether the rest of BT01, which begins at bt01_rest with the firmware's version, is of this
// meter.
[[nodiscard]] bool is_of(const Identity& identity, ByteView rest);

// The packed version word: "3.10.21" for 0x3155, "3.00.24" for 0x3018.
[[nodiscard]] std::string decode_version(std::uint16_t word);

// That word of BT01, for what depends on it: a later firmware has a greater one.
enum class Firmware : std::uint16_t {};
[[nodiscard]] Result<Firmware> decode_firmware(ByteView table);
[[nodiscard]] constexpr Firmware firmware_since(unsigned major, unsigned minor) {
  return static_cast<Firmware>(major << 12U | minor << 5U);
}

// ET03: the serial number printed for the customer, empty if the utility left it blank.
[[nodiscard]] std::string decode_et03(ByteView table);

// BT21, or BT20 in its place: where the values lie in BT23 and BT28.
struct Dimensions {
  std::uint8_t summations = 0;              // INT32 totals in BT23
  std::uint8_t present_values = 0;          // INT32 values in BT28
  std::uint32_t summations_offset = 0;      // of total summation 0 in BT23
  std::uint32_t present_values_offset = 0;  // of present value 0 in BT28
  bool assumed = false;                     // the meter did not say
  std::uint8_t tiers = 0;
  std::uint8_t present_demands = 0;         // in front of the present values
  std::uint32_t tiers_offset = 0;           // of total 0 of tier 0 in BT23
  std::uint32_t tier_size = 0;              // from one tier to the next
  std::uint8_t register_unit = 0;           // Wh or varh that are counted as 1; 0: not told
  [[no_unique_address]] Sources sources{};  // which value is which, once the meter has said so

  friend bool operator==(const Dimensions&, const Dimensions&) = default;
};
[[nodiscard]] Result<Dimensions> decode_dimensions(ByteView table);

// Of a meter that has neither table: the registers and the ten present values that every reader of
// these meters takes, where a meter without demands has them.
inline constexpr Dimensions usual_dimensions{2, 10, 0, 0, true};

// The table that a source is of; nothing where it is none.
[[nodiscard]] constexpr std::optional<TableId> table_of(Source source) {
  switch (source) {
    case Source::bt23:
    case Source::tiers:
      return bt23;
    case Source::bt28:
      return bt28;
    case Source::derived:
      break;
  }
  return std::nullopt;
}

// The part of BT22 or BT27 that says what the values of BT23 or BT28 are; nothing of a meter that
// does not say how many there are.
[[nodiscard]] std::optional<TableRead> sources_of(TableId values, const Dimensions& dimensions);
// What that part has brought. An error, with nothing changed, where it makes no sense, or would
// move one of the usual quantities: they have been seen at their places on real meters.
[[nodiscard]] Result<bool> take_sources(ByteView part, TableId values, Dimensions& dimensions);

// Where in its table a quantity lies; nothing where this meter does not have it.
[[nodiscard]] std::optional<std::uint32_t> place_of(const QuantityInfo& quantity,
                                                    const Dimensions& dimensions);

// Takes those of the wanted values out of a part of their table that lie in it, each INT32
// little-endian. The extremes of an INT32, and negative ones where none can be, are absent.
void decode_values(TableId table, const Dimensions& dimensions, std::uint32_t offset,
                   ByteView bytes, const QuantitySet& wanted, Values& values);

// The values that follow from others; absent where one of those is.
void compute_differences(Values& values);

}  // namespace irmeter
