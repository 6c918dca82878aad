// ir-meterd.toml(5) against the code.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/config/config.hpp"
#include "common/config/keys.hpp"
#include "tests/manual/page.hpp"

namespace irmeterd {
namespace {

using Keys = std::set<std::string>;

// A file with what the page says of every key behind this word: its default, or an example.
Config config_with(std::string_view word, const Keys& left_out = {}) {
  std::string text;
  std::string table;
  for (const PageItem& item : read_page(CONFIG_PAGE).in("DESCRIPTION")) {
    if (std::exchange(table, item.subsection) != item.subsection) {
      text += item.subsection + "\n";
    }
    const bool required = item.text().find("Required.") != std::string::npos;
    const auto value = item.said_of(required ? "Example" : word);
    if (value && !left_out.contains(item.tag)) {
      text += item.tag + " = " + *value + "\n";
    }
  }
  const LoadedConfig loaded = parse_config(text, "page");
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.text() << "\n" << text;
  }
  return loaded.config;
}

TEST(ConfigPage, HasEveryKeyInItsTable) {
  Keys shown;
  for (const PageItem& item : read_page(CONFIG_PAGE).in("DESCRIPTION")) {
    shown.insert(item.subsection + " " + item.tag);
  }
  Keys known;
  for (const auto& [table, name] : all_keys()) {
    const std::string title = "[" + std::string(table) + "]";
    known.insert((table == "meter" ? "[" + title + "]" : title) + " " + std::string(name));
  }
  EXPECT_EQ(shown, known);
}

TEST(ConfigPage, SaysOfEveryKeyWhatItIsWhereItIsLeftOut) {
  for (const PageItem& item : read_page(CONFIG_PAGE).in("DESCRIPTION")) {
    const std::string text = item.text();
    const int ways = (text.find("Required.") != std::string::npos ? 1 : 0) +
                     (text.find("Without it") != std::string::npos ? 1 : 0) +
                     (item.said_of("Default") ? 1 : 0);
    EXPECT_EQ(ways, 1) << item.tag;
    EXPECT_TRUE(item.said_of("Example")) << item.tag;
  }
}

TEST(ConfigPage, SaysTheDefaultsAsTheyAre) {
  const Config config = config_with("Default");
  Config expected;
  expected.meters.emplace_back().name = config.meters.at(0).name;
  expected.meters[0].device = config.meters[0].device;
  expected.mqtt.emplace().url = config.mqtt.value().url;
  EXPECT_EQ(config, expected);
}

TEST(ConfigPage, HasExamplesThatCanBeUsed) {
  (void)config_with("Example", {"key_file", "password_file", "client_key_file"});
  (void)config_with("Example", {"key_credential", "password_credential", "client_key_credential"});
  const auto displays = read_page(CONFIG_PAGE).displays;
  const auto [begin, end] = displays.equal_range("EXAMPLES");
  EXPECT_NE(begin, end);
  for (auto example = begin; example != end; ++example) {
    for (const ConfigProblem& problem : parse_config(example->second, "example").problems) {
      ADD_FAILURE() << problem.text() << "\n" << example->second;
    }
  }
}

}  // namespace
}  // namespace irmeterd
