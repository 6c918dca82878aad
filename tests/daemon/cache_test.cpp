// The readings as files.
#include "daemon/sinks/cache/cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "lib/meter/tables.hpp"
#include "tests/daemon/captured_log.hpp"
#include "tests/support/decode_reading.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

namespace fs = std::filesystem;

// A reading of a meter that sent this byte all over.
MeterSnapshot meter_with(std::uint8_t value) {
  MeterSnapshot meter = sample_meter();
  meter.reading = irmeter::decode_reading(irmeter::Bytes(8, value), irmeter::Bytes(40, value));
  meter.counters.polls += value;
  return meter;
}

MeterSnapshot named(const std::string& name, MeterSnapshot meter) {
  meter.name = name;
  return meter;
}

class CacheFiles : public ::testing::Test {
 protected:
  [[nodiscard]] std::string place(const std::string& name) const {
    return dir_.path("run/" + name);
  }
  [[nodiscard]] std::optional<std::string> content(const std::string& name) const {
    std::ifstream file(place(name), std::ios::binary);
    if (!file) {
      return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path("run"))) {
      if (!entry.is_directory()) {
        names.insert(fs::relative(entry.path(), dir_.path("run")).string());
      }
    }
    return names;
  }

  TempDir dir_;
  Loop loop_;
  Log log_;
  Store store_;
  Cache cache_{loop_, dir_.path("run"), log_, store_, irmeter::Duration(0)};
};

using Names = std::set<std::string>;

TEST_F(CacheFiles, HoldTheBytesOfTheMeter) {
  MeterSnapshot meter = sample_meter();
  const irmeter::Bytes registers{0x74, 0x40, 0x05, 0x00, 0x9F, 0x1D, 0x00, 0x7F};
  irmeter::Bytes present(60);
  for (std::size_t i = 0; i < present.size(); ++i) {
    present[i] = static_cast<std::uint8_t>(i % 4 == 3 ? i : 250 + i);
  }
  meter.reading = irmeter::decode_reading(registers, present);
  store_.update(meter);
  EXPECT_EQ(content("main/BT23"), std::string(registers.begin(), registers.end()));
  EXPECT_EQ(content("main/BT28"), std::string(present.begin(), present.begin() + 40));
  EXPECT_EQ(files(), (Names{"main/BT23", "main/BT28", "main/reading.json", "metrics.prom"}));
}

TEST_F(CacheFiles, AreNotTouchedByAPollThatFails) {
  MeterSnapshot meter = meter_with(1);
  store_.update(meter);
  const auto written = fs::last_write_time(place("main/BT23"));
  fs::last_write_time(place("main/BT23"), written - std::chrono::hours(1));
  meter.failure = irmeter::Failure{irmeter::Fault::silent, {}};
  ++meter.counters.polls;
  store_.update(meter);
  EXPECT_EQ(fs::last_write_time(place("main/BT23")), written - std::chrono::hours(1));
  EXPECT_TRUE(content("metrics.prom").value_or("").find("polls_total") != std::string::npos);
}

TEST_F(CacheFiles, AreAllThatIsTakenAway) {
  store_.update(meter_with(1));
  std::ofstream(place("main/notes")) << "somebody else's";
  store_.remove("main");
  EXPECT_EQ(files(), (Names{"main/notes"}));
}

