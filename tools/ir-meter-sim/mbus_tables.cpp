#include "tools/ir-meter-sim/mbus_tables.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

#include "tools/ir-meter-sim/table_bytes.hpp"

namespace irmetersim {
namespace {

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

}  // namespace

Bytes mbus_dimensions(const Profile& meter, unsigned devices) {
  if (devices == 0) {
    return Bytes(mbus_size);
  }
  // Behind the M-Bus devices there is room for one or two communication modules.
  const std::uint8_t modules = meter.firmware < firmware_word(4, 0, 0) ? 1 : 2;
  Bytes bytes{static_cast<std::uint8_t>(max_mbus_devices + modules), 66, 36, 5, 6};
  append_uint16(bytes, mbus_entry);
  append_uint16(bytes, meter.firmware < firmware_word(3, 50, 0) ? 768 : 896);
  append_uint16(bytes, 1'785);
  bytes.insert(bytes.end(), {25, 16, 22});
  bytes.resize(mbus_size);
  return bytes;
}

Bytes mbus_status() {
  return Bytes(mbus_size);
}

// Each device was read at the last full hour.
Bytes mbus_data(const Profile& meter, unsigned devices, std::chrono::sys_seconds now) {
  if (devices == 0) {
    return Bytes(mbus_size);
  }
  const auto read = std::chrono::floor<std::chrono::hours>(now);
  Bytes bytes(mbus_dimensions(meter, devices)[0] * mbus_entry);
  for (std::size_t slot = 0; slot < devices; ++slot) {
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

}  // namespace irmetersim
