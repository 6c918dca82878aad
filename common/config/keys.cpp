#include "common/config/keys.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "common/config/words.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

template <auto Member, Objection (*Check)(std::string_view), typename Target>
Objection set_text(const ConfigValue& value, Target& target) {
  if (!value.text) {
    return value.not_as_wanted("text in quotes");
  }
  Objection objection = Check(*value.text);
  if (!objection) {
    target.*Member = *value.text;
  }
  return objection;
}

template <auto Member, typename Target>
Objection set_flag(const ConfigValue& value, Target& target) {
  if (!value.flag) {
    return value.not_as_wanted("true or false, without quotes");
  }
  target.*Member = *value.flag;
  return std::nullopt;
}

template <auto Member, const auto& Words, typename Target>
Objection set_word(const ConfigValue& value, Target& target) {
  std::string choice = "one of";
  for (const auto& [word, meaning] : Words) {
    if (value.text == word) {
      target.*Member = meaning;
      return std::nullopt;
    }
    choice += (choice.ends_with('f') ? " " : ", ") + in_quotes(word);
  }
  return value.text ? in_quotes(*value.text) + " is unknown; write " + choice
                    : value.not_as_wanted(choice);
}

// Reads a text into target, which stays as it was where there is an objection.
template <typename Word>
Objection read_word(const ConfigValue& value, std::string_view wanted,
                    irmeter::Result<Word> (*parse)(std::string_view), Word& target) {
  if (!value.text) {
    return value.not_as_wanted(wanted);
  }
  const auto word = parse(*value.text);
  if (!word) {
    return in_quotes(*value.text) + " " + word.error().what;
  }
  target = *word;
  return std::nullopt;
}

struct DurationRange {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
  std::string_view text;  // "\"500ms\" to \"1h\""
};

constexpr DurationRange interval_range{500ms, 1h, "\"500ms\" to \"1h\""};
constexpr DurationRange slow_range{1s, 24h, "\"1s\" to \"24h\""};
constexpr DurationRange jump_range{0ms, 24h, "\"0s\" to \"24h\""};

template <auto Member, const DurationRange& Range, typename Target>
Objection set_duration(const ConfigValue& value, Target& target) {
  std::chrono::milliseconds duration{0};
  if (auto objection = read_word(value, "text in quotes with a unit, such as \"10s\"",
                                 parse_duration, duration)) {
    return objection;
  }
  if (duration < Range.least || duration > Range.most) {
    return in_quotes(*value.text) + " is out of range; write " + std::string(Range.text);
  }
  target.*Member = duration;
  return std::nullopt;
}

Objection add_quiet_hours(const ConfigValue& value, MeterConfig& meter) {
  QuietHours hours;
  auto objection =
      read_word(value, "text in quotes, such as \"02:10-02:18\"", parse_day_range, hours);
  if (!objection) {
    meter.quiet_hours.push_back(hours);
  }
  return objection;
}

Objection add_fast(const ConfigValue& value, MeterConfig& meter) {
  if (!value.text) {
    return value.not_as_wanted("text in quotes, such as \"power_l1\"");
  }
  const auto* const quantity =
      std::ranges::find(irmeter::quantities, *value.text, &irmeter::QuantityInfo::key);
  if (quantity == irmeter::quantities.end()) {
    return in_quotes(*value.text) + " is no quantity; org.irmeterd.IrMeter1(5) has their names";
  }
  meter.fast.set(static_cast<std::size_t>(quantity->id));
  return std::nullopt;
}

Objection set_main_fuse(const ConfigValue& value, MeterConfig& meter) {
  return read_word(value, "text in quotes, such as \"3x63A\"", parse_main_fuse, meter.main_fuse);
}

constexpr std::array<std::pair<std::string_view, SessionMode>, 3> session_words{{
    {"auto", SessionMode::automatic},
    {"keep", SessionMode::keep},
    {"each", SessionMode::each},
}};