TEST_F(CacheFiles, MayBeReadByEverybody) {
  store_.update(meter_with(1));
  for (const std::string& name : files()) {
    struct stat status {};
    ASSERT_EQ(::stat(place(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0444U, 0444U) << name;
    EXPECT_EQ(status.st_mode & 0022U, 0U) << name;
  }
}

TEST_F(CacheFiles, HoldTheWholeReadingAsJson) {
  store_.update(sample_meter());
  const auto json = nlohmann::json::parse(content("main/reading.json").value());
  EXPECT_EQ(json.at("meter"), sample_id);
  EXPECT_EQ(json.at("time"), "2026-11-22T10:15:30.125Z");
  EXPECT_EQ(json.at("energy_import_kwh"), 344.180);
  EXPECT_EQ(json.at("power_w"), -231);
  EXPECT_EQ(json.at("voltage_l2_v"), 233.137);
  EXPECT_FALSE(json.contains("frequency_hz"));
}

TEST_F(CacheFiles, LoseTheLiveValuesWithAStaleReading) {
  store_.update(meter_with(1));
  store_.update(gone_stale(sample_meter()));
  EXPECT_EQ(files(), (Names{"main/reading.json", "metrics.prom"}));
  const auto json = nlohmann::json::parse(content("main/reading.json").value());
  EXPECT_EQ(json.at("time"), "2026-11-22T10:15:30.125Z");
  EXPECT_EQ(json.at("energy_export_kwh"), 7.583);
  EXPECT_FALSE(json.contains("power_w"));
  store_.update(meter_with(2));
  EXPECT_EQ(content("main/BT23"), std::string(8, '\2'));
}

TEST_F(CacheFiles, AreNotThereBeforeTheFirstReading) {
  MeterSnapshot meter;
  meter.name = "main";
  store_.update(meter);
  EXPECT_EQ(files(), Names{"metrics.prom"});
}

TEST_F(CacheFiles, OfAnEarlierRunGoAwayUntilTheMeterIsReadAgain) {
  fs::create_directories(place("main"));
  for (const std::string name : {"BT23", "BT28", "reading.json"}) {
    dir_.write("run/main/" + name, "old");
  }
  MeterSnapshot meter;
  meter.name = "main";
  store_.update(meter);
  EXPECT_EQ(files(), Names{"metrics.prom"});
}

TEST_F(CacheFiles, LackWhatTheMeterDoesNotHave) {
  store_.update(meter_with(1));
  MeterSnapshot poorer = meter_with(2);
  poorer.reading->values.set(irmeter::Quantity::voltage_l3, std::nullopt);
  store_.update(poorer);
  EXPECT_EQ(content("main/BT23"), std::string(8, '\2'));
  EXPECT_EQ(content("main/BT28"), std::nullopt);
}

TEST_F(CacheFiles, LackRegistersThatDoNotFit) {
  MeterSnapshot meter = sample_meter();
  meter.reading->values.set(irmeter::Quantity::energy_import, INT32_MAX);
  store_.update(meter);
  EXPECT_EQ(content("main/BT23").value_or("").substr(0, 4), "\xFF\xFF\xFF\x7F");
  meter.reading->values.set(irmeter::Quantity::energy_import, std::int64_t{INT32_MAX} + 1);
  store_.update(meter);
  EXPECT_EQ(files(), (Names{"main/BT28", "main/reading.json", "metrics.prom"}));
}

TEST_F(CacheFiles, GoWithTheirMeter) {
  store_.update(named("attic", meter_with(3)));
  store_.update(meter_with(1));
  store_.remove("attic");
  EXPECT_FALSE(fs::exists(place("attic")));
  EXPECT_EQ(content("metrics.prom").value().find("attic"), std::string::npos);
  store_.remove("main");
  EXPECT_TRUE(fs::is_empty(dir_.path("run")));
}

TEST_F(CacheFiles, HaveTheMetricsOfManyMetersWrittenTogether) {
  Cache other(loop_, dir_.path("other"), log_, store_, std::chrono::hours(1));
  store_.update(meter_with(1));
  ASSERT_TRUE(wait_until(loop_, [&] { return fs::exists(dir_.path("other/metrics.prom")); }));
  const auto first = fs::last_write_time(dir_.path("other/metrics.prom"));
  store_.update(named("attic", meter_with(2)));
  EXPECT_EQ(fs::last_write_time(dir_.path("other/metrics.prom")), first);
  const Cache soon(loop_, dir_.path("soon"), log_, store_, std::chrono::milliseconds(1));
  store_.update(named("attic", meter_with(3)));
  EXPECT_TRUE(wait_until(loop_, [&] {
    std::ifstream file(dir_.path("soon/metrics.prom"));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return text.find("polls_total{meter=\"attic\"") != std::string::npos;
  }));
}

TEST_F(CacheFiles, GoWithTheCache) {
  {
    Cache other(loop_, dir_.path("other"), log_, store_);
    store_.update(meter_with(1));
    EXPECT_TRUE(fs::exists(dir_.path("other/main/BT23")));
  }
  EXPECT_TRUE(fs::is_empty(dir_.path("other")));
  EXPECT_EQ(content("main/BT23"), std::string(8, '\1'));
}

TEST_F(CacheFiles, AreNeverSeenTorn) {
  store_.update(meter_with(0));
  std::atomic<bool> done = false;
  std::size_t reads = 0;
  std::size_t torn = 0;
  std::thread reader([&] {
    while (!done) {
      // Not through a stream, which would hide a file that grows while it is read.
      const FileDescriptor file(::open(place("main/BT28").c_str(), O_RDONLY | O_CLOEXEC));
      std::array<char, 64> bytes{};
      const ssize_t size = ::read(file.get(), bytes.data(), bytes.size());
      const std::string text(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      torn += text == std::string(40, text.empty() ? ' ' : text.front()) ? 0U : 1U;
      ++reads;
    }
  });
  for (int i = 1; i <= 127; ++i) {
    store_.update(meter_with(static_cast<std::uint8_t>(i)));
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0U);
  EXPECT_GT(reads, 100U);
}

TEST_F(CacheFiles, ReturnWhenTheirFolderCanBeWrittenAgain) {
  const CapturedLog log;
  dir_.write("run", "a file where a folder belongs");
  for (std::uint8_t i = 1; i <= 3; ++i) {
    store_.update(meter_with(i));
  }
  // The meter's, and the metrics.
  EXPECT_EQ(log.count("warning: Cannot write the cache: "), 2U) << log.text();
  fs::remove(dir_.path("run"));
  store_.update(meter_with(4));
  store_.update(meter_with(5));
  EXPECT_EQ(content("main/BT28"), std::string(40, '\5'));
  EXPECT_EQ(log.count("info: " + place("main") + " is written again."), 1U) << log.text();
  EXPECT_EQ(log.count("info: " + place("metrics.prom") + " is written again."), 1U) << log.text();
  EXPECT_EQ(log.count("\n"), 4U) << log.text();
}

TEST_F(CacheFiles, OfAMeterWithoutAFolderAreMissedOnceAndThoseOfAnotherAreWritten) {
  const CapturedLog log;
  const auto poll = [this](std::uint8_t value) {
    store_.update(named("attic", meter_with(value)));
    store_.update(meter_with(value));
  };
  fs::create_directory(dir_.path("run"));
  dir_.write("run/attic", "a file where a folder belongs");
  for (std::uint8_t i = 1; i <= 3; ++i) {
    poll(i);
    EXPECT_EQ(content("main/BT28"), std::string(40, static_cast<char>(i)));
  }
  EXPECT_EQ(log.count("warning: Cannot write the cache: "), 1U) << log.text();
  EXPECT_EQ(log.count("\n"), 1U) << log.text();
  fs::remove(place("attic"));
  poll(4);
  poll(5);
  EXPECT_EQ(content("attic/BT28"), std::string(40, '\5'));
  EXPECT_EQ(log.count("info: " + place("attic") + " is written again."), 1U) << log.text();
  EXPECT_EQ(log.count("\n"), 2U) << log.text();
}

TEST_F(CacheFiles, HaveTheMetricsOfAMeterWithoutAFolder) {
  fs::create_directory(dir_.path("run"));
  dir_.write("run/main", "a file where a folder belongs");
  MeterSnapshot meter = meter_with(1);
  for (const std::uint64_t polls : {41U, 42U}) {
    meter.counters.polls = polls;
    store_.update(meter);
    const std::string metrics = content("metrics.prom").value_or("");
    EXPECT_NE(metrics.find("ir_meterd_polls_total{meter=\"main\",serial=\"" +
                           meter.identity.serial_number + "\"} " + std::to_string(polls) + "\n"),
              std::string::npos)
        << metrics;
  }
  store_.remove("main");
  EXPECT_EQ(files(), Names{"main"});
}

TEST_F(CacheFiles, AreWrittenWhereTheMetricsCannotBe) {
  const CapturedLog log;
  fs::create_directories(place("metrics.prom"));
  for (std::uint8_t i = 1; i <= 3; ++i) {
    store_.update(meter_with(i));
    EXPECT_EQ(content("main/BT28"), std::string(40, static_cast<char>(i)));
  }
  EXPECT_EQ(log.count("warning: Cannot write the cache: "), 1U) << log.text();
  fs::remove(place("metrics.prom"));
  store_.update(meter_with(4));
  EXPECT_EQ(log.count("info: " + place("metrics.prom") + " is written again."), 1U) << log.text();
  EXPECT_EQ(log.count("\n"), 2U) << log.text();
}

TEST_F(CacheFiles, ThatCannotBeReplacedGoAndTheOthersAreReplaced) {
  const Names all{"main/BT23", "main/BT28", "main/reading.json", "metrics.prom"};
  std::uint8_t value = 0;
  for (const std::string& name : all) {
    store_.update(meter_with(++value));
    ASSERT_EQ(files(), all);
    const std::string in_the_way = place(name + ".new");
    fs::create_directory(in_the_way);
    store_.update(meter_with(++value));
    Names others = all;
    others.erase(name);
    EXPECT_EQ(files(), others);
    EXPECT_NE(content("main/BT23"), std::string(8, static_cast<char>(value - 1)));
    EXPECT_NE(content("main/BT28"), std::string(40, static_cast<char>(value - 1)));
    fs::remove(in_the_way);
  }
}

TEST_F(CacheFiles, AreWrittenWhereAPipeIsInTheWay) {
  store_.update(meter_with(1));
  for (const char* name : {"main/BT23.new", "main/BT23", "metrics.prom.new", "metrics.prom"}) {
    fs::remove(place(name));
    ASSERT_EQ(::mkfifo(place(name).c_str(), 0666), 0);
    store_.update(meter_with(2));
    store_.update(meter_with(3));
    EXPECT_EQ(content("main/BT23"), std::string(8, '\3'));
    EXPECT_NE(content("metrics.prom").value_or(""), "");
  }
}

TEST_F(CacheFiles, ReturnAfterSomebodyHasRemovedThem) {
  store_.update(meter_with(1));
  fs::remove_all(dir_.path("run"));
  store_.update(meter_with(2));
  EXPECT_EQ(files(), (Names{"main/BT23", "main/BT28", "main/reading.json", "metrics.prom"}));
}

TEST_F(CacheFiles, AreNotWrittenThroughALink) {
  const std::string victim = dir_.write("victim", "untouched");
  store_.update(meter_with(1));
  fs::create_symlink(victim, place("main/BT23.new"));
  store_.update(meter_with(2));
  std::ifstream file(victim);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "untouched");
}

}  // namespace
}  // namespace irmeterd
