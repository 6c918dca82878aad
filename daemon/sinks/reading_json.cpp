#include "daemon/sinks/reading_json.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/event_texts.hpp"
#include "common/faces.hpp"
#include "common/json.hpp"

namespace irmeterd {
namespace {

using Time = std::optional<std::chrono::system_clock::time_point>;

Time time_of_reading(const MeterSnapshot& meter) {
  return meter.reading ? Time(meter.read_at) : std::nullopt;
}

void begin(JsonWriter& json, const MeterSnapshot& meter, const Time& time) {
  json.begin_object().key("time");
  if (time) {
    json.time(*time);
  } else {
    json.null();
  }
  json.key("meter").text(irmeter::meter_id(meter.known()));
}

std::string values_json(const MeterSnapshot& meter, const QuantitySet& which, const Time& time) {
  JsonWriter json;
  begin(json, meter, time);
  for (const Face& face : faces) {
    if (!which.test(static_cast<std::size_t>(face.id))) {
      continue;
    }
    json.key(face.json_key);
    if (const auto value = meter.true_value(face.id)) {
      json.fixed(*value, face.json_decimals);
    } else {
      json.null();
    }
  }
  return json.end_object().take();
}

}  // namespace

std::string registers_json(const MeterSnapshot& meter, const QuantitySet& announced) {
  return values_json(meter, announced & irmeter::registers(), time_of_reading(meter));
}

std::string live_json(const MeterSnapshot& meter, const QuantitySet& announced) {
  return values_json(meter, announced & ~irmeter::registers() & ~meter.slow,
                     time_of_reading(meter));
}

std::string details_json(const MeterSnapshot& meter, const QuantitySet& announced) {
  return values_json(meter, announced & ~irmeter::registers() & meter.slow, meter.details_at);
}

std::string reading_json(const MeterSnapshot& meter) {
  return values_json(meter, meter.true_values().present(), time_of_reading(meter));
}

std::string status_json(const MeterSnapshot& meter) {
  JsonWriter json;
  json.begin_object().key("time");
  if (meter.status) {
    json.time(meter.status_at);
  } else {
    json.null();
  }
  json.key("meter").text(irmeter::meter_id(meter.known()));
  json.key("flags");
  if (meter.status) {
    json.begin_array();
    for (const std::string_view name : irmeter::names_of(*meter.status)) {
      json.text(name);
    }
    json.end_array();
  } else {
    json.null();
  }
  json.key("tariff");
  if (meter.tariff) {
    json.integer(*meter.tariff);
  } else {
    json.null();
  }
  json.key("clock_offset_s");
  if (meter.clock_offset) {
    json.fixed(meter.clock_offset->count(), 3);
  } else {
    json.null();
  }
  return json.end_object().take();
}

std::string history_json(const MeterSnapshot& meter) {
  const irmeter::HistoryInterval& interval = *meter.newest_interval;
  JsonWriter json;
  begin(json, meter, interval.end);
  json.key("interval_s").integer(std::chrono::seconds(interval.length).count());
  json.key("status").begin_array();
  for (const std::string_view name : irmeter::names_of(interval.marks)) {
    json.text(name);
  }
  json.end_array();
  for (const irmeter::HistoryInterval::Channel& channel : interval.channels) {
    const Face& shown = face(channel.quantity);
    for (const auto& [key, value] : {std::pair(std::string(shown.json_key), channel.at_end),
                                     std::pair(interval_json_key(shown), channel.consumed)}) {
      json.key(key);
      if (value) {
        json.fixed(*value, shown.json_decimals);
      } else {
        json.null();
      }
    }
  }
  return json.end_object().take();
}

std::string event_json(const MeterSnapshot& meter, const irmeter::LogEntry& entry) {
  JsonWriter json;
  begin(json, meter, entry.time);
  if (entry.is_outage()) {
    json.key("end").time(entry.time + entry.lasted);
  }
  json.key("event_type").text(event_type(entry.id));
  json.key("text").text(event_text(entry));
  json.key("id").integer(entry.id);
  json.key("sequence").integer(entry.sequence);
  json.key("own").boolean(entry.own());
  return json.end_object().take();
}

std::string diagnostics_json(const MeterSnapshot& meter) {
  const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  JsonWriter json;
  begin(json, meter, time_of_reading(meter));
  json.key("state").text(irmeter::info(meter.state()).name);
  json.key("fault");
  if (meter.failure) {
    json.text(irmeter::info(meter.failure->fault).name);
  } else {
    json.null();
  }
  json.key("state_detail").text(meter.detail());
  json.key("poll_time_ms");
  if (meter.reading) {
    json.integer(meter.poll_time.count());
  } else {
    json.null();
  }
  json.key("polls").integer(count(meter.counters.polls));
  json.key("retries").integer(count(meter.counters.retries));
  json.key("crc_errors").integer(count(meter.counters.crc_errors));
  json.key("echoes").integer(count(meter.counters.echoes));
  json.key("reconnects").integer(count(meter.counters.reconnects));
  json.key("held_back").integer(count(meter.counters.withheld));
  json.key("held").begin_array();
  for (const std::string_view key : keys_of(meter.held())) {
    json.text(key);
  }
  json.end_array();
  return json.end_object().take();
}

bool same_registers(const MeterSnapshot& before, const MeterSnapshot& after) {
  return before.reading && after.reading && before.stale == after.stale &&
         before.known() == after.known() &&
         std::ranges::all_of(irmeter::quantities, [&](const irmeter::QuantityInfo& quantity) {
           return !irmeter::is_register(quantity.id) ||
                  before.true_value(quantity.id) == after.true_value(quantity.id);
         });
}

bool same_status(const MeterSnapshot& before, const MeterSnapshot& after) {
  return before.known() == after.known() && before.status == after.status &&
         before.status_at == after.status_at && before.tariff == after.tariff &&
         before.clock_offset == after.clock_offset;
}

bool same_diagnostics(const MeterSnapshot& before, const MeterSnapshot& after) {
  MeterCounters counted = after.counters;
  counted.polls = before.counters.polls;
  return before.known() == after.known() && before.state() == after.state() &&
         before.failure == after.failure && before.counters == counted &&
         before.echo == after.echo && before.held() == after.held() &&
         before.reading.has_value() == after.reading.has_value() &&
         (!after.reading || before.reading->places_assumed == after.reading->places_assumed);
}

}  // namespace irmeterd
