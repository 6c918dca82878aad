// metrics.prom, in the Prometheus text format and by the conventions of its names: base units, one
// family for each quantity, and what a value is of (a phase, a tariff) as a label.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "daemon/sinks/cache/cache.hpp"

namespace irmeterd {
namespace {

// What Prometheus calls a unit of D-Bus, and how many of it make one of that. A unit without a row
// is a count.
struct MetricUnit {
  std::string_view dbus_unit;
  std::string_view word;
  std::int64_t factor;
};
constexpr std::array<MetricUnit, 12> units{{{"Wh", "_joules", 3600},
                                            {"varh", "_varhours", 1},
                                            {"VAh", "_voltamperehours", 1},
                                            {"W", "_watts", 1},
                                            {"var", "_vars", 1},
                                            {"VA", "_voltamperes", 1},
                                            {"A", "_amperes", 1},
                                            {"V", "_volts", 1},
                                            {"Hz", "_hertz", 1},
                                            {"s", "_seconds", 1},
                                            {"°", "_degrees", 1},
                                            {"1", "_ratio", 1}}};

MetricUnit unit_of(const Face& face) {
  const auto* const unit = std::ranges::find(units, face.dbus_unit, &MetricUnit::dbus_unit);
  return unit == units.end() ? MetricUnit{face.dbus_unit, "", 1} : *unit;
}

// The label that a word of a key becomes: "l1" of "voltage_l1" is a phase. Empty: it stays a word.
std::string_view label_of(std::string_view word) {
  if (word.back() < '1' || word.back() > '9') {
    return {};
  }
  word.remove_suffix(1);
  if (word == "l") {
    return "phase";
  }
  if (word == "t") {
    return "tariff";
  }
  if (word == "q") {
    return "quadrant";
  }
  return word.empty() ? "input" : "";
}

// The key of a quantity without the word that is a label.
struct MetricKey {
  std::string stem;
  std::string label;  // empty: none
  std::string label_value;
};

MetricKey metric_key(std::string_view key) {
  MetricKey result;
  while (!key.empty()) {
    const std::string_view word = key.substr(0, key.find('_'));
    key.remove_prefix(std::min(word.size() + 1, key.size()));
    if (const std::string_view label = label_of(word); !label.empty() && result.label.empty()) {
      result.label = label;
      result.label_value = label == "phase" ? word : word.substr(word.size() - 1);
    } else {
      result.stem += result.stem.empty() ? "" : "_";
      result.stem += word;
    }
  }
  // What is of one phase must not be added to what is of all of them.
  if (!result.label.empty() &&
      std::ranges::find(irmeter::quantities, result.stem, &irmeter::QuantityInfo::key) !=
          irmeter::quantities.end()) {
    result.stem.insert(0, result.label + "_");
  }
  return result;
}

struct Member {
  irmeter::Quantity id;
  std::string label;  // behind those of the meter: empty, or it begins with a comma
  std::int64_t factor;
  int decimals;
};

struct Family {
  std::string name;
  std::string header;
  std::vector<Member> members;
};

std::string header(const std::string& name, std::string_view help, std::string_view type) {
  return "# HELP " + name + " " + std::string(help) + "\n# TYPE " + name + " " + std::string(type) +
         "\n";
}

std::vector<Family> make_families() {
  std::vector<Family> families;
  for (const Face& face : faces) {
    const MetricKey key = metric_key(irmeter::info(face.id).key);
    const MetricUnit unit = unit_of(face);
    const bool counts = irmeter::is_register(face.id) && !irmeter::info(face.id).may_be_negative;
    const std::string name =
        "ir_meterd_" + key.stem + std::string(unit.word) + (counts ? "_total" : "");
    auto family = std::ranges::find(families, name, &Family::name);
    if (family == families.end()) {
      std::string help = key.stem;
      std::ranges::replace(help, '_', ' ');
      help.front() = static_cast<char>(help.front() - 'a' + 'A');
      families.push_back({name, header(name, help, counts ? "counter" : "gauge"), {}});
      family = families.end() - 1;
    }
    const std::string label =
        key.label.empty() ? "" : "," + key.label + "=\"" + key.label_value + "\"";
    family->members.push_back({face.id, label, unit.factor, face.dbus_decimals});
  }
  return families;
}

// A serial number is printable ASCII, whatever the meter sent; two characters of that need it.
std::string escaped(const std::string& label) {
  std::string text;
  for (const char c : label) {
    if (c == '"' || c == '\\') {
      text += '\\';
    }
    text += c;
  }
  return text;
}

// A meter, and the labels it has in every sample.
struct Labelled {
  const MeterSnapshot& meter;
  std::string labels;
};

void add_sample(std::string& text, std::string_view name, const Labelled& meter,
                std::string_view label, std::int64_t value, int decimals = 0) {
  text += name;
  text += meter.labels;
  text += label;
  text += "} ";
  append_fixed(text, value, decimals);
  text += '\n';
}

void add_family(std::string& text, const Family& family, const std::vector<Labelled>& meters) {
  bool headed = false;
  for (const Labelled& each : meters) {
    for (const Member& member : family.members) {
      if (const auto value = each.meter.true_value(member.id)) {
        if (!std::exchange(headed, true)) {
          text += family.header;
        }
        add_sample(text, family.name, each, member.label, *value * member.factor, member.decimals);
      }
    }
  }
}

// What is told of each meter beside its quantities.
struct Metric {
  Metric(std::string name_of_it, std::string_view help, std::string_view type,
         std::int64_t (*value_of)(const MeterSnapshot&))
      : name(std::move(name_of_it)), head(header(name, help, type)), value(value_of) {}

