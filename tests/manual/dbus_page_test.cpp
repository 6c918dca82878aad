// org.irmeterd.IrMeter1(5) against the interfaces.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/manual/page.hpp"

namespace irmeterd {
namespace {

// Methods by their name, properties as "Power (d)".
using Members = std::set<std::string>;

std::map<std::string, Members> interfaces() {
  const std::regex element(
      R"re(<(interface|method|signal|property) name="([^"]+)"(?: type="([^"]+)")?)re");
  std::map<std::string, Members> interfaces;
  for (const auto& entry : std::filesystem::directory_iterator(DBUS_INTERFACES)) {
    const std::string file_name = entry.path().filename();
    if (!file_name.starts_with("org.irmeterd.") || !file_name.ends_with(".xml")) {
      continue;
    }
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string interface;
    for (std::sregex_iterator found(text.begin(), text.end(), element), end; found != end;
         ++found) {
      const std::string name = (*found)[2];
      if ((*found)[1] == "interface") {
        interface = name;
      } else {
        interfaces[interface].insert(
            (*found)[1] == "property" ? name + " (" + (*found)[3].str() + ")" : name);
      }
    }
  }
  return interfaces;
}

TEST(DbusPage, HasEveryMemberOfTheInterfaces) {
  std::map<std::string, Members> shown;
  for (const PageItem& item : read_page(DBUS_PAGE).in("DESCRIPTION")) {
    if (item.tag.find('\t') != std::string::npos) {
      continue;
    }
    // "PowerImport, PowerExport (d)"
    const std::size_t type = std::min(item.tag.find(" ("), item.tag.size());
    std::istringstream names(item.tag.substr(0, type));
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
      shown[item.subsection].insert(name + item.tag.substr(type));
    }
  }
  EXPECT_EQ(shown, interfaces());
}

}  // namespace
}  // namespace irmeterd
