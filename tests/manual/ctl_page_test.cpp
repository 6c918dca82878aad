// ir-meterctl(1) against the program.
#include <gtest/gtest.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "lib/meter/quantity.hpp"
#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"
#include "tools/ir-meterctl/check.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/history.hpp"
#include "tools/ir-meterctl/setup/report.hpp"

namespace irmeterd {
namespace {

using Words = std::set<std::string>;

std::string help() {
  return said_by({IR_METERCTL, "--help"});
}

Words matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  Words words;
  for (std::sregex_iterator found(text.begin(), text.end(), expression), end; found != end;
       ++found) {
    words.insert((*found)[1]);
  }
  return words;
}

// The words of a list, where an item may name several: "name, meter".
Words listed(const std::string& section, const std::string& subsection) {
  Words words;
  for (const PageItem& item : read_page(CTL_PAGE).in(section, subsection)) {
    words.merge(matches(item.tag, "([^, ]+)"));
  }
  return words;
}

void add_keys(Words& keys, const irmeterctl::Facts& facts) {
  for (const auto& fact : facts) {
    keys.insert(fact.key);
  }
}
Words keys_of(const irmeterctl::Document& document) {
  Words keys{document.list_key};
  add_keys(keys, document.facts);
  for (const auto& group : document.groups) {
    add_keys(keys, group);
  }
  keys.erase("");
  return keys;
}

irmeterctl::MeterInfo full_meter() {
  irmeterctl::MeterInfo meter;
  for (const char* property :
       {"Name", "Device", "Manufacturer", "Model", "SerialNumber", "UtilitySerialNumber",
        "FirmwareVersion", "State", "Fault", "FaultContext", "StateDetail"}) {
    *meter.text(property) = "something";
  }
  meter.last_reading_usec = 1;
  meter.current_ratio = 40;
  meter.register_unit = 10;
  meter.voltage_ratio = 1;
  meter.mbus_devices = {{1, "water", "SIM", "20417301"}};
  meter.mbus_values = {{1, "volume", 56.78, "m³"}};
  return meter;
}

TEST(CtlPage, HasEveryResultOfACheck) {
  std::ifstream page(CTL_PAGE);
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const irmeterctl::ResultWords& result : irmeterctl::result_words) {
    EXPECT_NE(text.find(result.text), std::string::npos) << result.text;
    EXPECT_NE(text.find(result.json), std::string::npos) << result.json;
  }
}

TEST(CtlPage, HasEveryExitStatus) {
  const std::map<std::string, int> known{
      {"EX_OK", EX_OK},           {"EXIT_FAILURE", EXIT_FAILURE}, {"EX_USAGE", EX_USAGE},
      {"EX_DATAERR", EX_DATAERR}, {"EX_CANTCREAT", EX_CANTCREAT}, {"EX_IOERR", EX_IOERR},
      {"EX_NOPERM", EX_NOPERM},   {"EX_CONFIG", EX_CONFIG}};
  Words used;
  for (const auto& entry : std::filesystem::directory_iterator(CTL_SOURCES)) {
    if (entry.path().extension() == ".cpp") {
      std::ifstream file(entry.path());
      const std::string source{std::istreambuf_iterator<char>(file), {}};
      for (const std::string& name : matches(source, "\\b(EX_[A-Z]+|EXIT_[A-Z]+)\\b")) {
        ASSERT_TRUE(known.contains(name)) << name;
        used.insert(std::to_string(known.at(name)));
      }
    }
  }
  EXPECT_EQ(tags(read_page(CTL_PAGE).in("EXIT STATUS")), used);
  const std::string text = help();
  EXPECT_EQ(matches(text.substr(text.find("Exit status:")), "([0-9]+) "), used);
}

TEST(CtlPage, HasEveryKeyOfSetKey) {
  Words keys;
  for (const bool encrypted : {true, false}) {
    keys.merge(
        keys_of(irmeterctl::document_of({"/file", encrypted, "why", "/other"}, "a-key", "")));
  }
  EXPECT_EQ(listed("JSON", "set-key and set-password"), keys);
}

TEST(CtlPage, HasEveryKeyOfSetupButTheValues) {
  Words keys = keys_of(irmeterctl::document_of(irmeterctl::SetupReport{
      "device", "meter", "key", "broker", "file", "old", "service", "state", {"entity"}, {}}));
  keys.merge(keys_of(irmeterctl::problem_document({"what", "cure"})));
  EXPECT_EQ(listed("JSON", "setup"), keys);
}

TEST(CtlPage, HasEveryKeyOfPorts) {
  irmeterctl::SerialPort port;
  port.usb.emplace();
  port.driver = "usbserial";
  port.links = {"/dev/ir-probe"};
  port.links_move = "why";
  port.likelihood = irmeterctl::Likelihood::known;
  port.node.emplace();
  Words keys = keys_of(irmeterctl::ports_document({port}));
  keys.insert("opens_for_service");  // where the service is installed
  keys.erase("ports");
  EXPECT_EQ(listed("JSON", "ports"), keys);
}

TEST(CtlPage, HasEveryKeyOfStatusButTheValues) {
  using irmeterctl::Failure;
  Words keys = keys_of(irmeterctl::document_of(irmeterctl::DaemonInfo{"0", {{"/", full_meter()}}},
                                               Bus::system, irmeterctl::Moment{}));
  keys.merge(keys_of(irmeterctl::document_of(Failure{Failure::Kind::failed, "what", "cure", ""})));
  EXPECT_EQ(listed("JSON", "status"), keys);
}

TEST(CtlPage, HasEveryKeyOfWatchThatStatusHasNot) {
  const Words keys{"time", "daemon", "name", "meter", "removed"};
  EXPECT_EQ(listed("JSON", "watch"), keys);
  Words changes;
  add_keys(changes, irmeterctl::changes_of({}, full_meter()));
  const Words status = listed("JSON", "status");
  for (const std::string& key : changes) {
    EXPECT_TRUE(status.contains(key)) << key;
  }
}

TEST(CtlPage, HasEveryKeyOfHistoryButTheValues) {
  const Words keys =
      keys_of(irmeterctl::document_of({{{}, {{"interval", 900}}, "partial"}}, full_meter()));
  EXPECT_EQ(listed("JSON", "history"), keys);
}

TEST(CtlPage, HasEveryKeyOfForget) {
  Words keys = keys_of(irmeterctl::kept_document({{"id", {}}}));
  keys.erase("meters");
  EXPECT_EQ(listed("JSON", "forget"), keys);
}

TEST(CtlPage, HasEveryKeyOfRetryKey) {
  EXPECT_EQ(listed("JSON", "retry-key"), keys_of(irmeterctl::retry_document(full_meter())));
}

TEST(CtlPage, HasEveryKeyOfEvents) {
  irmeterctl::Document document;
  irmeterctl::add_events(document, full_meter(), {{1, 72, "invalid password"}});
  EXPECT_EQ(listed("JSON", "events"), keys_of(document));
}

TEST(CtlPage, HasEveryKeyOfRetryTables) {
  EXPECT_EQ(listed("JSON", "retry-tables"), keys_of(irmeterctl::retried_document({"main"})));
}

}  // namespace
}  // namespace irmeterd
