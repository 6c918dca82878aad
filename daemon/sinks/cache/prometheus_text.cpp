#include <chrono>
#include <string>
#include <string_view>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "daemon/sinks/cache/cache.hpp"

namespace irmeterd {
namespace {

void add_header(std::string& text, const std::string& name, std::string_view help,
                std::string_view type) {
  text += "# HELP " + name + " " + std::string(help) + "\n# TYPE " + name + " " +
          std::string(type) + "\n";
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

void add_sample(std::string& text, const std::string& name, const MeterSnapshot& meter,
                const std::string& value) {
  text += name + "{meter=\"" + meter.name + "\",serial=\"" + escaped(meter.identity.serial_number) +
          "\"} " + value + "\n";
}

void add_quantity(std::string& text, const Face& face,
                  const std::map<std::string, MeterSnapshot>& meters) {
  const bool lasts = irmeter::is_register(face.id);
  const std::string name(face.metric);
  std::string samples;
  for (const auto& [key, meter] : meters) {
    if (const auto value = meter.true_values().get(face.id)) {
      add_sample(samples, name, meter, JsonWriter().fixed(*value, face.dbus_decimals).take());
    }
  }
  if (!samples.empty()) {
    add_header(text, name, face.label, lasts ? "counter" : "gauge");
    text += samples;
  }
}

template <typename Value>
void add_metric(std::string& text, const std::string& name, std::string_view help,
                std::string_view type, const std::map<std::string, MeterSnapshot>& meters,
                const Value& value) {
  add_header(text, name, help, type);
  for (const auto& [key, meter] : meters) {
    add_sample(text, name, meter, std::to_string(value(meter)));
  }
}

}  // namespace

std::string prometheus_text(const std::map<std::string, MeterSnapshot>& meters) {
  std::string text;
  for (const Face& face : faces) {
    add_quantity(text, face, meters);
  }
  add_metric(text, "ir_meterd_up", "1 while the latest reading is live", "gauge", meters,
             [](const MeterSnapshot& meter) { return meter.stale ? 0 : 1; });
  add_metric(
      text, "ir_meterd_last_reading_timestamp_seconds",
      "UNIX time of the latest reading, 0 before the first", "gauge", meters,
      [](const MeterSnapshot& meter) {
        using std::chrono::seconds;
        return meter.reading
                   ? std::chrono::duration_cast<seconds>(meter.read_at.time_since_epoch()).count()
                   : 0;
      });
  const auto counter = [&](const std::string& name, std::string_view help,
                           std::uint64_t MeterCounters::*value) {
    add_metric(text, name, help, "counter", meters,
               [value](const MeterSnapshot& meter) { return meter.counters.*value; });
  };
  using Counters = MeterCounters;
  counter("ir_meterd_polls_total", "Polls that ended well or badly", &Counters::polls);
  counter("ir_meterd_retries_total", "Packets sent again", &Counters::retries);
  counter("ir_meterd_crc_errors_total", "Damaged packets", &Counters::crc_errors);
  counter("ir_meterd_echoes_total", "Packets of our own that came back", &Counters::echoes);
  counter("ir_meterd_reconnects_total", "Times the device was opened again", &Counters::reconnects);
  counter("ir_meterd_held_back_total", "Values read that could not be true", &Counters::withheld);
  return text;
}

}  // namespace irmeterd
