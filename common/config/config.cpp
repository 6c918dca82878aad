#include "common/config/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/config/characters.hpp"
#include "common/config/keys.hpp"
#include "common/config/syntax.hpp"
#include "common/config/url.hpp"
#include "common/files.hpp"

namespace irmeterd {
namespace {

constexpr std::size_t max_config_file = 262'144;  // bytes

ConfigValue to_value(const toml::node& node) {
  // In the order of toml::node_type.
  constexpr std::array<std::string_view, 10> types{
      "nothing", "a table",   "an array", "a string", "an integer",
      "a float", "a boolean", "a date",   "a time",   "a date and time"};
  return {types.at(static_cast<std::size_t>(node.type())), node.value_exact<std::string_view>(),
          node.value_exact<bool>()};
}

// A key that is not known where it stands: a secret, a slip, or one of another table?
std::string unknown_key(std::string_view here, std::string_view key,
                        std::span<const std::string_view> known_here) {
  if (const Objection objection = check_likeness(key)) {
    return "a name here " + *objection;  // not repeated: it may be the secret
  }
  if (const Objection objection = check_not_secret(here, key)) {
    return in_quotes(key) + " " + *objection;
  }
  std::string message = in_quotes(key) + " is unknown here";
  if (const auto meant = nearest(key, known_here); !meant.empty()) {
    return message + "; did you mean " + in_quotes(meant) + "?";
  }
  for (const ConfigKeyInfo& known : all_keys()) {
    if (known.name == key) {
      return message + "; it belongs under " +
             (known.table == "meter" ? "[[meter]]" : "[" + std::string(known.table) + "]");
    }
  }
  if (const Objection objection = check_not_like_secret(here, key)) {
    return in_quotes(key) + " " + *objection;
  }
  message += "; remove it, or write one of";
  for (const std::string_view name : known_here) {
    message += (name == known_here.front() ? " " : ", ") + std::string(name);
  }
  return message;
}

// Sets a value, or says what is wrong with it.
template <typename Target>
Objection objection_to(const ConfigKey<Target>& key, const ConfigValue& value, Target& target) {
  Objection objection = value.text ? check_characters(*value.text) : std::nullopt;
  if (objection) {
    return objection;
  }
  objection = key.set(value, target);
  Objection likeness = objection && value.text ? check_likeness(*value.text) : std::nullopt;
  return likeness ? likeness : objection;
}

// How a device is written, as far as that means nothing: /dev//x, tcp://HOST:1.
std::string same_for_all_names(const std::string& device) {
  if (!is_tcp_url(device)) {
    return std::filesystem::path(device).lexically_normal().string();
  }
  return "tcp://" + in_small_letters(parse_tcp_url(device)->text());
}

// One line of the file, from 1, without its end.
std::string_view line_of(std::string_view text, toml::source_index number) {
  for (; number > 1; --number) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  text = text.substr(0, text.find('\n'));
  return text.substr(0, text.ends_with('\r') ? text.size() - 1 : text.size());
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  LoadedConfig read(std::string_view text) {
    if (const auto fault = find_encoding_fault(text)) {
      report(fault->line, fault->column, fault->what);
      return std::move(loaded_);
    }
    text.remove_prefix(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    try {
      read_root(toml::parse(text, std::string_view(file_)));
    } catch (const toml::parse_error& error) {
      const toml::source_position place = error.source().begin;
      const SyntaxFault fault =
          explain_syntax(line_of(text, place.line), place.column, error.description());
      report(place.line, fault.column, fault.what);
    }
    std::stable_sort(loaded_.problems.begin(), loaded_.problems.end(),
                     [](const ConfigProblem& a, const ConfigProblem& b) {
                       return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                     });
    return std::move(loaded_);
  }

 private:
  void read_root(const toml::table& root) {
    constexpr std::string_view tables[] = {"meter", "mqtt", "dbus", "cache"};
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (std::find(std::begin(tables), std::end(tables), name) == std::end(tables)) {
        report(key.source(), unknown_key({}, name, tables));
      } else if (name == "meter") {
        read_meters(node);
      } else if (!node.is_table()) {
        report(node, name, to_value(node).not_as_wanted("a table, [" + std::string(name) + "]"));
      } else if (name == "mqtt") {
        read_mqtt(*node.as_table());
      } else if (name == "dbus") {
        read_keys(name, *node.as_table(), dbus_keys, loaded_.config);
      } else {
        read_keys(name, *node.as_table(), cache_keys, loaded_.config);
      }
    }
    const toml::node* meters = root.get("meter");
    if (meters == nullptr || (meters->is_array() && meters->as_array()->empty())) {
      report({}, "no meter is configured; write a [[meter]] table with name and device");
    }
  }

  void read_meters(const toml::node& node) {
    if (!node.is_array()) {
      report(node, "meter", to_value(node).not_as_wanted("an array of tables, [[meter]]"));
      return;
    }
    for (const toml::node& meter : *node.as_array()) {
      if (meter.is_table()) {
        read_meter(*meter.as_table());
      } else {
        report(meter, "meter", to_value(meter).not_as_wanted("a table, [[meter]]"));
      }
    }
  }

  void read_meter(const toml::table& table) {
    MeterConfig meter;
    read_keys("meter", table, meter_keys, meter);
    not_both(table, "key_credential", "key_file");
    unique(table, "name", meter.name, name_lines_);
    unique(table, "device", same_for_all_names(meter.device), device_lines_);
    const toml::node* device = table.get("device");
    const auto place = device != nullptr ? device->source().begin : toml::source_position{};
    loaded_.device_places.push_back({place.line, place.column});
    loaded_.config.meters.push_back(std::move(meter));
  }

  void read_mqtt(const toml::table& table) {
    MqttConfig& mqtt = loaded_.config.mqtt.emplace();
    read_keys("mqtt", table, mqtt_keys, mqtt);
    not_both(table, "password_credential", "password_file");
    needs(table, "password_credential", "username");
    needs(table, "password_file", "username");
    not_both(table, "client_key_credential", "client_key_file");
    if (!table.contains("client_key_credential")) {
      needs(table, "cert_file", "client_key_file");
    }
    needs(table, "client_key_credential", "cert_file");
    needs(table, "client_key_file", "cert_file");
    const auto url = parse_mqtt_url(mqtt.url);
    for (const std::string_view key :
         {"ca_file", "cert_file", "client_key_credential", "client_key_file"}) {
      if (const toml::node* node = table.get(key); node != nullptr && url && !url->tls) {
        report(*node, key, "is for encrypted connections only; write an mqtts:// url");
      }
    }
  }

  template <typename Keys, typename Target>
  void read_keys(std::string_view here, const toml::table& table, const Keys& keys,
                 Target& target) {
    for (const auto& [name, node] : table) {
      const auto key =
          std::find_if(keys.begin(), keys.end(),
                       [text = name.str()](const auto& known) { return known.name == text; });
      const auto read_value = [&](const toml::node& value) {
        if (const Objection objection = objection_to(*key, to_value(value), target)) {
          report(value, key->name, *objection);
        }
      };
      if (key == keys.end()) {
        std::vector<std::string_view> names;
        for (const auto& known : keys) {
          names.push_back(known.name);
        }
        report(name.source(), unknown_key(here, name.str(), names));
      } else if (!key->takes_array()) {
        read_value(node);
      } else if (!node.is_array()) {
        report(node, key->name,
               to_value(node).not_as_wanted("an array, such as " + std::string(key->example)));
      } else {
        for (const toml::node& element : *node.as_array()) {
          read_value(element);
        }
      }
    }
    for (const auto& key : keys) {
      if (key.use == KeyUse::required && !table.contains(key.name)) {
        report(table, key.name,
               "is missing in this table; write for example " + std::string(key.name) + " = " +
                   std::string(key.example));
      }
    }
  }

  void not_both(const toml::table& table, std::string_view one, std::string_view other) {
    if (table.contains(one) && table.contains(other)) {
      report(*table.get(other), other,
             "stands beside " + std::string(one) + "; write only one of the two");
    }
  }

  void needs(const toml::table& table, std::string_view key, std::string_view other) {
    if (table.contains(key) && !table.contains(other)) {
      report(*table.get(key), key, "is of no use without " + std::string(other) + "; write both");
    }
  }

  void unique(const toml::table& table, std::string_view key, const std::string& value,
              std::map<std::string, toml::source_index>& lines) {
    if (value.empty()) {
      return;  // missing or wrong, which has been reported
    }
    const auto& place = table.get(key)->source();
    const auto [first, inserted] = lines.emplace(value, place.begin.line);
    if (!inserted) {
      report(*table.get(key), key,
             in_quotes(value) + " is the meter's in line " + std::to_string(first->second) +
                 " already; write another");
    }
  }

  void report(std::uint32_t line, std::uint32_t column, std::string message) {
    loaded_.problems.push_back({file_, line, column, std::move(message)});
  }
  void report(const toml::source_region& place, std::string message) {
    report(place.begin.line, place.begin.column, std::move(message));
  }
  void report(const toml::node& node, std::string_view key, const std::string& message) {
    report(node.source(), std::string(key) + ": " + message);
  }

  std::string file_;
  LoadedConfig loaded_;
  std::map<std::string, toml::source_index> name_lines_;
  std::map<std::string, toml::source_index> device_lines_;
};

}  // namespace

std::string ConfigProblem::text() const {
  const std::string place =
      line == 0 ? "" : ":" + std::to_string(line) + ":" + std::to_string(column);
  return file + place + ": " + message;
}

LoadedConfig parse_config(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

LoadedConfig load_config(const std::string& path) {
  std::vector<char> buffer(max_config_file + 1);
  const auto text = read_file(path, buffer);
  if (!text) {
    return {{}, {{path, 0, 0, text.error().what}}, {}};
  }
  return parse_config(*text, path);
}

}  // namespace irmeterd
