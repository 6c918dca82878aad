// The keys of the configuration: one table says what each is called, accepts and sets, and what the
// manual says of that.
#pragma once

#include <cstdint>
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

enum class KeyUse : std::uint8_t { optional, required };

template <typename Target>
struct ConfigKey {
  std::string_view name;
  // Leaves target alone when it objects. Of a key that takes an array it adds one element, and the
  // objection is to that element alone.
  Objection (*set)(const ConfigValue& value, Target& target);
  std::string_view example;        // as the file has it: "\"main\""
  std::string_view standard = {};  // likewise the value where the key is left out; empty: none
  KeyUse use = KeyUse::optional;

  [[nodiscard]] constexpr bool takes_array() const { return example.starts_with('['); }
};

extern const std::span<const ConfigKey<MeterConfig>> meter_keys;
extern const std::span<const ConfigKey<MqttConfig>> mqtt_keys;
extern const std::span<const ConfigKey<Config>> dbus_keys;
extern const std::span<const ConfigKey<Config>> cache_keys;

// All of them, whatever they set.
struct ConfigKeyInfo {
  std::string_view table;
  std::string_view name;
  std::string_view example;
  std::string_view standard;
  KeyUse use;
};
[[nodiscard]] std::vector<ConfigKeyInfo> all_keys();

}  // namespace irmeterd
