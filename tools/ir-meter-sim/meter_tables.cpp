#include "tools/ir-meter-sim/meter_tables.hpp"

#include <algorithm>
#include <utility>

namespace irmetersim {
namespace {

constexpr std::array all_tables{
    table::configuration, table::identification, table::maximum_dimensions, table::dimensions,
    table::registers,     table::present_values, table::utility_information};

constexpr std::uint16_t first_extended_table = 2048;

constexpr std::uint16_t firmware_word(unsigned major, unsigned minor, unsigned build) {
  return static_cast<std::uint16_t>(major << 12U | minor << 5U | build);
}

constexpr std::array<Profile, 5> all_profiles{{
    {"plain",
     "firmware 3.10: 15 summations, 4 tiers, 41 present values, no demands",
     firmware_word(3, 10, 21),
     {0x7F, 0x0C, 0x0C, 0x0F, 0x08, 0x10, 0x01, 0x04, 0x08, 0x29},
     {0x03, 0x0C, 0x00, 0x0F, 0x00, 0x00, 0x00, 0x04, 0x00, 0x29},
     true},
    {"demands",
     "plain, with a demand, and a demand reset counter in front of the registers",
     firmware_word(3, 10, 21),
     {0x7F, 0x0C, 0x0C, 0x0F, 0x08, 0x10, 0x01, 0x04, 0x08, 0x29},
     {0x07, 0x0C, 0x0C, 0x0F, 0x01, 0x00, 0x01, 0x04, 0x00, 0x29},
     true},
    {"present-demands",
     "plain, with two demands and their time remaining in front of the present "
     "values",
     firmware_word(3, 10, 21),
     {0x7F, 0x0C, 0x0C, 0x0F, 0x08, 0x10, 0x01, 0x04, 0x08, 0x29},
     {0x43, 0x0C, 0x00, 0x0F, 0x00, 0x00, 0x00, 0x04, 0x02, 0x29},
     true},
    {"old",
     "firmware 2.1: dimensions in BT20 only, 11 summations, 18 present values",
     firmware_word(2, 1, 7),
     {0x03, 0x0C, 0x00, 0x0B, 0x00, 0x00, 0x00, 0x04, 0x00, 0x12},
     {0x03, 0x0C, 0x00, 0x0B, 0x00, 0x00, 0x00, 0x04, 0x00, 0x12},
     false},
    {"new",
     "firmware 4.0: 19 summations, 8 tiers, 72 present values",
     firmware_word(4, 0, 12),
     {0x7F, 0x0C, 0x0C, 0x13, 0x08, 0x10, 0x01, 0x08, 0x08, 0x48},
     {0x03, 0x0C, 0x00, 0x13, 0x00, 0x00, 0x00, 0x08, 0x00, 0x48},
     true},
}};

// Named views of BT21, as far as the layouts need them.
struct Shape {
  const Dimensions& bt21;
  bool demand_resets = (bt21[0] & 0x04U) != 0;
  bool time_remaining = (bt21[0] & 0x40U) != 0;
  std::size_t summations = bt21[3];
  std::size_t demands = bt21[4];
  std::size_t coincidents = bt21[5];
  std::size_t occurrences = bt21[6];
  std::size_t tiers = bt21[7];
  std::size_t present_demands = bt21[8];
  std::size_t present_values = bt21[9];
  std::size_t demand_record = ((bt21[0] & 0x02U) != 0 ? 5 * occurrences : 0U) +
                              ((bt21[0] & 0x10U) != 0 ? 4U : 0U) +
                              ((bt21[0] & 0x20U) != 0 ? 4U : 0U) + 4 * occurrences;
};

void append_text(Bytes& bytes, std::string_view text, std::size_t width, char padding) {
  for (std::size_t i = 0; i < width; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i < text.size() ? text[i] : padding));
  }
}

void append_int32(Bytes& bytes, std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(bits >> shift & 0xFFU));
  }
}

// Demands are not simulated. Their places hold something that no reader can take for a register.
void append_filler(Bytes& bytes, std::size_t count) {
  bytes.insert(bytes.end(), count, 0x5A);
}

// Outages, pulse inputs and errors are counted once, not by tariff tier.
bool in_tiers(std::size_t index) {
  return index != 4 && index != 5 && (index < 8 || index > 10);
}

}  // namespace

std::span<const Profile> profiles() {
  return all_profiles;
}

const Profile* find_profile(std::string_view name) {
  const auto found = std::ranges::find(all_profiles, name, &Profile::name);
  return found == all_profiles.end() ? nullptr : &*found;
}

MeterTables::MeterTables(const Profile& profile, Nameplate nameplate)
    : profile_(profile), nameplate_(std::move(nameplate)) {}