Objection set_discovery(const ConfigValue& value, MqttConfig& mqtt) {
  if (value.flag) {
    mqtt.discovery = *value.flag ? Discovery::device : Discovery::off;
  } else if (value.text == "components") {
    mqtt.discovery = Discovery::components;
  } else {
    const std::string_view choice = "true or false, without quotes, or \"components\"";
    return value.text ? in_quotes(*value.text) + " is unknown; write " + std::string(choice)
                      : value.not_as_wanted(choice);
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, Bus>, 3> bus_words{{
    {"system", Bus::system},
    {"session", Bus::session},
    {"none", Bus::none},
}};

constexpr ConfigKey<MeterConfig> meter_table[] = {
    {"name", set_text<&MeterConfig::name, check_meter_name>, "\"main\"", {}, KeyUse::required},
    {"device",
     set_text<&MeterConfig::device, check_device>,
     "\"/dev/ir-probe\"",
     {},
     KeyUse::required},
    {"key_credential", set_text<&MeterConfig::key_credential, check_credential_name>,
     "\"meter-key-garage\"", "\"meter-key\""},
    {"key_file", set_text<&MeterConfig::key_file, check_secret_path>,
     "\"/etc/ir-meterd/meter-key\""},
    {"interval", set_duration<&MeterConfig::interval, interval_range>, "\"2s\"", "\"10s\""},
    {"slow_interval", set_duration<&MeterConfig::slow_interval, slow_range>, "\"5m\"", "\"60s\""},
    {"fast", add_fast, "[\"power_l1\", \"power_l2\", \"power_l3\"]", "[]"},
    {"session", set_word<&MeterConfig::session, session_words>, "\"each\"", "\"auto\""},
    {"quiet_hours", add_quiet_hours, "[\"02:10-02:18\", \"23:55-00:05\"]", "[]"},
    {"main_fuse", set_main_fuse, "\"1x35A\"", "\"3x63A\""},
    {"jump_after", set_duration<&MeterConfig::jump_after, jump_range>, "\"1h\"", "\"10m\""},
    {"rts", set_flag<&MeterConfig::rts>, "false", "true"},
    {"dtr", set_flag<&MeterConfig::dtr>, "true", "false"},
};

constexpr ConfigKey<MqttConfig> mqtt_table[] = {
    {"url",
     set_text<&MqttConfig::url, check_mqtt_url>,
     "\"mqtt://localhost:1883\"",
     {},
     KeyUse::required},
    {"username", set_text<&MqttConfig::username, check_text>, "\"ir-meterd\""},
    {"password_credential", set_text<&MqttConfig::password_credential, check_credential_name>,
     "\"mqtt-password\""},
    {"password_file", set_text<&MqttConfig::password_file, check_secret_path>,
     "\"/etc/ir-meterd/mqtt-password\""},
    {"ca_file", set_text<&MqttConfig::ca_file, check_absolute_path>, "\"/etc/ir-meterd/ca.crt\""},
    {"cert_file", set_text<&MqttConfig::cert_file, check_absolute_path>,
     "\"/etc/ir-meterd/client.crt\""},
    {"client_key_credential", set_text<&MqttConfig::client_key_credential, check_credential_name>,
     "\"mqtt-client-key\""},
    {"client_key_file", set_text<&MqttConfig::client_key_file, check_secret_path>,
     "\"/etc/ir-meterd/client.key\""},
    {"client_id", set_text<&MqttConfig::client_id, check_text>, "\"ir-meterd-cellar\""},
    {"topic_prefix", set_text<&MqttConfig::topic_prefix, check_topic_prefix>, "\"house/meters\"",
     "\"ir-meterd\""},
    {"discovery", set_discovery, "\"components\"", "true"},
    {"discovery_prefix", set_text<&MqttConfig::discovery_prefix, check_topic_prefix>, "\"ha\"",
     "\"homeassistant\""},
    {"discovery_birth_topic", set_text<&MqttConfig::discovery_birth_topic, check_topic_prefix>,
     "\"ha/birth\""},
    {"plain_topics", set_flag<&MqttConfig::plain_topics>, "true", "false"},
};

constexpr ConfigKey<Config> dbus_table[] = {
    {"bus", set_word<&Config::bus, bus_words>, "\"none\"", "\"system\""},
};

constexpr ConfigKey<Config> cache_table[] = {
    {"directory", set_text<&Config::cache_directory, check_absolute_path>,
     "\"/run/ir-meterd/latest\""},
};

}  // namespace

constexpr std::span<const ConfigKey<MeterConfig>> meter_keys = meter_table;
constexpr std::span<const ConfigKey<MqttConfig>> mqtt_keys = mqtt_table;
constexpr std::span<const ConfigKey<Config>> dbus_keys = dbus_table;
constexpr std::span<const ConfigKey<Config>> cache_keys = cache_table;

std::string ConfigValue::not_as_wanted(std::string_view wanted) const {
  return "is " + std::string(type) + "; write " + std::string(wanted);
}

std::vector<ConfigKeyInfo> all_keys() {
  std::vector<ConfigKeyInfo> all;
  const auto append = [&all](std::string_view table, const auto& keys) {
    for (const auto& key : keys) {
      all.push_back({table, key.name, key.example, key.standard, key.use});
    }
  };
  append("meter", meter_keys);
  append("mqtt", mqtt_keys);
  append("dbus", dbus_keys);
  append("cache", cache_keys);
  return all;
}

}  // namespace irmeterd
