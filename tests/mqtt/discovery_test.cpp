#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sinks/mqtt/home_assistant.hpp"
#include "tests/mqtt/discovery_checker.hpp"
#include "tests/support/sample.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

const MqttTopics topics{"ir-meterd", "homeassistant", "attic-pi", "homeassistant/status"};

json discovery(const MeterSnapshot& meter) {
  return json::parse(discovery_json(
      describe(meter, meter.reading->values.present() | meter.details.present(), false), topics));
}

std::map<std::string, json> documents(const MeterSnapshot& meter) {
  const std::string id = irmeter::meter_id(meter.identity);
  const QuantitySet all = meter.reading->values.present() | meter.details.present();
  return {{topics.registers(id), json::parse(registers_json(meter, all))},
          {topics.live(id), json::parse(live_json(meter, all))},
          {topics.details(id), json::parse(details_json(meter, all))},
          {topics.event(id), json::parse(event_json(meter, sample_entry()))},
          {topics.diagnostics(id), json::parse(diagnostics_json(meter))}};
}

std::string problems(const json& message, const MeterSnapshot& meter) {
  std::string all;
  for (const std::string& problem : check_discovery(message, documents(meter))) {
    all += problem + "\n";
  }
  return all;
}

TEST(Discovery, OfEveryQuantityFollowsHomeAssistantsRules) {
  const MeterSnapshot meter = full_meter();
  EXPECT_EQ(problems(discovery(meter), meter), "");
}

TEST(Discovery, OfAMeterWithFewQuantitiesNamesOnlyThose) {
  const MeterSnapshot meter = sample_meter();
  const json message = discovery(meter);
  EXPECT_EQ(problems(message, meter), "");
  EXPECT_TRUE(message["components"].contains("voltage_l3"));
  EXPECT_FALSE(message["components"].contains("frequency"));
}

TEST(Discovery, BeforeTheFirstReadingHasTheDiagnosticsOnly) {
  MeterSnapshot meter = sample_meter();
  const auto known = documents(meter);
  meter.reading.reset();
  const json message = json::parse(discovery_json(describe(meter, {}, false), topics));
  EXPECT_TRUE(check_discovery(message, known).empty());
  EXPECT_TRUE(message["components"].contains("state"));
  EXPECT_FALSE(message["components"].contains("power"));
}

TEST(Discovery, DescribesTheDeviceByWhatTheMeterSays) {
  json device = discovery(sample_meter())["device"];
  EXPECT_EQ(device, json::parse(R"({"identifiers": ["nes_0000000012345678"],
      "name": "Electricity meter main", "manufacturer": "NES", "model": "83334-3I",
      "hw_version": "3.10.21", "sw_version": "2.0.7", "serial_number": "12345678",
      "via_device": "ir-meterd-attic-pi"})"));
}

TEST(Discovery, NamesOneOfSeveralMetersByItsPrintedNumber) {
  MeterSnapshot meter = sample_meter();
  const auto name = [&meter] {
    return json::parse(discovery_json(describe(meter, {}, true), topics))["device"]["name"];
  };
  EXPECT_EQ(name(), "Electricity meter main 12345678");
  meter.identity.utility_serial_number = "000501234567";
  EXPECT_EQ(name(), "Electricity meter main 501234567");
}

TEST(Discovery, CallsTheMakerByItsName) {
  MeterSnapshot meter = sample_meter();
  meter.identity.manufacturer = "ELON";
  EXPECT_EQ(discovery(meter)["device"]["manufacturer"], "Echelon");
}

TEST(Discovery, RoundsToWhatIsShownAndKeepsRegistersWhole) {
  const json components = discovery(full_meter())["components"];
  EXPECT_EQ(components["voltage_l1"]["value_template"],
            "{{ value_json.voltage_l1_v | round(1, default=none) }}");
  EXPECT_EQ(components["power"]["value_template"], "{{ value_json.power_w }}");
  EXPECT_EQ(components["energy_import"]["value_template"], "{{ value_json.energy_import_kwh }}");
  EXPECT_EQ(components["energy_import"]["state_class"], "total");
}

