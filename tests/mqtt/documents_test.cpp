#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "common/faces.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "tests/support/sample.hpp"

namespace irmeterd {
namespace {

using irmeter::Quantity;

QuantitySet announced(const MeterSnapshot& meter) {
  return meter.reading->values.present() | meter.details.present();
}

TEST(Documents, RegistersAreExactToTheWattHour) {
  const MeterSnapshot meter = sample_meter();
  EXPECT_EQ(registers_json(meter, announced(meter)),
            R"({"time":"2026-11-22T10:15:30.125Z","meter":"nes_0000000012345678",)"
            R"("energy_import_kwh":344.180,"energy_export_kwh":7.583})");
}

TEST(Documents, LiveValuesCarryUnitAndSign) {
  const MeterSnapshot meter = sample_meter();
  EXPECT_EQ(live_json(meter, announced(meter)),
            R"({"time":"2026-11-22T10:15:30.125Z","meter":"nes_0000000012345678",)"
            R"("power_import_w":0,"power_export_w":231,"power_w":-231,)"
            R"("reactive_power_import_var":0,"reactive_power_export_var":166,)"
            R"("current_l1_a":0.598,"current_l2_a":0.700,"current_l3_a":0.705,)"
            R"("voltage_l1_v":231.392,"voltage_l2_v":233.137,"voltage_l3_v":230.613})");
}

TEST(Documents, AnEventHasItsTypeAndItsText) {
  irmeter::LogEntry entry = sample_entry();
  EXPECT_EQ(event_json(sample_meter(), entry),
            R"({"time":"2026-11-22T00:00:00.000Z","meter":"nes_0000000012345678",)"
            R"("event_type":"invalid_password","text":"invalid password, by ir-meterd","id":72,)"
            R"("sequence":70001,"own":true})");
  entry.id = 95;
  entry.user = 7;
  const auto unknown = nlohmann::json::parse(event_json(sample_meter(), entry));
  EXPECT_EQ(unknown.at("event_type"), "other");
  EXPECT_EQ(unknown.at("text"), "event 95, by user 7");
  EXPECT_FALSE(unknown.at("own"));
}

TEST(Documents, AnOutageHasItsEnd) {
  irmeter::LogEntry entry = sample_entry();
  entry.id = irmeter::outage_event;
  entry.user = irmeter::no_user;
  entry.sequence = 17;
  entry.table = irmeter::et81;
  entry.lasted = std::chrono::hours(25) + std::chrono::seconds(65);
  EXPECT_EQ(event_json(sample_meter(), entry),
            R"({"time":"2026-11-22T00:00:00.000Z","meter":"nes_0000000012345678",)"
            R"("end":"2026-11-23T01:01:05.000Z",)"
            R"("event_type":"power_outage","text":"power outage of 25:01:05","id":4096,)"
            R"("sequence":17,"own":false})");
}

TEST(Documents, AnnouncedButMissingIsNullAndNeverZero) {
  MeterSnapshot meter = sample_meter();
  const QuantitySet before = announced(meter);
  meter.reading->values.set(Quantity::energy_export, std::nullopt);
  meter.reading->values.set(Quantity::voltage_l2, std::nullopt);
  const auto registers = nlohmann::json::parse(registers_json(meter, before));
  const auto live = nlohmann::json::parse(live_json(meter, before));
  EXPECT_TRUE(registers.at("energy_export_kwh").is_null());
  EXPECT_TRUE(live.at("voltage_l2_v").is_null());
  EXPECT_EQ(live.at("voltage_l1_v"), 231.392);
}

TEST(Documents, AnIntervalHasItsRegistersAndWhatWasConsumed) {
  MeterSnapshot meter = sample_meter();
  meter.newest_interval = {
      irmeter::MeterTime(std::chrono::sys_days(std::chrono::January / 15 / 2025)),
      std::chrono::minutes(15),
      {},
      {{Quantity::energy_import, 344'180, 120}, {Quantity::energy_export, 7'583}}};
  meter.newest_interval->marks.set(static_cast<std::size_t>(irmeter::IntervalMark::power_failed));
  EXPECT_EQ(history_json(meter),
            R"({"time":"2025-01-15T00:00:00.000Z","meter":"nes_0000000012345678",)"
            R"("interval_s":900,"status":["power_failed"],"energy_import_kwh":344.180,)"
            R"("energy_import_interval_kwh":0.120,"energy_export_kwh":7.583,)"
            R"("energy_export_interval_kwh":null})");
}

TEST(Documents, WhatWasNeverAnnouncedIsAbsent) {
  const MeterSnapshot meter = sample_meter();
  const auto live = nlohmann::json::parse(live_json(meter, announced(meter)));
  EXPECT_FALSE(live.contains("frequency_hz"));
  EXPECT_FALSE(live.contains("energy_import_kwh"));
}

TEST(Documents, EveryQuantityHasItsKeyInExactlyOneOfTheThree) {
  const MeterSnapshot meter = full_meter();
  const auto registers = nlohmann::json::parse(registers_json(meter, announced(meter)));
  const auto live = nlohmann::json::parse(live_json(meter, announced(meter)));
  const auto details = nlohmann::json::parse(details_json(meter, announced(meter)));
  for (const Face& face : faces) {
    const std::string key(face.json_key);
    EXPECT_EQ(registers.contains(key) + live.contains(key) + details.contains(key), 1) << key;
  }
  EXPECT_EQ(registers.size() + live.size() + details.size(), irmeter::quantity_count + 6);
}

TEST(Documents, OfTheSlowValuesHaveATimeOfTheirOwn) {
  MeterSnapshot meter = full_meter();
  const auto details = nlohmann::json::parse(details_json(meter, announced(meter)));
  EXPECT_EQ(details.at("time"), "2026-11-22T10:15:10.125Z");
  EXPECT_EQ(details.at("power_import_l1_w"), 1000);
  EXPECT_EQ(details.at("phase_angle_l12_deg"), 10.0);
  meter.details_stale = true;
  const auto whole = nlohmann::json::parse(reading_json(meter));
  EXPECT_FALSE(whole.contains("power_import_l1_w"));
  EXPECT_EQ(whole.at("energy_import_t1_kwh"), 1.0);
  EXPECT_EQ(whole.at("power_outages"), 1000);
}

TEST(Documents, WholeReadingHoldsEverythingAndLosesTheLiveValuesWhenStale) {
  MeterSnapshot meter = sample_meter();
  const auto whole = nlohmann::json::parse(reading_json(meter));
  EXPECT_EQ(whole.at("energy_import_kwh"), 344.18);
  EXPECT_EQ(whole.at("power_w"), -231);
  EXPECT_EQ(whole.at("time"), "2026-11-22T10:15:30.125Z");
  meter.stale = true;
  EXPECT_EQ(reading_json(meter), registers_json(meter, announced(meter)));
}

TEST(Documents, DiagnosticsSayHowTheReadingGoes) {
  EXPECT_EQ(diagnostics_json(sample_meter()),
            R"({"time":"2026-11-22T10:15:30.125Z","meter":"nes_0000000012345678",)"
            R"("state":"online","fault":null,"state_detail":"The latest poll succeeded.",)"
            R"("poll_time_ms":412,)"
            R"("polls":17,"retries":2,"crc_errors":1,"echoes":0,"reconnects":3,)"
            R"("held_back":0,"held":[]})");
}

TEST(Documents, DiagnosticsBeforeTheFirstReadingHaveNoTime) {
  MeterSnapshot meter = sample_meter();
  meter.reading.reset();
  meter.failure = irmeter::Failure{irmeter::Fault::key_unanswered, "Security"};
  const auto diagnostics = nlohmann::json::parse(diagnostics_json(meter));
  EXPECT_TRUE(diagnostics.at("time").is_null());
  EXPECT_TRUE(diagnostics.at("poll_time_ms").is_null());
  EXPECT_EQ(diagnostics.at("state"), "error");
  EXPECT_EQ(diagnostics.at("fault"), "key-unanswered");
  EXPECT_EQ(diagnostics.at("state_detail"), meter.detail());
}

}  // namespace
}  // namespace irmeterd
