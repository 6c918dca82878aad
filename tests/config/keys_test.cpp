// What the table of keys shows of values: the manual and the messages have them from there.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "common/config/config.hpp"
#include "common/config/keys.hpp"

namespace irmeterd {
namespace {

// A file with what the table has of each key: its default, or the example.
Config config_with(std::string_view ConfigKeyInfo::*value,
                   const std::set<std::string_view>& left_out = {}) {
  std::string text;
  std::string_view table;
  for (const ConfigKeyInfo& key : all_keys()) {
    if (std::exchange(table, key.table) != key.table) {
      text += key.table == "meter" ? "[[meter]]\n" : "[" + std::string(key.table) + "]\n";
    }
    const std::string_view shown = key.use == KeyUse::required ? key.example : key.*value;
    if (!shown.empty() && !left_out.contains(key.name)) {
      text += std::string(key.name) + " = " + std::string(shown) + "\n";
    }
  }
  // Certificates are for encrypted connections only.
  if (const auto scheme = text.find("mqtt://"); value == &ConfigKeyInfo::example) {
    text.insert(scheme + 4, "s");
  }
  const LoadedConfig loaded = parse_config(text, "table");
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.text() << "\n" << text;
  }
  return loaded.config;
}

TEST(ConfigKeys, HaveTheDefaultsAsTheyAre) {
  const Config config = config_with(&ConfigKeyInfo::standard);
  Config expected;
  expected.meters.emplace_back().name = config.meters.at(0).name;
  expected.meters[0].device = config.meters[0].device;
  expected.mqtt.emplace().url = config.mqtt.value().url;
  EXPECT_EQ(config, expected);
}

TEST(ConfigKeys, HaveExamplesThatCanBeUsed) {
  (void)config_with(&ConfigKeyInfo::example, {"key_file", "password_file", "client_key_file"});
  (void)config_with(&ConfigKeyInfo::example,
                    {"key_credential", "password_credential", "client_key_credential"});
}

}  // namespace
}  // namespace irmeterd