TEST(Discovery, HasAnIconWhereHomeAssistantHasNone) {
  const json components = discovery(full_meter())["components"];
  for (const auto& [key, component] : components.items()) {
    const std::string device_class = component.value("device_class", "");
    EXPECT_EQ(component.contains("icon"), device_class.empty() || device_class == "enum") << key;
  }
}

TEST(Discovery, OfTheDaemonIsADeviceThatSaysWhetherItIsConnected) {
  const json message = json::parse(daemon_discovery_json(topics, "Attic-Pi"));
  EXPECT_TRUE(check_discovery(message, {}).empty());
  EXPECT_EQ(message["device"]["identifiers"], json::array({"ir-meterd-attic-pi"}));
  EXPECT_EQ(message["device"]["name"], "ir-meterd on Attic-Pi");
  EXPECT_EQ(message["components"]["connected"]["state_topic"], topics.daemon_availability());
  EXPECT_FALSE(message.contains("availability"));
}

TEST(Discovery, LeavesOutWhatTheMeterDoesNotSay) {
  MeterSnapshot meter = sample_meter();
  meter.identity.model.clear();
  meter.identity.hardware_version.clear();
  const json message = discovery(meter);
  EXPECT_EQ(problems(message, meter), "");
  EXPECT_FALSE(message["device"].contains("model"));
  EXPECT_FALSE(message["device"].contains("hw_version"));
}

TEST(Discovery, OddSerialNumbersKeepToTheRules) {
  for (const char* serial : {"12 34.5/6", "\"'{}\\", "\xFF\xC3\xA6", "#+$"}) {
    MeterSnapshot meter = sample_meter();
    meter.identity.serial_number = serial;
    EXPECT_EQ(problems(discovery(meter), meter), "") << serial;
  }
}

