// ir-meterd.toml(5) against the code, as far as it is not made of it.
#include <gtest/gtest.h>

#include <string>

#include "common/config/config.hpp"
#include "tests/manual/page.hpp"

namespace irmeterd {
namespace {

TEST(ConfigPage, SaysOfEveryKeyWhatItIsWhereItIsLeftOut) {
  for (const PageItem& item : read_page(CONFIG_PAGE).in("DESCRIPTION")) {
    const std::string text = item.text();
    const int ways = (text.find("Required.") != std::string::npos ? 1 : 0) +
                     (text.find("Without it") != std::string::npos ? 1 : 0) +
                     (text.find("Default: ") != std::string::npos ? 1 : 0);
    EXPECT_EQ(ways, 1) << item.tag;
  }
}

TEST(ConfigPage, HasExamplesThatCanBeUsed) {
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
