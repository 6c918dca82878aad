#include "daemon/sinks/mqtt/home_assistant.hpp"

#include <chrono>
#include <string_view>

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
  int precision = -1;
  bool diagnostic = false;
  bool enabled = true;
};

class Discovery {
 public:
  Discovery(const MeterSnapshot& meter, const MqttTopics& topics)
      : meter_(meter), topics_(topics), id_(irmeter::meter_id(meter.identity)) {}

  std::string write(const QuantitySet& announced) {
    json_.begin_object();
    device();
    origin();
    availability({topics_.daemon_availability(), topics_.availability(id_)});
    json_.key("availability_mode").text("all");
    json_.key("qos").integer(1);
    json_.key("components").begin_object();
    for (const Face& face : faces) {
      if (announced.test(static_cast<std::size_t>(face.id))) {
        quantity_sensor(face);
      }
    }
    state_entities();
    counters();
    daemon_entities();
    json_.end_object();
    return json_.end_object().take();
  }

 private:
  void device() {
    const irmeter::Identity& identity = meter_.identity;
    json_.key("device").begin_object();
    json_.key("identifiers").begin_array().text(id_).end_array();
    option("name", "Electricity meter " + meter_.name);
    option("manufacturer", identity.manufacturer);
    option("model", identity.model);
    option("hw_version", identity.hardware_version);
    option("sw_version", identity.firmware_version);
    option("serial_number", identity.serial_number);
    json_.end_object();
  }

  void origin() {
    json_.key("origin").begin_object();
    option("name", "ir-meterd");
    option("sw_version", version_text);
    json_.end_object();
  }

  void quantity_sensor(const Face& face) {
    begin({.platform = "sensor",
           .key = irmeter::info(face.id).key,
           .name = face.label,
           .device_class = face.device_class,
           .state_class = face.state_class,
           .unit = face.unit,
           .precision = face.display_precision,
           .enabled = face.enabled_by_default});
    const bool is_register = irmeter::is_register(face.id);
    option("state_topic", is_register ? topics_.registers(id_) : topics_.live(id_));
    value_of(face.json_key);
    if (!is_register) {
      const auto limit = std::chrono::ceil<std::chrono::seconds>(meter_.stale_limit());
      json_.key("expire_after").integer(limit.count());
    }
    json_.end_object();
  }

  // Entities that say how the reading goes. They must speak when the meter does not, so only the
  // daemon's own availability counts for them.
  void state_entities() {
    begin_diagnostic(
        {.platform = "sensor", .key = "state", .name = "State", .device_class = "enum"});
    value_of("state");
    json_.key("options").begin_array();
    for (const auto& state : irmeter::states) {
      json_.text(state.name);
    }
    json_.end_array().end_object();

    begin_diagnostic({.platform = "sensor", .key = "state_detail", .name = "State detail"});
    // Home Assistant refuses states of more than 255 characters.
    option("value_template", "{{ value_json.state_detail[:255] }}");
    json_.end_object();

    begin_diagnostic({.platform = "binary_sensor",
                      .key = "problem",
                      .name = "Problem",
                      .device_class = "problem"});
    option("value_template",
           "{{ 'OFF' if value_json.state in ['online', 'starting', 'quiet'] else 'ON' }}");
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
    counter("retries", "Retries", true);
    counter("crc_errors", "CRC errors", true);
    // A probe that hears itself counts up with every packet.
    counter("echoes", "Echoes", false);
    counter("reconnects", "Reconnects", true);
    counter("held_back", "Values held back", true);
  }

  void counter(std::string_view key, std::string_view name, bool enabled) {
    begin_diagnostic({.platform = "sensor",
                      .key = key,
                      .name = name,
                      .state_class = "total_increasing",
                      .enabled = enabled});
    value_of(key);
    json_.end_object();
  }

  void daemon_entities() {
    begin({.platform = "binary_sensor",
           .key = "connected",
           .name = "Connected",
           .device_class = "connectivity",
           .diagnostic = true});
    // Its state is the will topic; under the shared availability it could never say "off".
    availability({});
    option("state_topic", topics_.daemon_availability());
    option("payload_on", mqtt_online);
    option("payload_off", mqtt_offline);
    json_.end_object();

    begin({.platform = "button", .key = "read_now", .name = "Read now", .diagnostic = true});
    availability({topics_.daemon_availability()});
    option("command_topic", topics_.command(id_));
    option("payload_press", mqtt_read_now);
    json_.end_object();
  }

  // The keys all components have in common; the caller adds its own and ends the object.
  void begin(const Entity& entity) {
    json_.key(entity.key).begin_object();
    option("platform", entity.platform);
    option("unique_id", id_ + "_" + std::string(entity.key));
    option("default_entity_id", std::string(entity.platform) + ".electricity_meter_" + meter_.name +
                                    "_" + std::string(entity.key));
    option("name", entity.name);
    option("device_class", entity.device_class);
    option("state_class", entity.state_class);
    option("unit_of_measurement", entity.unit);
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
    availability({topics_.daemon_availability()});
    option("state_topic", topics_.diagnostics(id_));
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

  const MeterSnapshot& meter_;
  const MqttTopics& topics_;
  std::string id_;
  JsonWriter json_;
};

}  // namespace

std::string discovery_json(const MeterSnapshot& meter, const QuantitySet& announced,
                           const MqttTopics& topics) {
  return Discovery(meter, topics).write(announced);
}

}  // namespace irmeterd
