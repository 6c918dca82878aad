#include "daemon/sinks/mqtt/home_assistant.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/event_texts.hpp"
#include "common/faces.hpp"
#include "common/json.hpp"
#include "common/version.hpp"

namespace irmeterd {
namespace {

// What tells one entity from the others; empty fields and negative precision are left out.
struct Entity {
  std::string_view platform{};
  std::string_view key{};
  std::string_view name{};
  std::string_view device_class{};
  std::string_view state_class{};
  std::string_view unit{};
  std::string_view icon{};  // where Home Assistant has none for the class
  int precision = -1;
  bool diagnostic = false;
  bool enabled = true;
};

// Without the zeros that fill the number up.
std::string_view significant(std::string_view number) {
  return number.substr(std::min(number.find_first_not_of('0'), number.size()));
}

// Something was counted in a second tariff.
bool counts_tariffs(const MeterSnapshot& meter) {
  constexpr std::uint8_t per_tier = 2;
  return std::ranges::any_of(irmeter::quantities, [&](const irmeter::QuantityInfo& quantity) {
    return quantity.source == irmeter::Source::tiers && quantity.index >= per_tier &&
           meter.details.get(quantity.id).value_or(0) > 0;
  });
}

// BT01 has room for four letters.
std::string_view manufacturer(std::string_view code) {
  return code == "ELON" ? "Echelon" : code;
}

class Description {
 public:
  Description(const MqttTopics& topics, std::string id, std::string entity_prefix)
      : topics_(topics), id_(std::move(id)), entity_prefix_(std::move(entity_prefix)) {}

  std::string meter(const MeterDescription& meter) {
    json_.begin_object();
    meter_device(meter);
    origin();
    availability({topics_.daemon_availability(), topics_.availability(id_)});
    json_.key("availability_mode").text("all");
    json_.key("qos").integer(1);
    json_.key("components").begin_object();
    for (const Face& face : faces) {
      if (meter.announced.test(static_cast<std::size_t>(face.id))) {
        quantity_sensor(face, meter);
      }
    }
    status_entities(meter);
    state_entities();
    counters();
    read_button();
    json_.end_object();
    return json_.end_object().take();
  }

  std::string daemon(const std::string& host_name) {
    json_.begin_object();
    json_.key("device").begin_object();
    json_.key("identifiers").begin_array().text(id_).end_array();
    option("name", "ir-meterd on " + host_name);
    option("sw_version", version_text);
    json_.end_object();
    origin();
    json_.key("qos").integer(1);
    json_.key("components").begin_object();
    // Its state is the will topic, so it is always available.
    begin({.platform = "binary_sensor",
           .key = "connected",
           .name = "Connected",
           .device_class = "connectivity",
           .diagnostic = true});
    option("state_topic", topics_.daemon_availability());
    option("payload_on", mqtt_online);
    option("payload_off", mqtt_offline);
    json_.end_object().end_object();
    return json_.end_object().take();
  }

 private:
  void meter_device(const MeterDescription& meter) {
    const irmeter::Identity& identity = meter.identity;
    const std::string_view printed =
        significant(identity.utility_serial_number.empty() ? identity.serial_number
                                                           : identity.utility_serial_number);
    json_.key("device").begin_object();
    json_.key("identifiers").begin_array().text(id_).end_array();
    option("name", "Electricity meter " + meter.name +
                       (meter.one_of_several ? " " + std::string(printed) : ""));
    option("manufacturer", manufacturer(identity.manufacturer));
    option("model", identity.model);
    option("hw_version", identity.hardware_version);
    option("sw_version", identity.firmware_version);
    option("serial_number", printed);
    option("via_device", daemon_id(topics_.host));
    json_.end_object();
  }

  void origin() {
    json_.key("origin").begin_object();
    option("name", "ir-meterd");
    option("sw_version", version_text);
    json_.end_object();
  }

  void quantity_sensor(const Face& face, const MeterDescription& meter) {
    const bool is_slow = meter.slow.test(static_cast<std::size_t>(face.id));
    begin({.platform = "sensor",
           .key = irmeter::info(face.id).key,
           .name = face.label,
           .device_class = face.device_class,
           .state_class = face.state_class,
           .unit = face.unit,
           .icon = face.icon,
           .precision = face.display_precision,
           .enabled =
               face.enabled_by_default ||
               (irmeter::info(face.id).source == irmeter::Source::tiers && meter.counts_tariffs)});
    const bool is_register = irmeter::is_register(face.id);
    option("state_topic", is_register ? topics_.registers(id_)
                          : is_slow   ? topics_.details(id_)
                                      : topics_.live(id_));
    if (is_register || face.json_decimals == face.display_precision) {
      value_of(face.json_key);
    } else {
      // What is not shown is not recorded either; null stays unknown.
      option("value_template", "{{ value_json." + std::string(face.json_key) + " | round(" +
                                   std::to_string(face.display_precision) + ", default=none) }}");
    }
    if (!is_register) {
      const auto limit = is_slow ? meter.details_limit : meter.stale_limit;
      json_.key("expire_after").integer(std::chrono::ceil<std::chrono::seconds>(limit).count());
    }
    json_.end_object();
  }

