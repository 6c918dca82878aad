// The shipped configuration file is valid as it stands, and shows every key with its default.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.hpp"
#include "common/config/keys.hpp"

namespace irmeterd {
namespace {

std::vector<std::string> shipped_lines() {
  std::ifstream file(SHIPPED_CONFIG);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The key of a line, active or commented out; empty for a line without one. Comments in words have
// a blank behind their #.
std::string key_of(std::string_view line) {
  line.remove_prefix(line.starts_with('#') ? 1 : 0);
  const auto end = std::find_if(line.begin(), line.end(), [](char c) {
    return std::islower(static_cast<unsigned char>(c)) == 0 && c != '_';
  });
  const auto size = static_cast<std::size_t>(end - line.begin());
  return line.substr(size).starts_with(" = ") ? std::string(line.substr(0, size)) : "";
}

std::string table_of(std::string_view line) {
  line.remove_prefix(line.starts_with('#') ? 1 : 0);
  if (!line.starts_with('[')) {
    return "";
  }
  const std::size_t begin = line.find_first_not_of('[');
  return std::string(line.substr(begin, line.find(']') - begin));
}

// The file with everything in it that was commented out, but for some keys.
Config all_in(const std::set<std::string>& left_out, std::string_view scheme) {
  std::string text;
  for (std::string line : shipped_lines()) {
    if (left_out.contains(key_of(line))) {
      continue;
    }
    if (line.starts_with('#') && (!key_of(line).empty() || !table_of(line).empty())) {
      line.erase(0, 1);
    }
    if (key_of(line) == "url") {
      line = "url = \"" + std::string(scheme) + "://localhost:1883\"";
    }
    text += line + "\n";
  }
  const LoadedConfig loaded = parse_config(text, "shipped.toml");
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.text();
  }
  return loaded.config;
}

MeterConfig shipped_meter() {
  MeterConfig meter;
  meter.name = "main";
  meter.device = "/dev/ir-probe";
  return meter;
}

TEST(ShippedConfig, LoadsAsItStandsWithOneMeterAndNoMqtt) {
  const LoadedConfig loaded = load_config(SHIPPED_CONFIG);
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.text();
  }
  Config expected;
  expected.meters = {shipped_meter()};
  EXPECT_EQ(loaded.config, expected);
}

TEST(ShippedConfig, ShowsEveryKeyOnceAndNoOther) {
  std::multiset<std::string> shown;
  std::string table;
  for (const std::string& line : shipped_lines()) {
    if (!table_of(line).empty()) {
      table = table_of(line);
    } else if (!key_of(line).empty()) {
      shown.insert(table + "." + key_of(line));
    }
  }
  std::multiset<std::string> known;
  for (const ConfigKeyInfo& key : all_keys()) {
    known.insert(std::string(key.table) + "." + std::string(key.name));
  }
  EXPECT_EQ(shown, known);
}

TEST(ShippedConfig, ShowsTheDefaultsAsTheyAre) {
  const Config config =
      all_in({"key_file", "fast", "quiet_hours", "username", "password_credential", "password_file",
              "ca_file", "cert_file", "client_key_credential", "client_key_file", "client_id",
              "discovery_birth_topic"},
             "mqtt");
  Config expected;
  expected.meters = {shipped_meter()};
  expected.mqtt.emplace().url = "mqtt://localhost:1883";
  expected.cache_directory = "/run/ir-meterd";
  EXPECT_EQ(config, expected);
}

TEST(ShippedConfig, ShowsExamplesThatCanBeUsed) {
  const Config credentials = all_in({"key_file", "password_file", "client_key_file"}, "mqtts");
  EXPECT_EQ(credentials.mqtt->password_credential, "mqtt-password");
  EXPECT_EQ(credentials.mqtt->client_key_credential, "mqtt-client-key");
  const Config files =
      all_in({"key_credential", "password_credential", "client_key_credential"}, "mqtts");
  EXPECT_FALSE(files.meters.at(0).key_file.empty());
  EXPECT_FALSE(files.meters.at(0).quiet_hours.empty());
  EXPECT_FALSE(files.mqtt->password_file.empty());
  EXPECT_FALSE(files.mqtt->client_key_file.empty());
}

}  // namespace
}  // namespace irmeterd