bool MeterTables::is_open(std::uint16_t id) {
  return id == table::configuration || id == table::identification ||
         id == table::utility_information;
}

bool MeterTables::exists(std::uint16_t id) const {
  return std::ranges::find(all_tables, id) != all_tables.end() &&
         (id != table::dimensions || profile_.has_bt21);
}

std::optional<Bytes> MeterTables::image(std::uint16_t id, const MeterValues& values) const {
  if (!exists(id)) {
    return std::nullopt;
  }
  switch (id) {
    case table::configuration:
      return configuration();
    case table::identification:
      return identification();
    case table::maximum_dimensions:
      return Bytes(profile_.maximum.begin(), profile_.maximum.end());
    case table::dimensions:
      return Bytes(profile_.actual.begin(), profile_.actual.end());
    case table::registers:
      return registers(values);
    case table::present_values:
      return present_values(values);
    default:
      return utility_information();
  }
}

// The head is that of a real meter; the bitmaps tell which tables this one really has.
Bytes MeterTables::configuration() const {
  constexpr std::size_t basic_tables = 10;  // lengths of the bitmaps
  constexpr std::size_t basic_procedures = 2;
  constexpr std::size_t extended_procedures = 12;
  const std::size_t extended_tables = profile_.firmware < firmware_word(4, 0, 0) ? 13 : 20;
  Bytes bytes{0x02, 0x2A, 0x88};
  append_text(bytes, nameplate_.manufacturer, 4, ' ');
  bytes.insert(bytes.end(), {0x02, 0x00, 0xFF, 0x0C, 0x01, 0x00, basic_tables,
                             static_cast<std::uint8_t>(extended_tables), basic_procedures,
                             extended_procedures, 0x09, 0x04});
  const std::size_t used = bytes.size();
  // Nothing can be run or written: the bitmaps of procedures and of writable tables stay empty.
  bytes.resize(used + 2 * basic_tables + 2 * extended_tables + basic_procedures +
               extended_procedures);
  for (const std::uint16_t id : all_tables) {
    if (!exists(id)) {
      continue;
    }
    const bool extended = id >= first_extended_table;
    const std::size_t bit = extended ? id - first_extended_table : id;
    auto& byte = bytes[used + (extended ? basic_tables : 0) + bit / 8];
    byte = static_cast<std::uint8_t>(byte | 1U << bit % 8);
  }
  return bytes;
}

Bytes MeterTables::identification() const {
  Bytes bytes;
  append_text(bytes, nameplate_.manufacturer, 4, ' ');
  append_text(bytes, nameplate_.model, 8, ' ');
  constexpr std::uint16_t hardware = firmware_word(3, 10, 21);
  for (const unsigned word : {hardware, profile_.firmware}) {
    bytes.push_back(static_cast<std::uint8_t>(word >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(word & 0xFFU));
  }
  constexpr std::size_t serial_digits = 16;
  std::string digits(serial_digits, '0');
  std::copy_backward(nameplate_.serial.begin(), nameplate_.serial.end(), digits.end());
  for (std::size_t i = 0; i < serial_digits; i += 2) {
    bytes.push_back(static_cast<std::uint8_t>((digits[i] - '0') << 4 | (digits[i + 1] - '0')));
  }
  return bytes;
}

Bytes MeterTables::registers(const MeterValues& values) const {
  const Shape shape{profile_.actual};
  Bytes bytes;
  if (shape.demand_resets) {
    bytes.push_back(3);  // so many demand resets
  }
  const std::size_t behind_sums =
      shape.demands * shape.demand_record + shape.coincidents * 4 * shape.occurrences;
  for (std::size_t i = 0; i < shape.summations; ++i) {
    append_int32(bytes, values.summations[i]);
  }
  append_filler(bytes, behind_sums);
  // A household without tariffs: everything is counted in the first tier.
  for (std::size_t tier = 0; tier < shape.tiers; ++tier) {
    for (std::size_t i = 0; i < shape.summations; ++i) {
      append_int32(bytes, tier == 0 && in_tiers(i) ? values.summations[i] : 0);
    }
    append_filler(bytes, behind_sums);
  }
  return bytes;
}

Bytes MeterTables::present_values(const MeterValues& values) const {
  const Shape shape{profile_.actual};
  constexpr std::size_t time_size = 3;
  Bytes bytes;
  append_filler(bytes, (shape.time_remaining ? time_size + 4 : 4) * shape.present_demands);
  for (std::size_t i = 0; i < shape.present_values; ++i) {
    append_int32(bytes, values.present[i]);
  }
  return bytes;
}

Bytes MeterTables::utility_information() const {
  constexpr std::size_t size = 143;
  Bytes bytes;
  append_text(bytes, nameplate_.utility_serial, 30, '\0');
  bytes.resize(size);
  return bytes;
}

}  // namespace irmetersim
