// What doc/ names against what is published: topics, fields, metrics and entities.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "common/faces.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/cache/cache.hpp"
#include "daemon/sinks/mqtt/home_assistant.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "tests/support/sample.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

const MqttTopics topics{"ir-meterd", "homeassistant", "attic-pi", "homeassistant/status"};

// Every file of doc/, by its name.
const std::map<std::string, std::string>& files() {
  static const auto all = [] {
    std::map<std::string, std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator(DOC)) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      texts.emplace(entry.path().filename(), text.str());
    }
    return texts;
  }();
  return all;
}

// Calls check with each match of the pattern. There has to be one.
void each(const std::string& pattern, const std::function<void(const std::smatch&)>& check) {
  const std::regex regex(pattern);
  bool found = false;
  for (const auto& [name, text] : files()) {
    SCOPED_TRACE(name);
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
      SCOPED_TRACE((*match)[0].str());
      check(*match);
      found = true;
    }
  }
  EXPECT_TRUE(found) << pattern;
}

std::set<std::string> keys_of_documents() {
  const MeterSnapshot meter = full_meter();
  const QuantitySet all = meter.reading->values.present() | meter.details.present();
  std::set<std::string> keys;
  for (const std::string& text :
       {registers_json(meter, all), live_json(meter, all), diagnostics_json(meter)}) {
    const json document = json::parse(text);
    for (const auto& item : document.items()) {
      keys.insert(item.key());
    }
  }
  return keys;
}

TEST(Documents, NameTopicsThatArePublished) {
  std::set<std::string> leaves{"+", "value/+"};
  const std::string meter = "ir-meterd/meter/id/";
  for (const std::string& topic :
       {topics.availability("id"), topics.registers("id"), topics.live("id"),
        topics.diagnostics("id"), topics.command("id")}) {
    leaves.insert(topic.substr(meter.size()));
  }
  for (const auto& quantity : irmeter::quantities) {
    leaves.insert(topics.value("id", quantity.key).substr(meter.size()));
  }
  each(R"(ir-meterd([/.])meter\1[a-z0-9_+]+\1([a-z]+|\+)(?:\1([a-z0-9_]+|\+))?)",
       [&](const std::smatch& match) {
         const std::string rest = match[3].matched ? "/" + match[3].str() : "";
         EXPECT_TRUE(leaves.contains(match[2].str() + rest));
       });
}

TEST(Documents, NameFieldsThatArePublished) {
  const auto keys = keys_of_documents();
  each(R"(\b[a-z][a-z0-9_]*_(?:kwh|w|var|a|v|hz|va)\b)",
       [&](const std::smatch& match) { EXPECT_TRUE(keys.contains(match[0])); });
  each(R"((?:value_json|payload|live|registers|\$)\.([a-z0-9_]+)(?![a-zA-Z0-9_(]))",
       [&](const std::smatch& match) { EXPECT_TRUE(keys.contains(match[1])); });
}

TEST(Documents, NameMetricsThatThereAre) {
  const std::string metrics = prometheus_text({{"main", full_meter()}});
  each("ir_meterd_[a-z_]+", [&](const std::smatch& match) {
    EXPECT_NE(metrics.find("# TYPE " + match[0].str() + " "), std::string::npos);
  });
}

TEST(Documents, NameEntitiesThatHomeAssistantIsTold) {
  const MeterSnapshot meter = full_meter();
  const json message = json::parse(discovery_json(
      describe(meter, meter.reading->values.present() | meter.details.present(), false), topics));
  std::set<std::string> entities;
  for (const json& component : message["components"]) {
    entities.insert(component["default_entity_id"]);
  }
  each(R"(((?:sensor|binary_sensor|button)\.electricity_meter_main_[a-z0-9_]+)(\*?))",
       [&](const std::smatch& match) {
         if (match[2].length() == 0) {
           EXPECT_TRUE(entities.contains(match[1]));
         } else {
           EXPECT_TRUE(entities.lower_bound(match[1])->starts_with(match[1].str()));
         }
       });
}

TEST(Documents, AreAllInTheIndex) {
  for (const auto& [name, text] : files()) {
    if (name.ends_with(".md") && name != "README.md") {
      EXPECT_NE(files().at("README.md").find("](" + name + ")"), std::string::npos) << name;
    } else if (name.ends_with(".json")) {
      EXPECT_TRUE(json::accept(text)) << name;
    }
  }
}

}  // namespace
}  // namespace irmeterd
