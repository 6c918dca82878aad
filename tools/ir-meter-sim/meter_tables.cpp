#include "tools/ir-meter-sim/meter_tables.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <type_traits>
#include <utility>

namespace irmetersim {
namespace {

constexpr std::uint16_t first_extended_table = 2048;

constexpr std::uint16_t firmware_word(unsigned major, unsigned minor, unsigned build) {
  return static_cast<std::uint16_t>(major << 12U | minor << 5U | build);
}

constexpr std::array<Profile, 7> all_profiles{{
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
    {"more",
     "firmware 3.70: plain, with 55 present values of which it tells of 41",
     firmware_word(3, 70, 4),
     {0x7F, 0x0C, 0x0C, 0x0F, 0x08, 0x10, 0x01, 0x04, 0x08, 0x29},
     {0x03, 0x0C, 0x00, 0x0F, 0x00, 0x00, 0x00, 0x04, 0x00, 0x29},
     true,
     14},
    {"newest",
     "firmware 4.30: new, with 84 present values",
     firmware_word(4, 30, 2),
     {0x7F, 0x0C, 0x0C, 0x13, 0x08, 0x10, 0x01, 0x08, 0x08, 0x54},
     {0x03, 0x0C, 0x0C, 0x13, 0x00, 0x00, 0x00, 0x08, 0x00, 0x54},
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

template <typename Integer>
void append(Bytes& bytes, Integer value) {
  const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(bits >> 8 * i & 0xFFU));
  }
}

void append_int32(Bytes& bytes, std::int32_t value) {
  append(bytes, value);
}

void append_uint16(Bytes& bytes, std::size_t value) {
  append(bytes, static_cast<std::uint16_t>(value));
}

// Year, month, day, hour, minute: STIME_DATE.
template <typename Clock>
void append_minute(Bytes& bytes, std::chrono::time_point<Clock, std::chrono::seconds> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(time - day);
  bytes.insert(bytes.end(), {static_cast<std::uint8_t>(static_cast<int>(date.year()) - 2'000),
                             static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                             static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
                             static_cast<std::uint8_t>(of_day.hours().count()),
                             static_cast<std::uint8_t>(of_day.minutes().count())});
}

// With the second behind it: LTIME_DATE.
template <typename Clock>
void append_second(Bytes& bytes, std::chrono::time_point<Clock, std::chrono::seconds> time) {
  append_minute(bytes, time);
  bytes.push_back(static_cast<std::uint8_t>(time.time_since_epoch().count() % 60));
}

template <typename Clock>
std::uint8_t weekday(std::chrono::time_point<Clock, std::chrono::seconds> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return static_cast<std::uint8_t>(std::chrono::weekday(day).c_encoding());
}

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

// The load profile: forward and reverse energy.
constexpr std::size_t channels = 2;
constexpr std::size_t interval_status = channels / 2 + 1;
constexpr std::size_t interval_size = interval_status + 4 * channels;
constexpr std::size_t simple_status = (MeterMemory::intervals_per_block + 7) / 8;
constexpr std::size_t block_size =
    5 + simple_status + MeterMemory::intervals_per_block * interval_size;

std::int64_t day_of(const Interval& interval) {
  return std::chrono::floor<std::chrono::days>(interval.end - std::chrono::seconds(1))
      .time_since_epoch()
      .count();
}

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

Bytes profile_sources(std::size_t sets) {
  Bytes bytes;
  for (std::size_t set = 0; set < sets; ++set) {
    if (set == 0) {
      for (std::uint8_t source = 0; source < channels; ++source) {
        bytes.insert(bytes.end(), {0, source, source});
      }
    }
    constexpr std::uint8_t int32_format = 32;
    bytes.push_back(int32_format);
  }
  return bytes;
}

constexpr std::size_t log_argument = 2;

Bytes log_dimensions() {
  Bytes bytes{0, 8, 19, log_argument, 0};
  append_uint16(bytes, MeterMemory::log_entries);
  append_uint16(bytes, 0);
  return bytes;
}

Bytes log_table(const std::deque<LoggedEvent>& events, std::size_t room) {
  constexpr std::uint8_t circular = 0x04;
  constexpr std::size_t record_size = 12 + log_argument;
  const std::uint32_t last = events.back().sequence;
  Bytes bytes{circular};
  append_uint16(bytes, events.size());
  append_uint16(bytes, events.back().place);
  append(bytes, last);
  append_uint16(bytes, events.size());
  const std::size_t header = bytes.size();
  bytes.resize(header + room * record_size);
  for (const LoggedEvent& each : events) {
    Bytes record;
    append_second(record, each.time);
    append_uint16(record, each.sequence & 0xFFFFU);
    append_uint16(record, each.user);
    append_uint16(record, each.id);
    std::copy(record.begin(), record.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(header + each.place * record_size));
  }
  return bytes;
}

// ET36: seven logs, each with its table, the size of an entry, and how many there can be and are.
// The meter has the last one of them.
constexpr std::size_t outage_size = 12;

Bytes log_list() {
  constexpr std::array<std::uint16_t, 7> logs{31, 32, 38, 41, 45, 75, 81};
  constexpr std::size_t description = 17;
  Bytes bytes{logs.size()};
  for (const std::uint16_t log : logs) {
    const bool has = log == 81;
    const std::size_t begin = bytes.size();
    append_uint16(bytes, first_extended_table + log);
    append_uint16(bytes, has ? outage_size : 35);
    append_uint16(bytes, 253);
    append_uint16(bytes, has ? MeterMemory::outage_entries : 0);
    bytes.resize(begin + description);
  }
  bytes.push_back(1U << 6U);  // which of them have unread entries
  return bytes;
}

// ET54: of all it can tell, how many entries the other log can have.
Bytes more_status() {
  constexpr std::size_t place = 80;
  Bytes bytes(place);
  append_uint16(bytes, MeterMemory::other_log_entries);
  return bytes;
}

// Circular: an outage stands where its number says.
Bytes outage_table(const std::deque<Outage>& outages, std::uint16_t last) {
  constexpr std::uint8_t circular = 0x04;
  const auto count = static_cast<std::uint8_t>(outages.size());
  const auto place = [](std::size_t number) { return number % MeterMemory::outage_entries; };
  Bytes bytes{circular, count, static_cast<std::uint8_t>(place(last))};
  append_uint16(bytes, last);
  bytes.push_back(count);
  const std::size_t header = bytes.size();
  bytes.resize(header + MeterMemory::outage_entries * outage_size);
  for (std::size_t ago = 0; ago < outages.size(); ++ago) {
    const Outage& outage = outages[outages.size() - 1 - ago];
    Bytes record;
    append_second(record, outage.begin);
    append_second(record, outage.end);
    std::copy(
        record.begin(), record.end(),
        bytes.begin() + static_cast<std::ptrdiff_t>(header + place(last - ago) * outage_size));
  }
  return bytes;
}

// The M-Bus tables of a meter without devices: all its numbers are 0.
constexpr std::size_t mbus_size = 20;
constexpr std::size_t mbus_entry = 517;

// By slot.
struct MbusDevice {
  std::uint8_t medium;
  std::uint32_t serial;  // BCD, as is what it has counted
  std::uint8_t unit;     // the VIF: what is counted
  std::uint32_t per_hour;
};
constexpr std::uint8_t heat = 0x04;
constexpr std::uint8_t kwh = 0x06;
constexpr std::uint8_t litres = 0x13;
constexpr std::uint8_t hundredths = 0x14;  // of a cubic metre
constexpr std::array<MbusDevice, max_mbus_devices> all_mbus_devices{{
    {0x07, 0x20417301, litres, 12},      // water
    {0x03, 0x20417302, hundredths, 25},  // gas
    {heat, 0x20417303, kwh, 3},
    {0x06, 0x20417304, litres, 4},  // hot water
}};
// Of what is used in a day, how much is used in each of its hours.
constexpr std::array<std::uint8_t, 24> hourly{0, 0, 0, 0, 0, 1, 2, 3, 2, 1, 1, 1,
                                              2, 1, 0, 0, 1, 1, 2, 2, 2, 1, 1, 0};
static_assert(std::accumulate(hourly.begin(), hourly.end(), 0U) == hourly.size());

using LocalHour = std::chrono::sys_time<std::chrono::hours>;

// What a device has counted up to an hour, in units of what it counts in an hour.
std::uint32_t hours_of_use(LocalHour until) {
  const auto day = std::chrono::floor<std::chrono::days>(until);
  const auto days = static_cast<std::uint32_t>(day.time_since_epoch().count()) % 10'000;
  return std::accumulate(hourly.begin(), hourly.begin() + (until - day).count(),
                         days * std::uint32_t{hourly.size()});
}
// In the hour before.
std::uint32_t use_in_hour(LocalHour until) {
  const auto began = until - std::chrono::hours(1);
  return hourly.at(
      static_cast<std::size_t>((began - std::chrono::floor<std::chrono::days>(began)).count()));
}

std::uint32_t packed_bcd(std::uint32_t number) {
  std::uint32_t digits = 0;
  for (unsigned shift = 0; shift < 32; shift += 4, number /= 10) {
    digits |= number % 10 << shift;
  }
  return digits;
}

// The year of a date is in two parts, of three and of four bits.
std::uint16_t packed_date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const unsigned year = static_cast<unsigned>(static_cast<int>(date.year())) % 100;
  return static_cast<std::uint16_t>(static_cast<unsigned>(date.day()) | (year & 7U) << 5U |
                                    static_cast<unsigned>(date.month()) << 8U |
                                    (year >> 3U) << 12U);
}

// The records of a device: what it has counted, now and on the first of the month, what flows, and
// when that was.
class Records {
 public:
  Records(const MbusDevice& device, LocalHour now) {
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(today);
    const std::chrono::sys_days first = date.year() / date.month() / 1;
    counter(0x0C, device.unit, hours_of_use(now) * device.per_hour);
    if (device.medium == heat) {
      add_heat(device, now);
    } else if (device.unit == litres) {
      constexpr std::uint8_t litres_an_hour = 0x3B;
      short_number(litres_an_hour, use_in_hour(now) * device.per_hour);
    }
    counter(0x4C, device.unit, hours_of_use(first) * device.per_hour);
    bytes_.insert(bytes_.end(), {0x42, 0x6C});
    append_uint16(bytes_, packed_date(first));
    bytes_.insert(bytes_.end(), {0x04, 0x6D, 0});  // the minute is 0
    bytes_.push_back(static_cast<std::uint8_t>((now - today).count()));
    append_uint16(bytes_, packed_date(today));
    bytes_.push_back(0);
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  // A kilowatt-hour takes 43 litres that are 20 K colder when they go back.
  void add_heat(const MbusDevice& device, LocalHour now) {
    constexpr std::uint32_t litres_per_kwh = 43;
    constexpr std::uint32_t difference = 200;  // tenths of a kelvin
    const std::uint32_t used = use_in_hour(now) * device.per_hour;
    const std::uint32_t flow = 550 + 25 * use_in_hour(now);  // tenths of a degree
    counter(0x0C, litres, hours_of_use(now) * device.per_hour * litres_per_kwh);
    short_number(0x2D, used * 10);  // power in hundreds of watts
    short_number(0x3B, used * litres_per_kwh);
    short_number(0x5A, flow);
    short_number(0x5E, flow - difference);
    short_number(0x62, difference);
  }
  // Of eight digits.
  void counter(std::uint8_t dif, std::uint8_t unit, std::uint32_t number) {
    bytes_.insert(bytes_.end(), {dif, unit});
    append(bytes_, packed_bcd(number));
  }
  // Of 16 bits.
  void short_number(std::uint8_t unit, std::uint32_t number) {
    bytes_.insert(bytes_.end(), {0x02, unit});
    append_uint16(bytes_, number);
  }

  Bytes bytes_;
};

// An answer of the variable structure, with the lowest bytes first.
Bytes telegram(const MbusDevice& device, LocalHour now) {
  const auto letter = [](char c) { return static_cast<unsigned>(c - '@'); };
  Bytes bytes;
  append(bytes, device.serial);
  append_uint16(bytes, letter('S') << 10U | letter('I') << 5U | letter('M'));
  bytes.push_back(1);  // version
  bytes.push_back(device.medium);
  bytes.push_back(static_cast<std::uint8_t>(now.time_since_epoch().count()));  // access number
  bytes.push_back(0);                                                          // status
  append_uint16(bytes, 0);  // signature: not encrypted
  const Records records(device, now);
  bytes.insert(bytes.end(), records.bytes().begin(), records.bytes().end());
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

std::span<const Profile> profiles() {
  return all_profiles;
}

const Profile* find_profile(std::string_view name) {
  const auto found = std::ranges::find(all_profiles, name, &Profile::name);
  return found == all_profiles.end() ? nullptr : &*found;
}

std::string firmware_version(const Profile& profile) {
  return std::to_string(profile.firmware >> 12U) + "." +
         std::to_string(profile.firmware >> 5U & 0x7FU);
}

bool is_from_3_70(const Profile& profile) {
  return profile.firmware >= firmware_word(3, 70, 0);
}

const Profile* find_firmware(std::string_view version) {
  const auto found = std::ranges::find(all_profiles, version, firmware_version);
  return found == all_profiles.end() ? nullptr : &*found;
}

MeterTables::MeterTables(const Profile& profile, Nameplate nameplate, unsigned mbus_devices)
    : profile_(profile), nameplate_(std::move(nameplate)), mbus_devices_(mbus_devices) {}

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
      return profile_dimensions();
    case table::profile_sources:
      return profile_sources(profile_sets());
    case table::profile_status:
      return profile_status(state);
    case table::profile:
      return profile(*state.intervals);
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
      return mbus_dimensions();
    case table::mbus_data:
      return mbus_data(state);
    default:
      return Bytes(mbus_size);
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

std::size_t MeterTables::profile_sets() const {
  constexpr std::size_t most = 4;
  return profile_.firmware < firmware_word(3, 50, 0) ? 1 : most;
}

Bytes MeterTables::profile_dimensions() const {
  constexpr std::uint16_t both_statuses = 1U << 10U | 1U << 11U;
  constexpr std::uint8_t int32_values = 1U << 5U;
  Bytes bytes;
  append(bytes, static_cast<std::uint32_t>(MeterMemory::blocks * block_size));
  append_uint16(bytes, both_statuses);
  bytes.push_back(int32_values);
  append_uint16(bytes, MeterMemory::blocks);
  append_uint16(bytes, MeterMemory::intervals_per_block);
  bytes.push_back(channels);
  bytes.push_back(static_cast<std::uint8_t>(MeterMemory::interval.count()));
  // Of the sets, only the first is in use.
  constexpr std::size_t head = 7;
  constexpr std::size_t of_set = 6;
  bytes.resize(head + of_set * profile_sets());
  return bytes;
}

Bytes MeterTables::profile_status(const MeterState& state) const {
  constexpr std::uint8_t circular_and_active = 0x24;
  const auto& intervals = *state.intervals;
  const std::size_t per_block = MeterMemory::intervals_per_block;
  const std::size_t blocks = (intervals.size() + per_block - 1) / per_block;
  const std::int64_t day = day_of(intervals.back());
  Bytes bytes{circular_and_active};
  append_uint16(bytes, blocks);
  append_uint16(bytes, static_cast<std::size_t>(day) % MeterMemory::blocks);
  append(bytes, static_cast<std::uint32_t>(day));
  append_uint16(bytes, blocks);
  append_uint16(bytes, intervals.size() - (blocks - 1) * per_block);
  bytes.resize(13 * profile_sets());
  return bytes;
}

// Circular: the block of a day stands at the same place every so many days.
Bytes MeterTables::profile(const std::deque<Interval>& intervals) const {
  Bytes bytes(MeterMemory::blocks * block_size);
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& interval = intervals[i];
    const std::size_t block =
        static_cast<std::size_t>(day_of(interval)) % MeterMemory::blocks * block_size;
    const std::size_t place = i % MeterMemory::intervals_per_block;
    auto& simple = bytes[block + 5 + place / 8];
    simple = static_cast<std::uint8_t>(simple | 1U << place % 8);
    Bytes end;
    append_minute(end, interval.end);
    std::copy(end.begin(), end.end(), bytes.begin() + static_cast<std::ptrdiff_t>(block));
    Bytes registers;
    for (const std::int32_t value : interval.registers) {
      append_int32(registers, counted(value));
    }
    std::copy(registers.begin(), registers.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(block + 5 + simple_status +
                                                          place * interval_size + interval_status));
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

std::int32_t MeterTables::counted(std::int32_t energy) const {
  return is_from_3_70(profile_) ? energy / nameplate_.register_unit : energy;
}

Bytes MeterTables::mbus_dimensions() const {
  if (mbus_devices_ == 0) {
    return Bytes(mbus_size);
  }
  // Behind the M-Bus devices there is room for one or two communication modules.
  const std::uint8_t modules = profile_.firmware < firmware_word(4, 0, 0) ? 1 : 2;
  Bytes bytes{static_cast<std::uint8_t>(max_mbus_devices + modules), 66, 36, 5, 6};
  append_uint16(bytes, mbus_entry);
  append_uint16(bytes, profile_.firmware < firmware_word(3, 50, 0) ? 768 : 896);
  append_uint16(bytes, 1'785);
  bytes.insert(bytes.end(), {25, 16, 22});
  bytes.resize(mbus_size);
  return bytes;
}

// Each device was read at the last full hour.
Bytes MeterTables::mbus_data(const MeterState& state) const {
  if (mbus_devices_ == 0) {
    return Bytes(mbus_size);
  }
  const auto read = std::chrono::floor<std::chrono::hours>(state.clock + state.zone);
  Bytes bytes(mbus_dimensions()[0] * mbus_entry);
  for (std::size_t slot = 0; slot < mbus_devices_; ++slot) {
    Bytes entry;
    append_second(entry, std::chrono::sys_seconds(read));
    entry.push_back(0);  // least significant byte first, variable structure
    const Bytes sent = telegram(all_mbus_devices.at(slot), read);
    entry.push_back(static_cast<std::uint8_t>(sent.size()));
    entry.insert(entry.end(), sent.begin(), sent.end());
    std::copy(entry.begin(), entry.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(slot * mbus_entry));
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
