// ir-meter-sim(1) against what the program says of itself.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <regex>
#include <string>

#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"
#include "tools/ir-meter-sim/fault.hpp"
#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmeterd {
namespace {

std::string as_sentence(std::string text) {
  text.at(0) = static_cast<char>(std::toupper(static_cast<unsigned char>(text.at(0))));
  return text + ".";
}

// The faults of --help, or behind them their parameters: by tag.
std::map<std::string, std::string> help_on(bool parameters) {
  const std::regex item(R"( ([ *]) (\S+) +(.+?)( \([a-z]+=[^)]*\))?)");
  std::map<std::string, std::string> items;
  std::istringstream help(irmetersim::fault_help());
  bool behind = false;
  for (std::string line; std::getline(help, line);) {
    std::smatch match;
    if (!line.starts_with(' ')) {
      behind = line.starts_with("Parameters");
    } else if (behind == parameters && std::regex_match(line, match, item)) {
      const std::string star = match[1] == "*" ? "*" : "";
      items.emplace(match[2].str() + star + match[4].str(), as_sentence(match[3]));
    }
  }
  return items;
}

TEST(SimulatorPage, HasTheOptionsOfHelp) {
  EXPECT_EQ(tags(read_page(SIMULATOR_PAGE).in("DESCRIPTION")),
            options_of(said_by({IR_METER_SIM, "--help"})));
}

TEST(SimulatorPage, HasEveryProfile) {
  std::map<std::string, std::string> shown;
  for (const PageItem& item : read_page(SIMULATOR_PAGE).items) {
    if (item.section == "DESCRIPTION" && item.depth == 2) {
      shown.emplace(item.tag, item.lines.at(0));
    }
  }
  std::map<std::string, std::string> known;
  for (const auto& profile : irmetersim::profiles()) {
    known.emplace(profile.name, as_sentence(std::string(profile.description)));
  }
  EXPECT_EQ(shown, known);
}

TEST(SimulatorPage, HasEveryFaultWithItsDefaults) {
  const Page page = read_page(SIMULATOR_PAGE);
  auto shown = texts(page.in("FAULTS"));
  for (const PageItem& parameter : page.in("FAULTS", "")) {
    shown.erase(parameter.tag);
  }
  EXPECT_EQ(shown, help_on(false));
  EXPECT_EQ(shown.size(), irmetersim::fault_count);
}

TEST(SimulatorPage, HasEveryParameterOfFaults) {
  EXPECT_EQ(texts(read_page(SIMULATOR_PAGE).in("FAULTS", "")), help_on(true));
}

}  // namespace
}  // namespace irmeterd
