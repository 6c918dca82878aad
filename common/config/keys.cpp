#include "common/config/keys.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "common/config/day_range.hpp"
#include "common/config/duration.hpp"
#include "common/config/main_fuse.hpp"

namespace irmeterd {
namespace {

constexpr std::chrono::milliseconds min_interval{500};
constexpr std::chrono::hours max_interval{1};

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

Objection set_interval(const ConfigValue& value, MeterConfig& meter) {
  if (!value.text) {
    return value.not_as_wanted("text in quotes with a unit, such as \"10s\"");
  }
  const auto interval = parse_duration(*value.text);
  if (!interval) {
    return in_quotes(*value.text) + " " + interval.error().what;
  }
  if (*interval < min_interval || *interval > max_interval) {
    return in_quotes(*value.text) + " is out of range; write \"500ms\" to \"1h\"";
  }
  meter.interval = *interval;
  return std::nullopt;
}

Objection add_quiet_hours(const ConfigValue& value, MeterConfig& meter) {
  if (!value.text) {
    return value.not_as_wanted("text in quotes, such as \"02:10-02:18\"");
  }
  const auto range = parse_day_range(*value.text);
  if (!range) {
    return in_quotes(*value.text) + " " + range.error().what;
  }
  meter.quiet_hours.push_back(*range);
  return std::nullopt;
}

Objection set_main_fuse(const ConfigValue& value, MeterConfig& meter) {
  if (!value.text) {
    return value.not_as_wanted("text in quotes, such as \"3x63A\"");
  }
  const auto fuse = parse_main_fuse(*value.text);
  if (!fuse) {
    return in_quotes(*value.text) + " " + fuse.error().what;
  }
  meter.main_fuse = *fuse;
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, SessionMode>, 3> session_words{{
    {"auto", SessionMode::automatic},
    {"keep", SessionMode::keep},
    {"each", SessionMode::each},
}};

constexpr std::array<std::pair<std::string_view, Bus>, 3> bus_words{{
    {"system", Bus::system},
    {"session", Bus::session},
    {"none", Bus::none},
}};

constexpr std::array meter_table{
    ConfigKey<MeterConfig>{"name", set_text<&MeterConfig::name, check_meter_name>},
    ConfigKey<MeterConfig>{"device", set_text<&MeterConfig::device, check_device>},
    ConfigKey<MeterConfig>{"key_credential",
                           set_text<&MeterConfig::key_credential, check_credential_name>},
    ConfigKey<MeterConfig>{"key_file", set_text<&MeterConfig::key_file, check_secret_path>},
    ConfigKey<MeterConfig>{"interval", set_interval},
    ConfigKey<MeterConfig>{"session", set_word<&MeterConfig::session, session_words>},
    ConfigKey<MeterConfig>{"quiet_hours", add_quiet_hours, "[\"02:10-02:18\"]"},
    ConfigKey<MeterConfig>{"main_fuse", set_main_fuse},
    ConfigKey<MeterConfig>{"rts", set_flag<&MeterConfig::rts>},
    ConfigKey<MeterConfig>{"dtr", set_flag<&MeterConfig::dtr>},
};

constexpr std::array mqtt_table{
    ConfigKey<MqttConfig>{"url", set_text<&MqttConfig::url, check_mqtt_url>},
    ConfigKey<MqttConfig>{"username", set_text<&MqttConfig::username, check_text>},
    ConfigKey<MqttConfig>{"password_credential",
                          set_text<&MqttConfig::password_credential, check_credential_name>},
    ConfigKey<MqttConfig>{"password_file", set_text<&MqttConfig::password_file, check_secret_path>},
    ConfigKey<MqttConfig>{"ca_file", set_text<&MqttConfig::ca_file, check_absolute_path>},
    ConfigKey<MqttConfig>{"cert_file", set_text<&MqttConfig::cert_file, check_absolute_path>},
    ConfigKey<MqttConfig>{"client_key_credential",
                          set_text<&MqttConfig::client_key_credential, check_credential_name>},
    ConfigKey<MqttConfig>{"client_key_file",
                          set_text<&MqttConfig::client_key_file, check_secret_path>},
    ConfigKey<MqttConfig>{"client_id", set_text<&MqttConfig::client_id, check_text>},
    ConfigKey<MqttConfig>{"topic_prefix", set_text<&MqttConfig::topic_prefix, check_topic_prefix>},
    ConfigKey<MqttConfig>{"discovery", set_flag<&MqttConfig::discovery>},
    ConfigKey<MqttConfig>{"discovery_prefix",
                          set_text<&MqttConfig::discovery_prefix, check_topic_prefix>},
};

constexpr std::array dbus_table{
    ConfigKey<Config>{"bus", set_word<&Config::bus, bus_words>},
};

constexpr std::array cache_table{
    ConfigKey<Config>{"directory", set_text<&Config::cache_directory, check_absolute_path>},
};

}  // namespace

std::string ConfigValue::not_as_wanted(std::string_view wanted) const {
  return "is " + std::string(type) + "; write " + std::string(wanted);
}

std::span<const ConfigKey<MeterConfig>> meter_keys() {
  return meter_table;
}
std::span<const ConfigKey<MqttConfig>> mqtt_keys() {
  return mqtt_table;
}
std::span<const ConfigKey<Config>> dbus_keys() {
  return dbus_table;
}
std::span<const ConfigKey<Config>> cache_keys() {
  return cache_table;
}

std::vector<ConfigKeyName> all_keys() {
  std::vector<ConfigKeyName> all;
  const auto append = [&all](std::string_view table, const auto& keys) {
    for (const auto& key : keys) {
      all.push_back({table, key.name});
    }
  };
  append("meter", meter_table);
  append("mqtt", mqtt_table);
  append("dbus", dbus_table);
  append("cache", cache_table);
  return all;
}

}  // namespace irmeterd