  std::string name;
  std::string head;
  std::int64_t (*value)(const MeterSnapshot& meter);
};

std::int64_t time_of_reading(const MeterSnapshot& meter) {
  using std::chrono::seconds;
  return meter.reading
             ? std::chrono::duration_cast<seconds>(meter.read_at.time_since_epoch()).count()
             : 0;
}

template <std::uint64_t MeterCounters::*counter>
Metric make_counter(std::string name, std::string_view help) {
  return {std::move(name), help, "counter", [](const MeterSnapshot& meter) {
            return static_cast<std::int64_t>(meter.counters.*counter);
          }};
}

std::vector<Metric> make_metrics() {
  using Counters = MeterCounters;
  return {
      {"ir_meterd_up", "1 while the latest reading is live", "gauge",
       [](const MeterSnapshot& meter) { return std::int64_t{meter.stale ? 0 : 1}; }},
      {"ir_meterd_last_reading_timestamp_seconds",
       "UNIX time of the latest reading, 0 before the first", "gauge", time_of_reading},
      make_counter<&Counters::polls>("ir_meterd_polls_total", "Polls that ended well or badly"),
      make_counter<&Counters::retries>("ir_meterd_retries_total", "Packets sent again"),
      make_counter<&Counters::crc_errors>("ir_meterd_crc_errors_total", "Damaged packets"),
      make_counter<&Counters::echoes>("ir_meterd_echoes_total",
                                      "Packets of our own that came back"),
      make_counter<&Counters::reconnects>("ir_meterd_reconnects_total",
                                          "Times the device was opened again"),
      make_counter<&Counters::withheld>("ir_meterd_held_back_total",
                                        "Values read that could not be true"),
  };
}

}  // namespace

std::string prometheus_text(const std::map<std::string, MeterSnapshot>& all) {
  static const std::vector<Family> families = make_families();
  static const std::vector<Metric> metrics = make_metrics();
  std::vector<Labelled> meters;
  meters.reserve(all.size());
  for (const auto& [name, meter] : all) {
    meters.push_back({meter, "{meter=\"" + name + "\",serial=\"" +
                                 escaped(meter.identity.serial_number) + "\""});
  }
  constexpr std::size_t usual_size = 12'000;  // of a meter
  std::string text;
  text.reserve(usual_size * meters.size());
  for (const Family& family : families) {
    add_family(text, family, meters);
  }
  for (const Metric& metric : metrics) {
    text += metric.head;
    for (const Labelled& each : meters) {
      add_sample(text, metric.name, each, {}, metric.value(each.meter));
    }
  }
  return text;
}

}  // namespace irmeterd
