#include "tests/mqtt/discovery_checker.hpp"

#include <regex>
#include <set>

namespace irmeterd {
namespace {

using nlohmann::json;
using Words = std::set<std::string>;

struct ClassRule {
  Words units;  // "" stands for none
  Words state_classes;
};

const Words totals{"total", "total_increasing"};
const Words measurement{"measurement"};
const Words none{""};

const std::map<std::string, ClassRule> sensor_classes{
    {"energy", {{"Wh", "kWh", "MWh", "GWh"}, totals}},
    {"power", {{"mW", "W", "kW", "MW", "GW", "TW"}, measurement}},
    {"reactive_power", {{"mvar", "var", "kvar"}, measurement}},
    {"apparent_power", {{"mVA", "VA", "kVA"}, measurement}},
    {"current", {{"A", "mA", "µA"}, measurement}},
    {"voltage", {{"V", "mV", "µV", "kV", "MV"}, measurement}},
    {"frequency", {{"mHz", "Hz", "kHz", "MHz", "GHz"}, measurement}},
    {"power_factor", {{"", "%"}, measurement}},
    {"duration",
     {{"d", "h", "min", "s", "ms", "µs"}, {"measurement", "total", "total_increasing"}}},
    {"timestamp", {none, none}},
    {"enum", {none, none}},
    {"", {{"", "kvarh", "kVAh", "°"}, {"", "measurement", "total", "total_increasing"}}},
};

const Words common_keys{
    "platform",          "unique_id",       "default_entity_id",  "name", "availability",
    "availability_mode", "entity_category", "enabled_by_default", "icon"};
const std::map<std::string, Words> platform_keys{
    {"sensor",
     {"state_topic", "value_template", "device_class", "state_class", "unit_of_measurement",
      "suggested_display_precision", "expire_after", "options"}},
    {"binary_sensor",
     {"state_topic", "value_template", "device_class", "payload_on", "payload_off"}},
    {"event", {"state_topic", "value_template", "device_class", "event_types"}},
    {"button", {"command_topic", "payload_press", "device_class"}},
};

class Checker {
 public:
  explicit Checker(const std::map<std::string, json>& documents) : documents_(documents) {}

  std::vector<std::string> check(const json& message) {
    keys("top level", message,
         {"device", "origin", "components", "availability", "availability_mode", "state_topic",
          "command_topic", "qos", "encoding"},
         {"device", "origin", "components"});
    if (!problems_.empty()) {
      return problems_;
    }
    device(message["device"]);
    origin(message["origin"]);
    availability("top level", message);
    if (message.contains("availability") && message.value("availability_mode", "latest") != "all") {
      problem("top level: two availability topics need the mode all");
    }
    for (const auto& [key, component] : message["components"].items()) {
      if (!std::regex_match(key, std::regex("[A-Za-z0-9_-]+"))) {
        problem(key + ": not a component key");
      }
      this->component(key, component);
    }
    return problems_;
  }

 private:
  void problem(const std::string& text) { problems_.push_back(text); }

  void keys(const std::string& where, const json& object, const Words& allowed,
            const Words& required) {
    for (const auto& [key, value] : object.items()) {
      if (!allowed.contains(key)) {
        problem(where + ": foreign key " + key);
      }
      if (value.is_null() || (value.is_string() && value.get<std::string>().empty())) {
        problem(where + ": " + key + " is empty");
      }
    }
    for (const std::string& key : required) {
      if (!object.contains(key)) {
        problem(where + ": no " + key);
      }
    }
  }

  void device(const json& device) {
    keys("device", device,
         {"identifiers", "connections", "name", "manufacturer", "model", "model_id", "hw_version",
          "sw_version", "serial_number", "via_device", "suggested_area", "configuration_url"},
         {"identifiers", "name"});
    device_name_ = device.value("name", "");
  }

  void origin(const json& origin) {
    keys("origin", origin, {"name", "sw_version", "support_url"}, {"name"});
    if (!std::regex_match(origin.value("support_url", "https://a"), std::regex("https?://.+"))) {
      problem("origin: support_url is not a web address");
    }
  }

  void availability(const std::string& where, const json& object) {
    if (!object.contains("availability")) {
      return;
    }
    if (!object["availability"].is_array()) {
      problem(where + ": availability is not a list");
      return;
    }
    for (const json& entry : object["availability"]) {
      keys(where + " availability", entry, {"topic", "value_template"}, {"topic"});
    }
  }

