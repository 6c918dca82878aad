#include "tools/ir-meter-sim/log_tables.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "tools/ir-meter-sim/table_bytes.hpp"

namespace irmetersim {
namespace {

constexpr std::uint8_t circular = 0x04;
constexpr std::size_t log_argument = 2;
constexpr std::size_t outage_size = 12;

}  // namespace

Bytes log_dimensions() {
  Bytes bytes{0, 8, 19, log_argument, 0};
  append_uint16(bytes, MeterMemory::log_entries);
  append_uint16(bytes, 0);
  return bytes;
}

Bytes log_table(const std::deque<LoggedEvent>& events, std::size_t room) {
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

}  // namespace irmetersim
