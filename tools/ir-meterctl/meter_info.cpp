#include "tools/ir-meterctl/meter_info.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/faces.hpp"
#include "common/json.hpp"

namespace irmeterctl {
namespace {

using irmeterd::Face;
using irmeterd::faces;

// The value as the meter's own integer again, shown as JSON and Home Assistant have it.
std::optional<Number> number_of(const MeterInfo& meter, const Face& face) {
  const auto found = meter.quantities.find(std::string(irmeter::info(face.id).key));
  if (found == meter.quantities.end()) {
    return std::nullopt;
  }
  const double scaled = found->second * std::pow(10.0, face.dbus_decimals);
  if (!(std::fabs(scaled) < 1e15)) {
    return std::nullopt;
  }
  return Number{std::llround(scaled), face.json_decimals, std::string(face.unit)};
}

struct TextProperty {
  std::string_view property;
  std::string_view label;  // empty: only JSON has it
  std::string_view key;
  std::string MeterInfo::*text;
};

// In the order they are shown in.
constexpr TextProperty texts[] = {
    {"State", "State", "state", &MeterInfo::state},
    {"Fault", "Fault", "fault", &MeterInfo::fault},
    {"FaultContext", "", "fault_context", &MeterInfo::fault_context},
    {"StateDetail", "Detail", "state_detail", &MeterInfo::state_detail},
    {"Device", "Device", "device", &MeterInfo::device},
    {"Manufacturer", "Manufacturer", "manufacturer", &MeterInfo::manufacturer},
    {"Model", "Model", "model", &MeterInfo::model},
    {"SerialNumber", "Serial number", "serial_number", &MeterInfo::serial_number},
    {"UtilitySerialNumber", "Utility serial number", "utility_serial_number",
     &MeterInfo::utility_serial_number},
    {"FirmwareVersion", "Firmware", "firmware_version", &MeterInfo::firmware_version},
};

Fact fact(std::string_view label, std::string_view key, Value value) {
  return {std::string(label), std::string(key), std::move(value)};
}

// With as few decimals as it has; nothing where it is beyond all reason.
std::optional<Number> number_of(const MbusValueInfo& value) {
  constexpr int most_decimals = 9;
  double power = 1;
  for (int decimals = 0; decimals <= most_decimals; ++decimals, power *= 10) {
    const double scaled = value.value * power;
    if (!(std::fabs(scaled) < 1e15)) {
      return std::nullopt;
    }
    const std::int64_t whole = std::llround(scaled);
    if (decimals == most_decimals || static_cast<double>(whole) / power == value.value) {
      return Number{whole, decimals, value.unit};
    }
  }
  return std::nullopt;
}

std::vector<Facts> values_of(const MeterInfo& meter, const MbusDeviceInfo& device) {
  std::vector<Facts> values;
  for (const MbusValueInfo& value : meter.mbus_values) {
    if (const auto number = number_of(value); number && value.slot == device.slot) {
      values.push_back(
          {fact("", "key", value.key), fact("", "value", *number), fact("", "unit", value.unit)});
    }
  }
  return values;
}

// A line for each in text, and all of them at one place in JSON.
void add_mbus_devices(const MeterInfo& meter, Facts& facts) {
  std::vector<Facts> objects;
  for (const MbusDeviceInfo& device : meter.mbus_devices) {
    facts.push_back(
        fact("M-Bus device " + std::to_string(device.slot), "", mbus_text(meter, device)));
    objects.push_back({fact("", "slot", Number{device.slot, 0, {}}),
                       fact("", "medium", device.medium), fact("", "maker", device.maker),
                       fact("", "serial_number", device.serial_number),
                       fact("", "values", values_of(meter, device))});
  }
  if (!objects.empty()) {
    facts.push_back(fact("", "mbus_devices", std::move(objects)));
  }
}

}  // namespace

std::string mbus_text(const MeterInfo& meter, const MbusDeviceInfo& device) {
  std::string text = device.medium + (device.maker.empty() ? "" : ", maker " + device.maker) +
                     ", serial number " + device.serial_number;
  const char* separator = ": ";
  for (const MbusValueInfo& value : meter.mbus_values) {
    if (const auto number = number_of(value); number && value.slot == device.slot) {
      std::string name = value.key;
      std::ranges::replace(name, '_', ' ');
      text += std::exchange(separator, ", ") + name + " " + to_text(*number);
    }
  }
  return text;
}

std::string* MeterInfo::text(std::string_view property) {
  if (property == "Name") {
    return &name;
  }
  const auto* const known = std::ranges::find(texts, property, &TextProperty::property);
  return known == std::end(texts) ? nullptr : &(this->*known->text);
}

Facts facts_of(const MeterInfo& meter, Moment now) {
  Facts facts{{"Meter", "name", meter.name}};
  for (const TextProperty& known : texts) {
    if (!(meter.*known.text).empty()) {
      facts.push_back(fact(known.label, known.key, meter.*known.text));
    }
  }
  // Who has no transformers need not read of them.
  const bool has_transformers = meter.current_ratio > 1 || meter.voltage_ratio > 1;
  for (const auto& [label, key, ratio] :
       {std::tuple("Current ratio", "current_ratio", meter.current_ratio),
        std::tuple("Voltage ratio", "voltage_ratio", meter.voltage_ratio)}) {
    if (ratio != 0) {
      facts.push_back(fact(has_transformers ? label : "", key, Number{ratio, 0, {}}));
    }
  }
  if (meter.register_unit != 0) {
    facts.push_back(fact(meter.register_unit > 1 ? "Register unit" : "", "register_unit",
                         Number{meter.register_unit, 0, "Wh"}));
  }
  add_mbus_devices(meter, facts);
  if (const std::string id = meter.id(); !id.empty()) {
    facts.push_back(fact("", "meter", id));
  }
  if (meter.last_reading_usec == 0) {
    facts.push_back(fact("Last reading", "", "none yet"));
    facts.push_back(fact("", "time", Unknown{}));
  } else {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - meter.read_at());
    facts.push_back(fact("Last reading", "time", meter.read_at()));
    facts.push_back(fact("Age", "age_s", Number{std::max<std::int64_t>(age.count(), 0), 0, "s"}));
  }
  for (const Face& face : faces) {
    if (const auto number = number_of(meter, face)) {
      facts.push_back(fact(face.label, face.json_key, *number));
    }
  }
  return facts;
}

Facts changes_of(const MeterInfo& before, const MeterInfo& after) {
  Facts facts;
  for (const TextProperty& known : texts) {
    const std::string& text = after.*known.text;
    if (before.*known.text != text) {
      facts.push_back(text.empty() ? fact("", known.key, Unknown{})
                                   : fact(known.label, known.key, text));
    }
  }
  for (const Face& face : faces) {
    const auto was = number_of(before, face);
    const auto is = number_of(after, face);
    if (is && is != was) {
      facts.push_back(fact(face.label, face.json_key, *is));
    } else if (was && !is) {
      facts.push_back(fact(face.label, face.json_key, Unknown{}));
    }
  }
  return facts;
}

std::string influx_line(const MeterInfo& meter) {
  // Neither name nor id has a character that would need a backslash.
  std::string line = "electricity,meter=" + meter.id() + ",name=" + meter.name;
  char separator = ' ';
  for (const Face& face : faces) {
    if (const auto number = number_of(meter, face)) {
      line += separator;
      line += face.json_key;
      line += '=';
      line += irmeterd::JsonWriter().fixed(number->value, number->decimals).take();
      separator = ',';
    }
  }
  return line + " " + std::to_string(meter.last_reading_usec) + "000";
}

}  // namespace irmeterctl
