// The keys of the configuration: one table says what each is called, accepts and sets.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/config/checks.hpp"
#include "common/config/config.hpp"

namespace irmeterd {

// A value as the file has it: its type, and what it is if it is one of the two types keys have.
struct ConfigValue {
  std::string_view type;  // for messages: "an integer"
  std::optional<std::string_view> text;
  std::optional<bool> flag;

  // "is an integer; write ..."
  [[nodiscard]] std::string not_as_wanted(std::string_view wanted) const;
};

template <typename Target>
struct ConfigKey {
  std::string_view name;
  Objection (*set)(const ConfigValue& value,
                   Target& target);  // leaves target alone when it objects
  // For a key that takes an array: an example of one. set() then adds one element, and an objection
  // is to that element alone.
  std::string_view array_example = {};
};

extern const std::span<const ConfigKey<MeterConfig>> meter_keys;
extern const std::span<const ConfigKey<MqttConfig>> mqtt_keys;
extern const std::span<const ConfigKey<Config>> dbus_keys;
extern const std::span<const ConfigKey<Config>> cache_keys;

// All of them, for holding the shipped file and the manual against them.
struct ConfigKeyName {
  std::string_view table;
  std::string_view name;
};
[[nodiscard]] std::vector<ConfigKeyName> all_keys();

}  // namespace irmeterd
