// The past of a meter for other programs: CSV, JSON and the line protocol of InfluxDB.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "tools/ir-meterctl/history.hpp"

namespace irmeterctl {
namespace {

// One number of an entry.
struct Column {
  std::string key;       // on D-Bus
  std::string json_key;  // with its unit
  int decimals = 0;
  int dbus_decimals = 0;

  [[nodiscard]] std::optional<Number> number_of(const HistoryEntry& entry) const {
    const auto found = entry.numbers.find(key);
    const double scaled =
        found == entry.numbers.end() ? NAN : found->second * std::pow(10.0, dbus_decimals);
    return std::fabs(scaled) < 1e15 ? std::optional(Number{std::llround(scaled), decimals, {}})
                                    : std::nullopt;
  }
};

std::vector<Column> columns_of(const std::vector<HistoryEntry>& entries) {
  std::vector<Column> all{{"interval", "interval_s"}};
  for (const irmeterd::Face& face : irmeterd::faces) {
    all.push_back({std::string(irmeter::info(face.id).key), std::string(face.json_key),
                   face.json_decimals, face.dbus_decimals});
    all.push_back(
        {interval_key(face), interval_json_key(face), face.json_decimals, face.dbus_decimals});
  }
  std::erase_if(all, [&](const Column& column) {
    return std::ranges::none_of(
        entries, [&](const HistoryEntry& entry) { return entry.numbers.contains(column.key); });
  });
  return all;
}

}  // namespace

std::string to_csv(const std::vector<HistoryEntry>& entries) {
  const std::vector<Column> columns = columns_of(entries);
  std::string text = "time,status";
  for (const Column& column : columns) {
    text += "," + column.json_key;
  }
  for (const HistoryEntry& entry : entries) {
    const std::string quoted = irmeterd::JsonWriter().time(entry.end).take();
    text += "\n" + quoted.substr(1, quoted.size() - 2) + "," + entry.status;
    for (const Column& column : columns) {
      const auto number = column.number_of(entry);
      text += "," + (number ? to_text(*number) : std::string());
    }
  }
  return text + "\n";
}

std::string to_influx(const std::vector<HistoryEntry>& entries, const MeterInfo& meter) {
  const std::vector<Column> columns = columns_of(entries);
  std::string text;
  for (const HistoryEntry& entry : entries) {
    std::string fields;
    for (const Column& column : columns) {
      if (const auto number = column.number_of(entry)) {
        fields += (fields.empty() ? "" : ",") + column.json_key + "=" + to_text(*number);
      }
    }
    if (!entry.status.empty()) {
      fields += (fields.empty() ? "" : ",") + std::string("status=\"") + entry.status + "\"";
    }
    const std::chrono::nanoseconds end = entry.end.time_since_epoch();
    text += fields.empty() ? ""
                           : "electricity_history,meter=" + meter.id() + ",name=" + meter.name +
                                 " " + fields + " " + std::to_string(end.count()) + "\n";
  }
  return text;
}

Document document_of(const std::vector<HistoryEntry>& entries, const MeterInfo& meter) {
  Document document{{{"", "name", meter.name}}, "intervals"};
  if (const std::string id = meter.id(); !id.empty()) {
    document.facts.push_back({"", "meter", id});
  }
  const std::vector<Column> columns = columns_of(entries);
  for (const HistoryEntry& entry : entries) {
    std::vector<std::string> status;
    std::istringstream words(entry.status);
    for (std::string word; words >> word;) {
      status.push_back(word);
    }
    Facts facts{{"", "time", entry.end}, {"", "status", status}};
    for (const Column& column : columns) {
      const auto number = column.number_of(entry);
      facts.push_back({"", column.json_key, number ? Value(*number) : Value(Unknown{})});
    }
    document.groups.push_back(std::move(facts));
  }
  return document;
}

}  // namespace irmeterctl
