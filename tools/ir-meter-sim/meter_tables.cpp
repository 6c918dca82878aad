#include "tools/ir-meter-sim/meter_tables.hpp"

#include <algorithm>
#include <utility>

#include "tools/ir-meter-sim/load_profile_tables.hpp"
#include "tools/ir-meter-sim/log_tables.hpp"
#include "tools/ir-meter-sim/table_bytes.hpp"

namespace irmetersim {
namespace {

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

// Demands are not simulated. Their places hold something that no reader can take for a register.
void append_filler(Bytes& bytes, std::size_t count) {
  bytes.insert(bytes.end(), count, 0x5A);
}

// What the summations count (BT22): their numbers in the vendor's list of sources. The list has
// none for apparent energy.
constexpr std::uint8_t no_source = 0xFF;
constexpr std::array<std::uint8_t, max_summations> summation_sources{
    0,  1,   2,   3,   4,   5,         6,         7,         26,       27,
    28, 108, 109, 110, 111, no_source, no_source, no_source, no_source};

Bytes status_table(const Status& status) {
  Bytes bytes(status_bits / 8);
  for (std::size_t bit = 0; bit < status.size(); ++bit) {
    if (status.test(bit)) {
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 1U << bit % 8);
    }
  }
  return bytes;
}

// The ratios of current and voltage transformers, of a meter without.
Bytes constants() {
  Bytes bytes;
  append_int32(bytes, 1);  // multiplier
  append_int32(bytes, 0);  // offset
  bytes.push_back(1);      // applied already
  append_int32(bytes, 1);  // of current
  append_int32(bytes, 1);  // of voltage
  return bytes;
}

Bytes utc_clock(const MeterState& state) {
  constexpr std::uint8_t gmt = 0x10;
  Bytes bytes;
  append_second(bytes, state.clock);
  bytes.push_back(weekday(state.clock) | gmt);
  return bytes;
}

Bytes clock_offsets(const MeterState& state) {
  Bytes bytes{2, 0, 0, 60};  // two o'clock, 60 minutes of daylight saving
  append(bytes, static_cast<std::int16_t>(state.zone.count()));
  return bytes;
}

Bytes local_clock(const MeterState& state) {
  constexpr std::uint8_t zone_applied = 0x20;
  constexpr unsigned no_special_schedule = 0x0F00;
  const auto local = state.clock + state.zone;
  Bytes bytes;
  append_second(bytes, local);
  bytes.push_back(weekday(local) | zone_applied);
  append_uint16(bytes, state.tier | no_special_schedule);
  return bytes;
}

constexpr std::array all_tables{table::configuration,
                                table::identification,
                                table::status,
                                table::constants,
                                table::maximum_dimensions,
                                table::dimensions,
                                table::register_sources,
                                table::registers,
                                table::self_reads,
                                table::present_sources,
                                table::present_values,
                                table::clock,
                                table::clock_offsets,
                                table::local_clock,
                                table::profile_dimensions,
                                table::profile_sources,
                                table::profile_status,
                                table::profile,
                                table::log_dimensions,
                                table::log,
                                table::utility_information,
                                table::mbus_dimensions,
                                table::mbus_status,
                                table::mbus_data,
                                table::log_list,
                                table::more_status,
                                table::settings,
                                table::other_log,
                                table::outages};
constexpr std::array tables_from_3_70{table::log_list, table::more_status, table::settings,
                                      table::other_log, table::outages};

// Outages, pulse inputs and errors are counted once, not by tariff tier.
bool in_tiers(std::size_t index) {
  return index != 4 && index != 5 && (index < 8 || index > 10);
}

// Active or reactive; the last summations are of apparent energy.
bool is_energy(std::size_t index) {
  return in_tiers(index) && index < 15;
}

}  // namespace

MeterTables::MeterTables(const Profile& profile, Nameplate nameplate, unsigned mbus_devices)
    : profile_(profile),
      nameplate_(std::move(nameplate)),
      unit_(is_from_3_70(profile) ? nameplate_.register_unit : 1),
      mbus_devices_(mbus_devices) {}

bool MeterTables::is_open(std::uint16_t id) {
  return id == table::configuration || id == table::identification ||
         id == table::utility_information;
}

