// ir-meterctl history: the picture and the exports, and the real program beside a simulated meter.
#include "tools/ir-meterctl/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

#include "tests/ctl/ctl_fixture.hpp"
#include "tests/support/mosquitto.hpp"

namespace irmeterd {
namespace {

using irmeterctl::HistoryEntry;
using namespace std::chrono_literals;
using std::chrono::January;

irmeterctl::Moment day(unsigned number) {
  return std::chrono::sys_days(std::chrono::year(2025) / January / std::chrono::day(number));
}

const std::vector<HistoryEntry> two_hours{
    {day(15) + 1h,
     {{"interval", 3600}, {"energy_import", 344'180}, {"energy_import_interval", 120}},
     ""},
    {day(15) + 2h, {{"interval", 3600}, {"energy_export", 7'583}}, "power_failed partial"}};

TEST(HistoryExport, CsvHasAColumnForWhatAnyIntervalHas) {
  EXPECT_EQ(irmeterctl::to_csv(two_hours),
            "time,status,interval_s,energy_import_kwh,energy_import_interval_kwh,"
            "energy_export_kwh\n"
            "2025-01-15T01:00:00.000Z,,3600,344.180,0.120,\n"
            "2025-01-15T02:00:00.000Z,power_failed partial,3600,,,7.583\n");
}

TEST(HistoryExport, LineProtocolHasNoFieldForWhatIsNotKnown) {
  irmeterctl::MeterInfo meter;
  meter.name = "main";
  meter.manufacturer = "NES";
  meter.serial_number = "0000000012345678";
  EXPECT_EQ(irmeterctl::to_influx(two_hours, meter),
            "electricity_history,meter=nes_0000000012345678,name=main "
            "interval_s=3600,energy_import_kwh=344.180,"
            "energy_import_interval_kwh=0.120 1736902800000000000\n"
            "electricity_history,meter=nes_0000000012345678,name=main "
            "interval_s=3600,energy_export_kwh=7.583,"
            "status=\"power_failed partial\" 1736906400000000000\n");
}

TEST(HistoryChart, HasImportAboveAndExportBelowTheLine) {
  std::vector<HistoryEntry> entries;
  for (unsigned number = 10; number < 13; ++number) {
    entries.push_back({day(number) + 12h,
                       {{"energy_import_interval", 1'000.0 * (number - 8)},
                        {"energy_export_interval", number == 10 ? 4'000 : 0}},
                       number == 12 ? "partial" : ""});
  }
  EXPECT_EQ(irmeterctl::history_chart(entries, false),
            "    4.0                 #######\n"
            "                        #######\n"
            "                ####### #######\n"
            "                ####### #######\n"
            "        ####### ####### #######\n"
            "        ####### ####### #######\n"
            "        ####### ####### #######\n"
            "        ####### ####### #######\n"
            "    kWh ------------------------\n"
            "        #######\n        #######\n        #######\n        #######\n"
            "        #######\n        #######\n        #######\n    4.0 #######\n"
            "        01-10   01-11   01-12\n"
            "import  2.0     3.0     4.0\n"
            "export  4.0     0.0     0.0\n"
            "\n"
            "Import 9.000 kWh, export 4.000 kWh from 2025-01-10 to 2025-01-12\n"
            "Of 3 intervals, 1 is incomplete or marked by the meter; see --csv\n");
  EXPECT_EQ(irmeterctl::history_chart({}, true), "The meter has nothing of that time.\n");
}

TEST(HistoryChart, NeverIsWiderThanEightyColumns) {
  std::vector<HistoryEntry> entries;
  for (int number = 0; number < 400; ++number) {
    entries.push_back({day(1) + number * 24h + 12h, {{"energy_import_interval", number}}, ""});
    std::istringstream picture(irmeterctl::history_chart(entries, false));
    for (std::string line; std::getline(picture, line);) {
      EXPECT_LE(line.size(), 80U) << number << ": " << line;
    }
  }
}

TEST(HistoryOption, ATimeIsADayOrAMinuteOfOne) {
  EXPECT_TRUE(irmeterctl::parse_moment("2026-11-20"));
  EXPECT_EQ(*irmeterctl::parse_moment("2026-11-20T17:30") - *irmeterctl::parse_moment("2026-11-20"),
            17h + 30min);
  EXPECT_EQ(irmeterctl::parse_moment("2026-11-20 17:30"),
            irmeterctl::parse_moment("2026-11-20T17:30"));
  for (const char* wrong : {"", "today", "2026-13-20", "2026-11-31", "2026-11-20T24:00",
                            "2026-11-20T17:3", "20261120T17:30", "2026-11-2a", "1999-11-20"}) {
    EXPECT_FALSE(irmeterctl::parse_moment(wrong)) << wrong;
  }
}

// Number in the column of a line of CSV; nothing where it is empty.
std::optional<std::int64_t> watt_hours(const std::string& line, std::size_t column) {
  std::istringstream fields(line);
  std::string field;
  for (std::size_t i = 0; i <= column; ++i) {
    std::getline(fields, field, ',');
  }
  std::erase(field, '.');
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// At noon of 2025-06-21, when an interval has just been closed, and its clock stands still.
class CtlHistory : public CtlTest {
 protected:
  CtlHistory() { bus_.start(); }
  void start_daemon(Simulator& simulator) {
    simulator.start();
    configure(meter_table(simulator.device()) + "slow_interval = \"1s\"\n");
    start();
    ASSERT_TRUE(shows("main online; on the system bus"));
  }
};

TEST_F(CtlHistory, ExportsSumsThatAgreeWithTheRegisters) {
  Mosquitto broker;
  const MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()));
  start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  // The simulated meter works out its past when somebody first asks, which takes it some time.
  for (int tries = 0; ctl({"table", "BT63"}) != 0; ++tries) {
    ASSERT_LT(tries, 20) << ctl_->errors();
  }
  configure(meter_table(simulator.device()) + "slow_interval = \"1s\"\n" +
            mqtt_table(broker.url()));
  ASSERT_NO_FATAL_FAILURE(reload());
  ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));
  EXPECT_EQ(ctl({"history", "--from", "2025-06-19", "--to", "2025-06-23", "--csv"}), 0)
      << ctl_->errors();
  const std::vector<std::string> csv = lines();
  ASSERT_GT(csv.size(), 60U);
  ASSERT_EQ(csv[0],
            "time,status,interval_s,energy_import_kwh,energy_import_interval_kwh,"
            "energy_export_kwh,energy_export_interval_kwh");
  const auto registers = Simulator::fixed_values().summations;
  for (const std::size_t channel : {0U, 1U}) {
    const std::size_t column = 3 + 2 * channel;
    std::int64_t sum = 0;
    for (std::size_t line = 2; line < csv.size(); ++line) {
      ASSERT_TRUE(watt_hours(csv[line], column + 1)) << csv[line];
      sum += *watt_hours(csv[line], column + 1);
    }
    EXPECT_EQ(watt_hours(csv.back(), column), registers[channel]);
    EXPECT_EQ(sum, registers[channel] - *watt_hours(csv[1], column));
  }
  const std::string topic = "ir-meterd/meter/elon_0000000012345678/history";
  ASSERT_TRUE(eventually([&] { return watcher.count(topic) > 0; }));
  const auto newest = nlohmann::json::parse(watcher.payload(topic));
  EXPECT_EQ(newest.at("time").get<std::string>(), csv.back().substr(0, csv.back().find(',')));
  EXPECT_EQ(newest.at("energy_import_kwh"), registers[0] / 1000.0);

  EXPECT_EQ(ctl({"history", "--from", "2025-06-21", "--to", "2025-06-22", "--json"}), 0);
  const auto document = nlohmann::json::parse(ctl_->output());
  EXPECT_EQ(document.at("intervals").back().at("energy_import_kwh"), registers[0] / 1000.0);
  EXPECT_EQ(ctl({"history", "--from", "2025-06-20", "--to", "2025-06-22"}), 0) << ctl_->errors();
  EXPECT_TRUE(says(" from 2025-06-20 to 2025-06-21")) << ctl_->output();
}

TEST_F(CtlHistory, OfBillingHasTheRegistersOfEachMonth) {
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"history", "--billing", "--json"}), 0) << ctl_->errors();
  const auto months = nlohmann::json::parse(ctl_->output()).at("intervals");
  ASSERT_EQ(months.size(), 12U);
  EXPECT_EQ(months.at(11).at("time"), "2025-06-01T00:00:00.000Z");
  EXPECT_TRUE(months.at(0).at("energy_import_interval_kwh").is_null());
  EXPECT_NEAR(months.at(11).at("energy_import_kwh").get<double>() -
                  months.at(10).at("energy_import_kwh").get<double>(),
              months.at(11).at("energy_import_interval_kwh").get<double>(), 1e-6);
  EXPECT_EQ(ctl({"history", "--billing"}), 0) << ctl_->errors();
  EXPECT_TRUE(says("2025-06-01 00:00")) << ctl_->output();
}

TEST_F(CtlHistory, IsInWattHoursWhereTheMeterCountsInHundreds) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--firmware", "3.70", "--register-unit", "100"}));
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"history", "--billing", "--json"}), 0) << ctl_->errors();
  const auto months = nlohmann::json::parse(ctl_->output()).at("intervals");
  EXPECT_EQ(ctl({"status", "--json"}), 0) << ctl_->errors();
  const auto meter = nlohmann::json::parse(ctl_->output()).at("meters").at(0);
  EXPECT_EQ(meter.at("register_unit"), 100);
  const auto now = meter.at("energy_import_kwh").get<double>();
  const auto before = months.at(11).at("energy_import_kwh").get<double>();
  EXPECT_LE(before, now);
  EXPECT_GT(before, now / 2);
}

TEST_F(CtlHistory, ThatTheMeterRefusesSaysWhy) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--refuse", "BT63", "--refuse", "BT26"}));
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"history"}), 1);
  EXPECT_TRUE(complains("BT63: iar")) << ctl_->errors();
  EXPECT_EQ(ctl({"history", "--billing"}), 1);
  EXPECT_TRUE(complains("BT26: iar")) << ctl_->errors();
  EXPECT_EQ(ctl({"history", "--from", "yesterday"}), 64);
  EXPECT_TRUE(complains("is not a time such as 2026-11-20")) << ctl_->errors();
  EXPECT_EQ(ctl({"history", "--from", "2026-01-02", "--to", "2026-01-01"}), 64);
  EXPECT_TRUE(complains("--from is later than --to")) << ctl_->errors();
  EXPECT_TRUE(eventually([&] { return logged("BT63 is left out for a day") == 1; }));
  EXPECT_TRUE(shows("main online; on the system bus"));
}

}  // namespace
}  // namespace irmeterd
