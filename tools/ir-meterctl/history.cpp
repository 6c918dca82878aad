#include "tools/ir-meterctl/history.hpp"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "common/bus_names.hpp"
#include "common/config/checks.hpp"
#include "common/faces.hpp"
#include "lib/meter/self_reads.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/meter_table.hpp"
#include "tools/ir-meterctl/tables.hpp"

namespace irmeterctl {
namespace {

using irmeter::Bytes;

// The meter's local time, taken for that of this machine.
std::tm broken_down(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(time - day);
  std::tm local{};
  local.tm_year = static_cast<int>(date.year()) - 1900;
  local.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  local.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  local.tm_hour = static_cast<int>(of_day.hours().count());
  local.tm_min = static_cast<int>(of_day.minutes().count());
  return local;
}

void write(const std::vector<HistoryEntry>& entries, const MeterInfo& meter,
           const CommandLine& options, Output& output) {
  if (output.json()) {
    output.write(document_of(entries, meter));
  } else if (options.influx) {
    output.bytes(to_influx(entries, meter));
  } else {
    output.bytes(to_csv(entries));
  }
}

bool is_export(const CommandLine& options) {
  return options.json || options.influx || options.history.csv;
}

// Of every self-read the registers, and the difference to the one before.
std::vector<HistoryEntry> entries_of(std::vector<irmeter::SelfRead> reads) {
  std::ranges::sort(reads, {}, &irmeter::SelfRead::time);
  std::vector<HistoryEntry> entries;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    HistoryEntry entry{moment_of(broken_down(reads[i].time)), {}, {}};
    for (const irmeterd::Face& face : irmeterd::faces) {
      const auto value = reads[i].registers.get(face.id);
      if (!value) {
        continue;
      }
      entry.numbers.emplace(irmeter::info(face.id).key, irmeterd::dbus_value(value, face.id));
      const auto before = i > 0 ? reads[i - 1].registers.get(face.id) : std::nullopt;
      if (before && *value >= *before) {
        entry.numbers.emplace(interval_key(face), irmeterd::dbus_value(*value - *before, face.id));
      }
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

void write_months(const std::vector<HistoryEntry>& entries, Output& output) {
  const auto kwh = [](const HistoryEntry& entry, const char* key) {
    const auto found = entry.numbers.find(key);
    const std::string text = found == entry.numbers.end()
                                 ? "-"
                                 : to_text(Number{static_cast<std::int64_t>(found->second), 3, {}});
    return std::string(14 - std::min<std::size_t>(14, text.size()), ' ') + text;
  };
  output.line("Read at             Import (kWh)  in between  Export (kWh)  in between");
  for (const HistoryEntry& entry : entries) {
    output.line(to_text(entry.end).substr(0, 16) + "  " + kwh(entry, "energy_import") +
                kwh(entry, "energy_import_interval").substr(2) + kwh(entry, "energy_export") +
                kwh(entry, "energy_export_interval").substr(2));
  }
}

// The bytes, or nothing after a message.
std::optional<Bytes> read_or_say(const TableReader& read, const irmeter::TableRead& what) {
  TableResult result = read(what);
  if (const auto* const why = std::get_if<std::string>(&result)) {
    print_error(*why);
    return std::nullopt;
  }
  return std::get<Bytes>(std::move(result));
}

int show_billing(const TableReader& read, const MeterInfo& meter, const CommandLine& options,
                 Output& output) {
  TableResult dimensions = read({irmeter::bt21, 0, irmeter::dimensions_size});
  if (std::holds_alternative<std::string>(dimensions)) {
    dimensions = read({irmeter::bt20, 0, irmeter::dimensions_size});
  }
  const auto head = read_or_say(read, {irmeter::bt26, 0, irmeter::bt26_head_size});
  const auto* const shape = std::get_if<Bytes>(&dimensions);
  if (!head || shape == nullptr) {
    return EXIT_FAILURE;
  }
  const auto decoded = irmeter::decode_bt26_head(*head, *shape);
  if (!decoded) {
    print_error(decoded.error().what);
    return EXIT_FAILURE;
  }
  irmeter::SelfReads layout = *decoded;
  read_sources(read, irmeter::bt23, layout.dimensions);
  read_register_unit(read, layout.dimensions);
  std::vector<irmeter::SelfRead> reads;
  for (std::uint8_t record = 0; record < layout.records; ++record) {
    const auto bytes = read_or_say(
        read, {irmeter::bt26, layout.offset(record), static_cast<std::uint16_t>(layout.size)});
    if (!bytes) {
      return EXIT_FAILURE;
    }
    if (auto months = layout.decode(*bytes)) {
      reads.push_back(*months);
    }
  }
  const std::vector<HistoryEntry> entries = entries_of(std::move(reads));
  if (is_export(options)) {
    write(entries, meter, options, output);
  } else {
    write_months(entries, output);
  }
  return EX_OK;
}

int show_profile(const DaemonClient& client, const MeterInfo& meter, const CommandLine& options,
                 Output& output) {
  const Moment now = std::chrono::system_clock::now();
  std::array<std::pair<const char*, Moment>, 2> span{{{"--from", now}, {"--to", now}}};
  for (std::size_t i = 0; i < span.size(); ++i) {
    const std::string& text = i == 0 ? options.history.from : options.history.to;
    auto& [name, moment] = span[i];
    if (text.empty()) {
      continue;
    }
    const auto parsed = parse_moment(text);
    if (!parsed) {
      print_error(std::string(name) + ": " + irmeterd::in_quotes(text) +
                  " is not a time such as 2026-11-20 or 2026-11-20T17:30");
      return EX_USAGE;
    }
    moment = *parsed;
  }
  if (options.history.from.empty()) {
    span[0].second = begin_of_day(span[1].second, 7);
  }
  if (span[0].second > span[1].second) {
    print_error("--from is later than --to, or than now");
    return EX_USAGE;
  }
  if (::isatty(STDERR_FILENO) == 1) {
    std::fputs("Reading the meter in the pauses between its polls ...\n", stderr);
  }
  const auto entries = client.get_history(meter.name, span[0].second, span[1].second);
  if (is_export(options)) {
    write(entries, meter, options, output);
  } else {
    output.bytes(history_chart(entries, screen().utf8));
  }
  return EX_OK;
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  const bool date_only = text.size() == 10;
  if (!date_only && (text.size() != 16 || (text[10] != 'T' && text[10] != ' '))) {
    return std::nullopt;
  }
  const auto number = [&text](std::size_t at, std::size_t digits) {
    int value = -1;
    const char* const end = text.data() + at + digits;
    const auto [last, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && last == end ? value : -1;
  };
  const bool separated = text[4] == '-' && text[7] == '-' && (date_only || text[13] == ':');
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = date_only ? 0 : number(11, 2);
  const int minute = date_only ? 0 : number(14, 2);
  if (!separated || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      date.year() < std::chrono::year(2000)) {
    return std::nullopt;
  }
  return moment_of(broken_down(std::chrono::sys_days(date) + std::chrono::hours(hour) +
                               std::chrono::minutes(minute)));
}

int history(const CommandLine& options, Output& output) {
  const DaemonClient client(chosen_bus(options));
  const Meters meters = client.look().meters;
  std::vector<std::string> names;
  for (const auto& [path, meter] : meters) {
    names.push_back(meter.name);
  }
  const std::string name = meter_to_read(names, options.meter);
  if (name.empty()) {
    return EX_USAGE;
  }
  const MeterInfo& meter = meters.at(irmeterd::meter_path(name));
  if (!options.history.billing) {
    return show_profile(client, meter, options, output);
  }
  return show_billing(
      [&](const irmeter::TableRead& what) -> TableResult {
        try {
          return client.read_table(name, what);
        } catch (const Failure& failure) {
          return std::string(failure.what());
        }
      },
      meter, options, output);
}

}  // namespace irmeterctl