  void component(const std::string& key, const json& component) {
    const std::string platform = component.value("platform", "");
    if (!platform_keys.contains(platform)) {
      problem(key + ": unknown platform " + platform);
      return;
    }
    Words allowed = common_keys;
    allowed.insert(platform_keys.at(platform).begin(), platform_keys.at(platform).end());
    keys(key, component, allowed,
         {"unique_id", "default_entity_id", "name",
          platform == "button" ? "command_topic" : "state_topic"});
    availability(key, component);
    if (!unique_ids_.insert(component.value("unique_id", "")).second) {
      problem(key + ": unique_id occurs twice");
    }
    const std::string entity_id = component.value("default_entity_id", "");
    if (!std::regex_match(entity_id, std::regex(platform + "\\.[a-z0-9_]+"))) {
      problem(key + ": default_entity_id is not of this platform");
    }
    if (!entity_ids_.insert(entity_id).second) {
      problem(key + ": default_entity_id occurs twice");
    }
    if (component.value("name", "").find(device_name_) != std::string::npos) {
      problem(key + ": the name repeats the device's name");
    }
    if (component.value("entity_category", "diagnostic") != "diagnostic") {
      problem(key + ": only diagnostic fits a thing that is read");
    }
    if (component.contains("enabled_by_default") && !component["enabled_by_default"].is_boolean()) {
      problem(key + ": enabled_by_default is not a boolean");
    }
    if (platform == "sensor") {
      sensor(key, component);
    }
    if (platform == "binary_sensor" &&
        !Words{"connectivity", "problem"}.contains(component.value("device_class", ""))) {
      problem(key + ": unknown class of binary sensors");
    }
    if (platform == "event") {
      event(key, component);
    } else {
      value_template(key, component);
    }
  }

  // Its document names a type of the list, and needs no template.
  void event(const std::string& key, const json& event) {
    const auto document = documents_.find(event.value("state_topic", ""));
    const Words types = event.value("event_types", Words{});
    if (document == documents_.end() || !types.contains(document->second.value("event_type", ""))) {
      problem(key + ": not a type of the list");
    }
  }

  void sensor(const std::string& key, const json& sensor) {
    const std::string device_class = sensor.value("device_class", "");
    if (!sensor_classes.contains(device_class)) {
      problem(key + ": unknown class " + device_class);
      return;
    }
    const ClassRule& rule = sensor_classes.at(device_class);
    if (!rule.units.contains(sensor.value("unit_of_measurement", ""))) {
      problem(key + ": unit does not fit the class");
    }
    if (!rule.state_classes.contains(sensor.value("state_class", ""))) {
      problem(key + ": state_class does not fit the class");
    }
    if ((device_class == "enum") != sensor.contains("options") ||
        (sensor.contains("options") && sensor["options"].empty())) {
      problem(key + ": enum and options go together");
    }
    for (const char* number : {"expire_after", "suggested_display_precision"}) {
      if (sensor.contains(number) && !sensor[number].is_number_unsigned()) {
        problem(key + ": " + number + " is not a whole number");
      }
    }
    if (sensor.contains("expire_after") && sensor["expire_after"] == 0) {
      problem(key + ": expire_after is zero");
    }
  }

  // A template that names a key the document lacks fails, and the old value stays.
  void value_template(const std::string& key, const json& component) {
    const auto document = documents_.find(component.value("state_topic", ""));
    const std::string text = component.value("value_template", "");
    if ((document != documents_.end()) != !text.empty()) {
      problem(key + ": a JSON topic and a template go together");
      return;
    }
    std::smatch match;
    if (!text.empty() &&
        !(std::regex_search(text, match, std::regex(R"(value_json\.([a-z0-9_]+))")) &&
          document->second.contains(match[1].str()))) {
      problem(key + ": the template asks for what the document does not have");
    }
  }

  const std::map<std::string, json>& documents_;
  std::vector<std::string> problems_;
  std::string device_name_;
  Words unique_ids_;
  Words entity_ids_;
};

}  // namespace

std::vector<std::string> check_discovery(const json& message,
                                         const std::map<std::string, json>& documents) {
  return Checker(documents).check(message);
}

}  // namespace irmeterd