bool MeterTables::exists(std::uint16_t id) const {
  return std::ranges::find(all_tables, id) != all_tables.end() &&
         (id != table::dimensions || profile_.has_bt21) &&
         (std::ranges::find(tables_from_3_70, id) == tables_from_3_70.end() ||
          is_from_3_70(profile_));
}

std::optional<Bytes> MeterTables::image(std::uint16_t id, const MeterState& state) const {
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
    case table::status:
      return status_table(state.status);
    case table::constants:
      return constants();
    case table::register_sources:
      return register_sources();
    case table::registers:
      return registers(state.values);
    case table::self_reads:
      return self_reads(state);
    case table::present_sources:
      return present_sources();
    case table::present_values:
      return present_values(state.values);
    case table::clock:
      return utc_clock(state);
    case table::clock_offsets:
      return clock_offsets(state);
    case table::local_clock:
      return local_clock(state);
    case table::profile_dimensions:
      return load_profile_dimensions(profile_);
    case table::profile_sources:
      return load_profile_sources(profile_);
    case table::profile_status:
      return load_profile_status(profile_, *state.intervals);
    case table::profile:
      return load_profile(*state.intervals, unit_);
    case table::log_dimensions:
      return log_dimensions();
    case table::log:
      return log_table(*state.events, MeterMemory::log_entries);
    case table::other_log:
      return log_table(*state.other_events, MeterMemory::other_log_entries);
    case table::log_list:
      return log_list();
    case table::more_status:
      return more_status();
    case table::outages:
      return outage_table(*state.outages, state.last_outage);
    case table::utility_information:
      return utility_information();
    case table::settings:
      return settings();
    case table::mbus_dimensions:
      return mbus_dimensions(profile_, mbus_devices_);
    case table::mbus_data:
      return mbus_data(profile_, mbus_devices_, state.clock + state.zone);
    default:
      return mbus_status();
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

Bytes MeterTables::register_sources() const {
  const Shape shape{profile_.actual};
  Bytes bytes(summation_sources.begin(), summation_sources.begin() + shape.summations);
  bytes.insert(bytes.end(), shape.demands, 0);               // of energy forward
  bytes.insert(bytes.end(), (shape.demands + 7) / 8, 0xFF);  // all of them maxima
  bytes.insert(bytes.end(), 2 * shape.coincidents, 0);
  return bytes;
}

Bytes MeterTables::present_sources() const {
  const Shape shape{profile_.actual};
  Bytes bytes(shape.present_demands);
  for (std::size_t i = 0; i < shape.present_values; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i));
  }
  return bytes;
}

Bytes MeterTables::self_reads(const MeterState& state) const {
  const auto count = static_cast<std::uint8_t>(state.self_reads->size());
  constexpr std::uint8_t newest_last = 0x01;
  Bytes bytes{newest_last, count, static_cast<std::uint8_t>(count - 1)};
  append_uint16(bytes, count);
  bytes.push_back(count);
  for (std::size_t i = 0; i < count; ++i) {
    const SelfRead& read = (*state.self_reads)[i];
    if (Shape{profile_.actual}.demands != 0) {
      append_uint16(bytes, i);
    }
    append_minute(bytes, read.time);
    bytes.push_back(0);  // the season
    const Bytes copy = registers(read.values);
    bytes.insert(bytes.end(), copy.begin(), copy.end());
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
    append_int32(bytes, is_energy(i) ? counted(values.summations[i]) : values.summations[i]);
  }
  append_filler(bytes, behind_sums);
  for (std::size_t tier = 0; tier < shape.tiers; ++tier) {
    for (std::size_t i = 0; i < shape.summations; ++i) {
      const std::int32_t value = in_tiers(i) ? values.tiers[tier][i] : 0;
      append_int32(bytes, is_energy(i) ? counted(value) : value);
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
  for (std::size_t i = 0; i < shape.present_values + profile_.undeclared; ++i) {
    append_int32(bytes, values.present[i]);
  }
  return bytes;
}

// Of all its settings this meter has the register unit alone, where the vendor's guide has it.
Bytes MeterTables::settings() const {
  const std::size_t most_tiers = profile_.maximum[7];
  const std::size_t thresholds = profile_.firmware < firmware_word(4, 0, 0) ? 146 : 147;
  constexpr std::size_t place = 39;
  Bytes bytes(thresholds + 4 * (most_tiers - 1) + place);
  bytes.push_back(nameplate_.register_unit);
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