  // What the meter says of itself: BT03, BT74, BT55, BT52.
  void status_entities(const MeterDescription& meter) {
    if (meter.has_status) {
      std::ranges::for_each(irmeter::status_flags, [this](const auto& flag) { flag_sensor(flag); });
    }
    if (meter.has_log) {
      begin({.platform = "event",
             .key = "log",
             .name = "Log",
             .icon = "mdi:clipboard-text-clock-outline"});
      option("state_topic", topics_.event(id_));
      json_.key("event_types").begin_array();
      for (const auto& [id, name] : irmeter::event_names) {
        json_.text(event_type(id));
      }
      json_.text(event_type(0)).end_array().end_object();
    }
    if (meter.has_tariff) {
      begin({.platform = "sensor",
             .key = "tariff",
             .name = "Tariff",
             .device_class = "enum",
             .icon = "mdi:clock-time-four-outline"});
      option("state_topic", topics_.status(id_));
      option("value_template", "{{ value_json.tariff | string }}");
      json_.key("options").begin_array();
      for (const std::string_view tariff : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
        json_.text(tariff);
      }
      json_.end_array().end_object();
    }
    if (meter.has_clock) {
      begin({.platform = "sensor",
             .key = "clock_offset",
             .name = "Clock offset",
             .device_class = "duration",
             .state_class = "measurement",
             .unit = "s",
             .icon = "mdi:clock-alert-outline",
             .precision = 1,
             .diagnostic = true});
      option("state_topic", topics_.status(id_));
      option("value_template", "{{ value_json.clock_offset_s | round(1, default=none) }}");
      json_.end_object();
    }
  }

  void flag_sensor(const irmeter::StatusFlag& flag) {
    std::string name(flag.name);
    std::ranges::replace(name, '_', ' ');
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
    using Kind = irmeter::FlagKind;
    const std::string_view device_class = flag.kind == Kind::problem  ? "problem"
                                          : flag.kind == Kind::tamper ? "tamper"
                                                                      : "";
    begin({.platform = "binary_sensor",
           .key = flag.name,
           .name = name,
           .device_class = device_class,
           .diagnostic = true,
           .enabled = flag.kind != Kind::notice});
    option("state_topic", topics_.status(id_));
    option("value_template", "{{ none if value_json.flags is none else 'ON' if '" +
                                 std::string(flag.name) + "' in value_json.flags else 'OFF' }}");
    json_.end_object();
  }

  // Entities that say how the reading goes. They must speak when the meter does not, so what counts
  // for them is that the daemon is there and reads this meter.
  void state_entities() {
    begin_diagnostic({.platform = "sensor",
                      .key = "state",
                      .name = "State",
                      .device_class = "enum",
                      .icon = "mdi:list-status"});
    value_of("state");
    json_.key("options").begin_array();
    for (const auto& state : irmeter::states) {
      json_.text(state.name);
    }
    json_.end_array().end_object();

    begin_diagnostic(
        {.platform = "sensor", .key = "state_detail", .name = "State detail", .icon = "mdi:text"});
    // Home Assistant refuses states of more than 255 characters.
    option("value_template", "{{ (value_json.state_detail or '')[:255] }}");
    json_.end_object();

    begin_diagnostic({.platform = "binary_sensor",
                      .key = "problem",
                      .name = "Problem",
                      .device_class = "problem"});
    option("value_template",
           "{{ 'OFF' if value_json.state in ['online', 'starting', 'quiet', none] "
           "and not value_json.held else 'ON' }}");
    json_.end_object();

    begin_diagnostic({.platform = "sensor",
                      .key = "last_reading",
                      .name = "Last reading",
                      .device_class = "timestamp",
                      .enabled = false});
    value_of("time");
    json_.end_object();

    begin_diagnostic({.platform = "sensor",
                      .key = "poll_time",
                      .name = "Poll time",
                      .device_class = "duration",
                      .state_class = "measurement",
                      .unit = "ms",
                      .precision = 0,
                      .enabled = false});
    value_of("poll_time_ms");
    json_.end_object();
  }

