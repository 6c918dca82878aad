// org.irmeterd.IrMeter1(5) against the interfaces and the table of quantities.
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

#include "common/bus_names.hpp"
#include "common/faces.hpp"
#include "lib/state.hpp"
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

TEST(DbusPage, HasEveryQuantityWithItsPropertyAndUnit) {
  std::set<std::string> expected{"Key\tProperty\tUnit"};
  for (const irmeterd::Face& face : irmeterd::faces) {
    expected.insert(std::string(irmeter::info(face.id).key) + "\t" +
                    (face.dbus_name.empty() ? "none" : std::string(face.dbus_name)) + "\t" +
                    (face.dbus_unit.empty() ? "1" : std::string(face.dbus_unit)));
  }
  std::set<std::string> shown = tags(read_page(DBUS_PAGE).in("DESCRIPTION"));
  std::erase_if(shown, [](const std::string& tag) { return tag.find('\t') == tag.npos; });
  EXPECT_EQ(shown, expected);
}

TEST(DbusPage, HasEveryErrorOfAPoll) {
  std::set<std::string> expected{"State\tError"};
  for (const auto& state : irmeter::states) {
    if (state.id != irmeter::State::starting && state.id != irmeter::State::online) {
      expected.insert(std::string(state.name) + "\t" + error_name(state.id));
    }
  }
  EXPECT_EQ(tags(read_page(DBUS_PAGE).in("THE ERRORS")), expected);
}

}  // namespace
}  // namespace irmeterd