TEST(Discovery, RegistersNeverExpireAndLiveValuesDoWithTheStaleLimit) {
  MeterSnapshot meter = full_meter();
  const auto expiry = [&meter](const char* key) {
    return discovery(meter)["components"][key].value("expire_after", -1);
  };
  EXPECT_EQ(expiry("energy_import"), -1);
  EXPECT_EQ(expiry("energy_export"), -1);
  EXPECT_EQ(expiry("power"), 30);
  meter.interval = std::chrono::milliseconds(20'500);
  EXPECT_EQ(expiry("power"), 62);
  EXPECT_EQ(expiry("voltage_l1"), 62);
}

TEST(Discovery, StaysTheSameFromPollToPoll) {
  const MeterSnapshot meter = sample_meter();
  const QuantitySet all = meter.reading->values.present() | meter.details.present();
  const std::string message = discovery_json(describe(meter, all, false), topics);
  EXPECT_EQ(message, discovery_json(describe(next_poll(meter), all, false), topics));
  EXPECT_EQ(message, discovery_json(describe(gone_stale(meter), all, false), topics));
}

TEST(Discovery, ValuesNeedTheMeterWhatReportsFaultsOnlyADaemonThatReadsIt) {
  const json message = discovery(sample_meter());
  const json read_here = json::array(
      {{{"topic", topics.daemon_availability()}},
       {{"topic", topics.diagnostics(sample_id)},
        {"value_template", "{{ 'offline' if value_json.state is none else 'online' }}"}}});
  EXPECT_EQ(message["availability"], json::array({{{"topic", topics.daemon_availability()}},
                                                  {{"topic", topics.availability(sample_id)}}}));
  const json& components = message["components"];
  EXPECT_FALSE(components["power"].contains("availability"));
  for (const char* key : {"state", "state_detail", "problem", "last_reading", "read_now"}) {
    EXPECT_EQ(components[key]["availability"], read_here) << key;
  }
  EXPECT_FALSE(components.contains("connected"));
}

TEST(Discovery, StateMayTakeEveryStateThereIs) {
  const json state = discovery(sample_meter())["components"]["state"];
  EXPECT_EQ(state["options"].size(), irmeter::states.size());
  for (const auto& info : irmeter::states) {
    EXPECT_NE(std::find(state["options"].begin(), state["options"].end(), info.name),
              state["options"].end())
        << info.name;
  }
}

TEST(Discovery, ButtonSendsTheCommandTheDaemonKnows) {
  const json button = discovery(sample_meter())["components"]["read_now"];
  EXPECT_EQ(button["platform"], "button");
  EXPECT_EQ(button["command_topic"], topics.command(sample_id));
  EXPECT_EQ(button["payload_press"], "read_now");
}

// The checker is only worth something if it notices.
TEST(DiscoveryChecker, NoticesEveryMistake) {
  const MeterSnapshot meter = full_meter();
  const json good = discovery(meter);
  ASSERT_EQ(problems(good, meter), "");
  const auto set = [](const char* place, json value) {
    return [place, value = std::move(value)](json& message) {
      message[json::json_pointer(place)] = value;
    };
  };
  const auto erase = [](const char* parent, const char* key) {
    return [parent, key](json& message) { message[json::json_pointer(parent)].erase(key); };
  };
  const std::vector<std::pair<std::string, std::function<void(json&)>>> mistakes{
      {"topic base at the top", set("/~0", "ir-meterd")},
      {"unique_id at the top", set("/unique_id", "x")},
      {"expire_after at the top", set("/expire_after", 30)},
      {"no origin", erase("", "origin")},
      {"no device", erase("", "device")},
      {"no components", erase("", "components")},
      {"latest of two availabilities", set("/availability_mode", "latest")},
      {"no availability mode", erase("", "availability_mode")},
      {"foreign key in an availability", set("/availability/0/x", 1)},
      {"foreign key in the device", set("/device/firmware", "1")},
      {"empty model", set("/device/model", "")},
      {"no device name", erase("/device", "name")},
      {"no identifiers", erase("/device", "identifiers")},
      {"foreign key in the origin", set("/origin/url", "https://example.org")},
      {"support_url without a scheme", set("/origin/support_url", "example.org")},
      {"component key outside the alphabet", set("/components/a b", good["components"]["power"])},
      {"unknown platform", set("/components/power/platform", "senzor")},
      {"no unique_id", erase("/components/power", "unique_id")},
      {"unique_id twice", set("/components/power/unique_id", "nes_0000000012345678_power_import")},
      {"entity id without domain", set("/components/power/default_entity_id", "power")},
      {"entity id of another domain", set("/components/read_now/default_entity_id", "sensor.x")},
      {"misspelt option", set("/components/power/expires_after", 30)},
      {"topic base in a component", set("/components/power/~0", "x")},
      {"old object_id", set("/components/power/object_id", "x")},
      {"name with the device's", set("/components/power/name", "Electricity meter main power")},
      {"unit in other letters", set("/components/energy_import/unit_of_measurement", "KWh")},
      {"var in other letters", set("/components/reactive_power_import/unit_of_measurement", "VAr")},
      {"unit 1 for a power factor", set("/components/power_factor_l1/unit_of_measurement", "1")},
      {"energy as a measurement", set("/components/energy_import/state_class", "measurement")},
      {"power as a total", set("/components/power/state_class", "total_increasing")},
      {"unknown class", set("/components/power/device_class", "watt")},
      {"unit on a timestamp", set("/components/last_reading/unit_of_measurement", "s")},
      {"state class on an enum", set("/components/state/state_class", "measurement")},
      {"enum without options", erase("/components/state", "options")},
      {"options without enum", set("/components/power/options", json::array({"a"}))},
      {"category config", set("/components/state/entity_category", "config")},
      {"expire_after as text", set("/components/power/expire_after", "30")},
      {"expire_after of zero", set("/components/power/expire_after", 0)},
      {"template of a missing key",
       set("/components/power/value_template", "{{ value_json.watts }}")},
      {"no template", erase("/components/power", "value_template")},
      {"no state topic", erase("/components/power", "state_topic")},
      {"no command topic", erase("/components/read_now", "command_topic")},
      {"no event types", erase("/components/log", "event_types")},
      {"event of another type", set("/components/log/event_types", json::array({"other"}))},
      {"empty template", set("/components/power/value_template", "")},
  };
  for (const auto& [name, mistake] : mistakes) {
    json message = good;
    mistake(message);
    EXPECT_NE(message, good) << name;
    EXPECT_NE(problems(message, meter), "") << name;
  }
}

}  // namespace
}  // namespace irmeterd
