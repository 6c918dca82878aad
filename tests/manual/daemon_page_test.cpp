// ir-meterd(8) against the code.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "common/faces.hpp"
#include "common/fault_texts.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/cache/cache.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "lib/fault.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/meter/status.hpp"
#include "lib/state.hpp"
#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

using irmeter::Retry;

std::string word(std::string_view view) {
  return std::string(view);
}

TEST(DaemonPage, HasTheOptionsOfHelp) {
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("DESCRIPTION")),
            options_of(said_by({IR_METERD, "--help"})));
}

TEST(DaemonPage, HasEveryStateWithItsMeaning) {
  std::map<std::string, std::string> states;
  for (const auto& state : irmeter::states) {
    states.emplace(state.name, meaning(state.id));
  }
  EXPECT_EQ(texts(read_page(DAEMON_PAGE).in("STATES")), states);
}

TEST(DaemonPage, HasEveryFaultWithItsStateSentenceAndNextAttempt) {
  const std::map<Retry, std::string> attempts{{Retry::same_poll, "same poll"},
                                              {Retry::next_poll, "next poll"},
                                              {Retry::hold_off, "hold-off"},
                                              {Retry::by_user, "on request"}};
  std::set<std::string> words;
  std::map<std::string, std::string> faults;
  for (const auto& fault : irmeter::faults) {
    const std::string& attempt = attempts.at(fault.retry);
    words.insert(attempt);
    faults.emplace(word(fault.name) + " (state " + word(irmeter::info(fault.state).name) + ", " +
                       attempt + ")",
                   sentence_of({fault.id, {}}));
  }
  const Page page = read_page(DAEMON_PAGE);
  EXPECT_EQ(tags(page.in("FAULTS", "")), words);
  auto shown = texts(page.in("FAULTS"));
  std::erase_if(shown, [&](const auto& item) { return words.contains(item.first); });
  EXPECT_EQ(shown, faults);
}

TEST(DaemonPage, HasEveryTopicAndEveryKeyOfTheValues) {
  const MqttTopics topics{"<prefix>", "<discovery_prefix>", "<host>", "<discovery_prefix>/status"};
  std::set<std::string> expected{topics.daemon_availability(),
                                 topics.online_meters(),
                                 topics.availability("<id>"),
                                 topics.registers("<id>"),
                                 topics.live("<id>"),
                                 topics.status("<id>"),
                                 topics.details("<id>"),
                                 topics.diagnostics("<id>"),
                                 topics.value("<id>", "<key>"),
                                 topics.command("<id>"),
                                 topics.discovery("<id>"),
                                 topics.component_discovery("<platform>", "<id>", "<key>"),
                                 topics.discovery("ir-meterd-<host>"),
                                 topics.birth,
                                 "Key\tUnit\tDecimals\tTopic"};
  for (const Face& face : faces) {
    expected.insert(word(face.json_key) + "\t" + (face.unit.empty() ? "1" : word(face.unit)) +
                    "\t" + std::to_string(face.json_decimals) + "\t" +
                    (irmeter::is_register(face.id) ? "registers"
                     : irmeter::usual_quantities().test(static_cast<std::size_t>(face.id))
                         ? "live"
                         : "details"));
  }
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("MQTT", "")), expected);
}

TEST(DaemonPage, HasEveryKeyOfTheDiagnostics) {
  std::set<std::string> keys;
  const auto document = nlohmann::json::parse(diagnostics_json(full_meter()));
  for (const auto& item : document.items()) {
    keys.insert(item.key());
  }
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("MQTT", "Diagnostics")), keys);
}

TEST(DaemonPage, HasEveryKeyOfTheStatus) {
  std::set<std::string> keys;
  const auto document = nlohmann::json::parse(status_json(full_meter()));
  for (const auto& item : document.items()) {
    keys.insert(item.key());
  }
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("MQTT", "Status")), keys);
}

TEST(DaemonPage, HasEveryFlagOfTheStatus) {
  std::ifstream page(DAEMON_PAGE);
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const irmeter::StatusFlag& flag : irmeter::status_flags) {
    EXPECT_NE(text.find(".Cm " + word(flag.name) + " "), std::string::npos) << flag.name;
  }
}

TEST(DaemonPage, HasEveryFileOfTheCache) {
  const TempDir directory;
  Loop loop;
  const Log log;
  Store store;
  MeterSnapshot meter = full_meter();
  meter.name = "<name>";
  store.update(meter);
  Cache cache(loop, directory.path(), log, store);
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
    if (entry.is_regular_file()) {
      files.insert(std::filesystem::relative(entry.path(), directory.path()));
    }
  }
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("CACHE", "")), files);
}

TEST(DaemonPage, HasEveryMetric) {
  const std::string metrics = prometheus_text({{"main", full_meter()}});
  const std::regex sample(
      "(ir_meterd_[a-z0-9_]+)\\{meter=\"[^\"]*\",serial=\"[^\"]*\"(?:,([a-z]+)=)?");
  std::set<std::string> names;
  for (std::sregex_iterator found(metrics.begin(), metrics.end(), sample), end; found != end;
       ++found) {
    names.insert((*found)[1].str() + ((*found)[2].matched ? " {" + (*found)[2].str() + "}" : ""));
  }
  EXPECT_EQ(tags(read_page(DAEMON_PAGE).in("CACHE", "Metrics")), names);
}

}  // namespace
}  // namespace irmeterd
