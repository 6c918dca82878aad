// ir-meterd(8), ir-meterd-mqtt(7) and ir-meterd-cache(7) against the code.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "daemon/sinks/cache/cache.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

std::set<std::string> keys_of(const std::string& document) {
  std::set<std::string> keys;
  const auto parsed = nlohmann::json::parse(document);
  for (const auto& item : parsed.items()) {
    keys.insert(item.key());
  }
  return keys;
}

TEST(DaemonPage, HasEveryKeyOfTheDocuments) {
  const Page page = read_page(MQTT_PAGE);
  EXPECT_EQ(tags(page.in("DOCUMENTS", "Diagnostics")), keys_of(diagnostics_json(full_meter())));
  EXPECT_EQ(tags(page.in("DOCUMENTS", "Status")), keys_of(status_json(full_meter())));
  irmeter::LogEntry outage = sample_entry();
  outage.table = irmeter::et81;
  EXPECT_EQ(tags(page.in("DOCUMENTS", "Events")), keys_of(event_json(full_meter(), outage)));
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
  EXPECT_EQ(tags(read_page(CACHE_PAGE).in("THE FILES")), files);
}

}  // namespace
}  // namespace irmeterd