  void counters() {
    counter("retries", "Retries", "mdi:repeat", true);
    counter("crc_errors", "CRC errors", "mdi:alert-decagram-outline", true);
    // A probe that hears itself counts up with every packet.
    counter("echoes", "Echoes", "mdi:reflect-horizontal", false);
    counter("reconnects", "Reconnects", "mdi:connection", true);
    counter("held_back", "Values held back", "mdi:filter-outline", true);
  }

  void counter(std::string_view key, std::string_view name, std::string_view icon, bool enabled) {
    begin_diagnostic({.platform = "sensor",
                      .key = key,
                      .name = name,
                      .state_class = "total_increasing",
                      .icon = icon,
                      .enabled = enabled});
    value_of(key);
    json_.end_object();
  }

  void read_button() {
    begin({.platform = "button",
           .key = "read_now",
           .name = "Read now",
           .icon = "mdi:eye-refresh-outline",
           .diagnostic = true});
    availability_of_diagnostics();
    option("command_topic", topics_.command(id_));
    option("payload_press", mqtt_read_now);
    json_.end_object();
  }

  // The keys all components have in common; the caller adds its own and ends the object.
  void begin(const Entity& entity) {
    json_.key(entity.key).begin_object();
    option("platform", entity.platform);
    option("unique_id", id_ + "_" + std::string(entity.key));
    option("default_entity_id",
           std::string(entity.platform) + "." + entity_prefix_ + "_" + std::string(entity.key));
    option("name", entity.name);
    option("device_class", entity.device_class);
    option("state_class", entity.state_class);
    option("unit_of_measurement", entity.unit);
    option("icon", entity.icon);
    if (entity.precision >= 0) {
      json_.key("suggested_display_precision").integer(entity.precision);
    }
    if (entity.diagnostic) {
      option("entity_category", "diagnostic");
    }
    if (!entity.enabled) {
      json_.key("enabled_by_default").boolean(false);
    }
  }

  void begin_diagnostic(Entity entity) {
    entity.diagnostic = true;
    begin(entity);
    availability_of_diagnostics();
    option("state_topic", topics_.diagnostics(id_));
  }

  void availability_of_diagnostics() {
    json_.key("availability").begin_array();
    json_.begin_object().key("topic").text(topics_.daemon_availability()).end_object();
    json_.begin_object().key("topic").text(topics_.diagnostics(id_));
    option("value_template", "{{ 'offline' if value_json.state is none else 'online' }}");
    json_.end_object().end_array();
  }

  void availability(std::initializer_list<std::string> topics) {
    json_.key("availability").begin_array();
    for (const std::string& topic : topics) {
      json_.begin_object().key("topic").text(topic).end_object();
    }
    json_.end_array();
  }

  void value_of(std::string_view key) {
    option("value_template", "{{ value_json." + std::string(key) + " }}");
  }

  void option(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      json_.key(key).text(value);
    }
  }

  const MqttTopics& topics_;
  std::string id_;
  std::string entity_prefix_;
  JsonWriter json_;
};

// Fit for an entity's id.
std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    const bool upper = c >= 'A' && c <= 'Z';
    return upper ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
  });
  return text;
}

}  // namespace

MeterDescription describe(const MeterSnapshot& meter, const QuantitySet& announced,
                          bool one_of_several) {
  return {.name = meter.name,
          .identity = meter.identity,
          .announced = announced,
          .slow = meter.slow,
          .stale_limit = meter.stale_limit(),
          .details_limit = meter.details_limit(),
          .one_of_several = one_of_several,
          .has_status = meter.status.has_value(),
          .has_tariff = meter.tariff.has_value(),
          .has_clock = meter.clock_offset.has_value(),
          .has_log = meter.log != nullptr,
          .counts_tariffs = counts_tariffs(meter)};
}

std::string discovery_json(const MeterDescription& meter, const MqttTopics& topics) {
  return Description(topics, irmeter::meter_id(meter.identity), "electricity_meter_" + meter.name)
      .meter(meter);
}

std::map<std::string, std::string> component_messages(const std::string& id,
                                                      const std::string& device,
                                                      const MqttTopics& topics) {
  const auto message = nlohmann::ordered_json::parse(device);
  std::map<std::string, std::string> messages;
  for (const auto& [key, component] : message["components"].items()) {
    auto single = component;
    single.erase("platform");
    for (const auto& [name, value] : message.items()) {
      if (name != "components" && !single.contains(name)) {
        single[name] = value;
      }
    }
    messages.emplace(topics.component_discovery(component["platform"].get<std::string>(), id, key),
                     single.dump());
  }
  return messages;
}

std::string daemon_discovery_json(const MqttTopics& topics, const std::string& host_name) {
  const std::string id = daemon_id(topics.host);
  return Description(topics, id, in_small_letters(id)).daemon(host_name);
}

}  // namespace irmeterd
