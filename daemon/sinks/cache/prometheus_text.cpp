// metrics.prom, in the Prometheus text format and by the conventions of its names: base units, one
// family for each quantity, and what a value is of (a phase, a tariff) as a label.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "common/made_text.hpp"
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

constexpr MetricUnit unit_of(const Face& face) {
  const auto* const unit = std::ranges::find(units, face.dbus_unit, &MetricUnit::dbus_unit);
  return unit == units.end() ? MetricUnit{face.dbus_unit, "", 1} : *unit;
}

// The label that a word of a key becomes: "l1" of "voltage_l1" is a phase. Empty: it stays a word.
constexpr std::string_view label_of(std::string_view word) {
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
  MadeText<48> stem;
  std::string_view label;  // empty: none
  std::string_view label_value;
};

constexpr MetricKey metric_key(std::string_view key) {
  MetricKey result;
  while (!key.empty()) {
    const std::string_view word = key.substr(0, key.find('_'));
    key.remove_prefix(std::min(word.size() + 1, key.size()));
    if (const std::string_view label = label_of(word); !label.empty() && result.label.empty()) {
      result.label = label;
      result.label_value = label == "phase" ? word : word.substr(word.size() - 1);
    } else {
      result.stem.add(result.stem.size == 0 ? "" : "_");
      result.stem.add(word);
    }
  }
  // What is of one phase must not be added to what is of all of them.
  if (!result.label.empty() &&
      std::ranges::find(irmeter::quantities, result.stem.view(), &irmeter::QuantityInfo::key) !=
          irmeter::quantities.end()) {
    MadeText<48> stem;
    stem.add(result.label);
    stem.add('_');
    stem.add(result.stem.view());
    result.stem = stem;
  }
  return result;
}

struct Member {
  irmeter::Quantity id{};
  MadeText<24> label;  // behind those of the meter: empty, or it begins with a comma
};

struct Family {
  MadeText<72> name;
  MadeText<224> header;
  std::int64_t factor = 1;
  int decimals = 0;
  std::array<Member, 8> members;  // the compiler refuses one that has more
  std::size_t size = 0;
};

template <typename Add>
constexpr void add_header(std::string_view name, std::string_view help, std::string_view type,
                          const Add& add) {
  for (const std::string_view part :
       {std::string_view("# HELP "), name, std::string_view(" "), help,
        std::string_view("\n# TYPE "), name, std::string_view(" "), type, std::string_view("\n")}) {
    add(part);
  }
}

struct Families {
  std::array<Family, irmeter::quantity_count> all;  // as many at most
  std::size_t size = 0;
};

consteval Families make_families() {
  Families families;
  for (const Face& face : faces) {
    const MetricKey key = metric_key(irmeter::info(face.id).key);
    const MetricUnit unit = unit_of(face);
    const bool counts = irmeter::is_register(face.id) && !irmeter::info(face.id).may_be_negative;
    MadeText<72> name;
    for (const std::string_view part : {std::string_view("ir_meterd_"), key.stem.view(), unit.word,
                                        std::string_view(counts ? "_total" : "")}) {
      name.add(part);
    }
    std::size_t place = 0;
    while (place < families.size && families.all[place].name.view() != name.view()) {
      ++place;
    }
    Family& family = families.all[place];
    if (place == families.size) {
      ++families.size;
      MadeText<48> help;
      for (const char c : key.stem.view()) {
        help.add(help.size == 0 ? upper(c) : c == '_' ? ' ' : c);
      }
      family.name = name;
      add_header(name.view(), help.view(), counts ? "counter" : "gauge",
                 [&](std::string_view part) { family.header.add(part); });
      family.factor = unit.factor;
      family.decimals = face.dbus_decimals;
    }
    Member& member = family.members[family.size++];
    member.id = face.id;
    if (!key.label.empty()) {
      for (const std::string_view part : {std::string_view(","), key.label, std::string_view("=\""),
                                          key.label_value, std::string_view("\"")}) {
        member.label.add(part);
      }
    }
  }
  return families;
}

constexpr auto families = [] {
  std::array<Family, make_families().size> made;
  std::ranges::copy_n(make_families().all.begin(), made.size(), made.begin());
  return made;
}();

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
    for (const Member& member : std::span(family.members).first(family.size)) {
      if (const auto value = each.meter.true_value(member.id)) {
        if (!std::exchange(headed, true)) {
          text += family.header.view();
        }
        add_sample(text, family.name.view(), each, member.label.view(), *value * family.factor,
                   family.decimals);
      }
    }
  }
}

// What is told of each meter beside its quantities.
struct Metric {
  std::string_view name;
  std::string_view help;
  std::string_view type;
  std::int64_t (*value)(const MeterSnapshot& meter);
};

std::int64_t seconds_of_reading(const MeterSnapshot& meter) {
  using std::chrono::seconds;
  return meter.reading
             ? std::chrono::duration_cast<seconds>(meter.read_at.time_since_epoch()).count()
             : 0;
}

template <std::uint64_t MeterCounters::*counter>
std::int64_t count_of(const MeterSnapshot& meter) {
  return static_cast<std::int64_t>(meter.counters.*counter);
}

using Counters = MeterCounters;
constexpr std::array<Metric, 8> metrics{{
    {"ir_meterd_up", "1 while the latest reading is live", "gauge",
     [](const MeterSnapshot& meter) { return std::int64_t{meter.stale ? 0 : 1}; }},
    {"ir_meterd_last_reading_timestamp_seconds",
     "UNIX time of the latest reading, 0 before the first", "gauge", seconds_of_reading},
    {"ir_meterd_polls_total", "Polls that ended well or badly", "counter",
     count_of<&Counters::polls>},
    {"ir_meterd_retries_total", "Packets sent again", "counter", count_of<&Counters::retries>},
    {"ir_meterd_crc_errors_total", "Damaged packets", "counter", count_of<&Counters::crc_errors>},
    {"ir_meterd_echoes_total", "Packets of our own that came back", "counter",
     count_of<&Counters::echoes>},
    {"ir_meterd_reconnects_total", "Times the device was opened again", "counter",
     count_of<&Counters::reconnects>},
    {"ir_meterd_held_back_total", "Values read that could not be true", "counter",
     count_of<&Counters::withheld>},
}};

}  // namespace

std::string prometheus_text(const std::map<std::string, MeterSnapshot>& all) {
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
    add_header(metric.name, metric.help, metric.type, [&](std::string_view part) { text += part; });
    for (const Labelled& each : meters) {
      add_sample(text, metric.name, each, {}, metric.value(each.meter));
    }
  }
  return text;
}

}  // namespace irmeterd
