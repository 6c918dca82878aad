// What holds for every manual page.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"

namespace irmeterd {
namespace {

class EveryPage : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryPage, IsFreeOfWarnings) {
  std::istringstream messages(said_by({"mandoc", "-T", "lint", GetParam()}));
  for (std::string message; std::getline(messages, message);) {
    // Which other pages are installed here is no matter of this one.
    const bool foreign = message.find("referenced manual not found") != std::string::npos ||
                         message.find("mandoc.db") != std::string::npos;
    EXPECT_TRUE(foreign) << message;
  }
}

TEST_P(EveryPage, HasNoItemTwiceInOneList) {
  std::set<std::string> seen;
  for (const PageItem& item : read_page(GetParam()).items) {
    const std::string place = item.section + ", " + item.subsection + ": " + item.tag;
    EXPECT_TRUE(item.tag.empty() || seen.insert(place).second) << place;
  }
}

TEST_P(EveryPage, RefersToPagesOfOursThatExist) {
  const std::set<std::string> pages{
      "ir-meter-sim(1)",    "ir-meterctl(1)",    "ir-meterd.toml(5)", "org.irmeterd.IrMeter1(5)",
      "ir-meterd-cache(7)", "ir-meterd-mqtt(7)", "ir-meterd(8)",      "ir-meterd-internals(8)"};
  for (const std::string& reference : read_page(GetParam()).references) {
    if (reference.starts_with("ir-") || reference.starts_with("org.irmeterd.")) {
      EXPECT_TRUE(pages.contains(reference)) << reference;
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<const char*>& page) {
  std::string name = std::filesystem::path(page.param).filename();
  std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Of, EveryPage,
                         ::testing::Values(CACHE_PAGE, CONFIG_PAGE, CTL_PAGE, DAEMON_PAGE,
                                           DBUS_PAGE, INTERNALS_PAGE, MQTT_PAGE, SIMULATOR_PAGE),
                         name_of);

}  // namespace
}  // namespace irmeterd
