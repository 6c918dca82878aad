// metrics.prom, in the Prometheus text format.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "common/loop.hpp"
#include "daemon/sinks/cache/cache.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

std::string text_of(const MeterSnapshot& meter) {
  return prometheus_text({{meter.name, meter}});
}

// Every sample by its name and labels. Each line must have the form of the text format, and each
// sample stand behind the HELP and TYPE of its name, which are there once.
std::map<std::string, std::string> parse(const std::string& text) {
  const std::string name = "([a-zA-Z_:][a-zA-Z0-9_:]*)";
  const std::string text_in_quotes = R"re("(?:[^"\\]|\\["\\n])*")re";
  const std::regex sample(
      name + R"((\{meter=)" + text_in_quotes + ",serial=" + text_in_quotes +
      R"re((?:,(?:phase|tariff|quadrant|input)="[a-z0-9]+")?\}) (-?[0-9]+(?:\.[0-9]+)?))re");
  const std::regex help("# HELP " + name + " (.+)");
  const std::regex type("# TYPE " + name + " (counter|gauge)");
  std::map<std::string, std::string> samples;
  std::set<std::string> families;
  std::string helped;
  std::string typed;
  EXPECT_TRUE(text.ends_with('\n'));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      EXPECT_TRUE(families.insert(match[1]).second) << "twice: " << line;
      helped = match[1];
    } else if (std::regex_match(line, match, type)) {
      EXPECT_EQ(match[1], helped) << line;
      EXPECT_EQ(match[2] == "counter", helped.ends_with("_total")) << line;
      typed = match[1];
    } else if (std::regex_match(line, match, sample)) {
      EXPECT_EQ(match[1], typed) << line;
      EXPECT_TRUE(samples.emplace(match[1].str() + match[2].str(), match[3]).second) << line;
    } else {
      ADD_FAILURE() << "not the text format: " << line;
    }
  }
  return samples;
}

constexpr const char* labels = R"({meter="main",serial="0000000012345678"})";
constexpr const char* labels_l1 = R"({meter="main",serial="0000000012345678",phase="l1"})";

TEST(Metrics, ShowEveryQuantityInItsUnit) {
  auto samples = parse(text_of(sample_meter()));
  const auto value = [&](const std::string& name) { return samples[name + labels]; };
  EXPECT_EQ(value("ir_meterd_energy_import_joules_total"), "1239048000");  // 344180 Wh
  EXPECT_EQ(value("ir_meterd_power_watts"), "-231");
  EXPECT_EQ(value("ir_meterd_reactive_power_export_vars"), "166");
  EXPECT_EQ(value("ir_meterd_up"), "1");
  EXPECT_EQ(value("ir_meterd_last_reading_timestamp_seconds"), "1795342530");
  EXPECT_EQ(value("ir_meterd_polls_total"), "17");
  EXPECT_EQ(value("ir_meterd_retries_total"), "2");
  EXPECT_EQ(value("ir_meterd_crc_errors_total"), "1");
  EXPECT_EQ(value("ir_meterd_echoes_total"), "0");
  EXPECT_EQ(value("ir_meterd_reconnects_total"), "3");
}

// One family for each quantity, with the phase as a label, and the tool of Prometheus has no wish.
TEST(Metrics, KeepTheConventionsOfPrometheus) {
  const std::string text = text_of(full_meter());
  auto samples = parse(text);
  EXPECT_EQ(samples[std::string("ir_meterd_current_amperes") + labels_l1], "1.000");
  EXPECT_EQ(samples[std::string("ir_meterd_voltage_volts") + labels_l1], "1.000");
  EXPECT_EQ(samples[std::string("ir_meterd_power_factor_ratio") + labels_l1], "1.000");
  const TempDir directory;
  Loop loop;
  Process promtool(
      {"sh", "-c", "exec promtool check metrics <" + directory.write("metrics.prom", text)});
  ASSERT_TRUE(wait_until(loop, [&] { return !promtool.running(); }));
  EXPECT_EQ(promtool.exit_status(), 0);
  EXPECT_EQ(promtool.output() + promtool.errors(), "");
}

TEST(Metrics, LeaveOutWhatTheMeterDoesNotHave) {
  for (const auto& [name, value] : parse(text_of(sample_meter()))) {
    EXPECT_EQ(name.find("frequency"), std::string::npos) << name;
    EXPECT_EQ(name.find("apparent"), std::string::npos) << name;
  }
}

TEST(Metrics, KeepOnlyTheRegistersOfAStaleReading) {
  auto samples = parse(text_of(gone_stale(sample_meter())));
  EXPECT_EQ(samples.count(std::string("ir_meterd_power_watts") + labels), 0U);
  EXPECT_EQ(samples.count(std::string("ir_meterd_voltage_volts") + labels_l1), 0U);
  EXPECT_EQ(samples[std::string("ir_meterd_energy_import_joules_total") + labels], "1239048000");
  EXPECT_EQ(samples[std::string("ir_meterd_up") + labels], "0");
}

TEST(Metrics, HaveAnUnreadMeterDown) {
  MeterSnapshot meter;
  meter.name = "main";
  auto samples = parse(text_of(meter));
  EXPECT_EQ(samples[R"(ir_meterd_up{meter="main",serial=""})"], "0");
  EXPECT_EQ(samples[R"(ir_meterd_last_reading_timestamp_seconds{meter="main",serial=""})"], "0");
}

TEST(Metrics, HaveTheMetersOfOneQuantityTogether) {
  MeterSnapshot attic = sample_meter();
  attic.name = "attic";
  attic.identity.serial_number = "2";
  auto samples = parse(prometheus_text({{"attic", attic}, {"main", sample_meter()}}));
  EXPECT_EQ(samples[R"(ir_meterd_power_watts{meter="attic",serial="2"})"], "-231");
  EXPECT_EQ(samples[std::string("ir_meterd_power_watts") + labels], "-231");
}

TEST(Metrics, EscapeWhatAMeterCallsItself) {
  MeterSnapshot meter = sample_meter();
  meter.identity.serial_number = R"(a"b\c)";
  auto samples = parse(text_of(meter));
  EXPECT_EQ(samples[R"(ir_meterd_up{meter="main",serial="a\"b\\c"})"], "1");
}

}  // namespace
}  // namespace irmeterd
