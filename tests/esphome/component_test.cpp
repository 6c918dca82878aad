// The ESPHome component at a simulated meter, in virtual time. Stubs stand in for ESPHome itself.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "common/faces.hpp"
#include "common/fault_texts.hpp"
#include "esphome/components/ir_meter/ir_meter.hpp"
#include "esphome/core/hal.h"
#include "esphome/core/log.h"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace esphome {
namespace {

// Shortly before micros() begins anew.
irmeter::Instant virtual_now{};
constexpr std::uint32_t micros_at_the_start = 0xFFFF'FFFF - 5'000'000;

}  // namespace

std::uint32_t micros() {
  return micros_at_the_start + static_cast<std::uint32_t>(virtual_now.time_since_epoch().count());
}

namespace ir_meter {
namespace {

constexpr const char* right_key = "0123456789ABCDEF0123";
constexpr const char* wrong_key = "no key of this meter";

// A device that has just started, and what it shows.
class Device {
 public:
  explicit Device(const std::string& key) {
    global_preferences->pending.clear();  // which the power took
    component_.set_key(key);
    component_.set_poll_interval(10'000);
    component_.add_sensor(irmeter::Quantity::energy_import, &energy);
    component_.add_sensor(irmeter::Quantity::voltage_l1, &voltage);
    component_.add_text(irmeter::Quantity::energy_import, &energy_text);
    component_.set_state(&state);
    component_.set_what_to_do(&what_to_do);
    component_.set_serial_number(&serial_number);
    component_.setup();
  }

  // The loop turns once a millisecond.
  void run(std::chrono::milliseconds time, irmetersim::SimulatedMeter* meter) {
    for (const irmeter::Instant end = virtual_now + time; virtual_now < end;
         virtual_now += std::chrono::milliseconds(1)) {
      if (meter != nullptr) {
        meter->receive(irmeter::Bytes(component_.outgoing.begin(), component_.outgoing.end()),
                       virtual_now);
        meter->timeout(virtual_now);
        const irmeter::Bytes bytes = meter->transmit();
        component_.incoming.insert(component_.incoming.end(), bytes.begin(), bytes.end());
      }
      if (noise) {
        component_.incoming.push_back(0x55);
      }
      keys_shown += component_.outgoing.size() == shown_key_size ? 1U : 0U;
      component_.outgoing.clear();
      component_.loop();
    }
  }
  void retry_key() { component_.retry_key(); }

  sensor::Sensor energy;
  sensor::Sensor voltage;
  text_sensor::TextSensor energy_text;
  text_sensor::TextSensor state;
  text_sensor::TextSensor what_to_do;
  text_sensor::TextSensor serial_number;
  unsigned keys_shown = 0;
  bool noise = false;  // a byte in each turn of the loop

 private:
  // Security: its code and the key, in a packet.
  static constexpr std::size_t shown_key_size = 1 + irmeter::Key::size + irmeter::packet_overhead;
  IrMeter component_;
};

class EspHome : public ::testing::Test {
 protected:
  EspHome() {
    flash = {};
    virtual_now = {};
    irmetersim::MeterValues values;
    values.summations[0] = 16'777'217;  // which no float holds
    values.present[7] = 230'158;
    meter_.set_values(values);
  }
  irmetersim::SimulatedMeter meter_{irmetersim::MeterSettings{}};
};

TEST_F(EspHome, ShowsWhatTheMeterSaysAcrossTheEndOfMicros) {
  Device device(right_key);
  device.run(std::chrono::seconds(25), &meter_);
  EXPECT_EQ(device.state.state, "online");
  EXPECT_EQ(device.what_to_do.state, "");
  EXPECT_EQ(device.serial_number.state, "0000000012345678");
  EXPECT_GE(device.voltage.published, 3U);
  EXPECT_FLOAT_EQ(device.voltage.state, 230.158F);
  EXPECT_FLOAT_EQ(device.energy.state, 16'777.217F);
  EXPECT_EQ(device.energy_text.state, "16777.217");
}

TEST_F(EspHome, TheLoopTurnsWithoutAPauseOnlyWhileAnAnswerIsDue) {
  Device device(right_key);
  device.run(std::chrono::milliseconds(20), &meter_);
  EXPECT_TRUE(HighFrequencyLoopRequester::is_high_frequency());
  device.run(std::chrono::seconds(3), &meter_);
  EXPECT_FALSE(HighFrequencyLoopRequester::is_high_frequency());
}

TEST_F(EspHome, WhatIsNotReadIsUnknownAndRegistersStay) {
  Device device(right_key);
  device.run(std::chrono::seconds(5), &meter_);
  device.run(std::chrono::seconds(30), nullptr);
  EXPECT_NE(device.state.state, "online");
  EXPECT_TRUE(std::isnan(device.voltage.state));
  EXPECT_EQ(device.energy_text.state, "16777.217");
  EXPECT_NE(device.what_to_do.state.find("optical port"), std::string::npos);
}

// Lamplight on the probe, say: there is something to read in each turn of the loop.
TEST_F(EspHome, NoiseWithoutAPauseHidesNoFailure) {
  Device device(right_key);
  device.run(std::chrono::seconds(5), &meter_);
  device.noise = true;
  device.run(std::chrono::seconds(60), nullptr);
  EXPECT_NE(device.state.state, "online");
  EXPECT_TRUE(std::isnan(device.voltage.state));
  device.noise = false;
  device.run(std::chrono::seconds(60), &meter_);
  EXPECT_EQ(device.state.state, "online");
}

TEST_F(EspHome, ThereIsAWarningOfAValueThatStaysWhereItCannotBe) {
  irmetersim::MeterValues values;
  values.present[7] = 6'553'500;
  meter_.set_values(values);
  warnings.clear();
  Device device(right_key);
  device.run(std::chrono::seconds(5), &meter_);
  EXPECT_TRUE(std::isnan(device.voltage.state));
  EXPECT_EQ(warnings, "");
  device.run(std::chrono::seconds(30), &meter_);
  EXPECT_FLOAT_EQ(device.voltage.state, 6'553.5F);
  EXPECT_NE(warnings.find("voltage_l1 is 6553.500 and stays there"), std::string::npos) << warnings;
}

TEST_F(EspHome, AWrongKeyIsShownOnceWhateverHappensToThePower) {
  {
    Device device(wrong_key);
    device.run(std::chrono::seconds(30), &meter_);
    EXPECT_EQ(device.state.state, "key-rejected");
    EXPECT_EQ(device.keys_shown, 1U);
  }
  Device again(wrong_key);
  again.run(std::chrono::seconds(30), &meter_);
  EXPECT_EQ(again.state.state, "key-rejected");
  EXPECT_EQ(again.keys_shown, 0U);
  again.retry_key();
  again.run(std::chrono::seconds(30), &meter_);
  EXPECT_EQ(again.keys_shown, 1U);
}

TEST_F(EspHome, AnotherKeyBeginsAnew) {
  {
    Device device(wrong_key);
    device.run(std::chrono::seconds(10), &meter_);
  }
  Device device(right_key);
  device.run(std::chrono::seconds(10), &meter_);
  EXPECT_EQ(device.state.state, "online");
}

TEST_F(EspHome, NoKeyIsShownThatCannotBeWrittenDown) {
  flash.writes_left = 0;
  Device device(right_key);
  device.run(std::chrono::seconds(30), &meter_);
  EXPECT_EQ(device.keys_shown, 0U);
  EXPECT_NE(device.what_to_do.state.find("preferences"), std::string::npos);
}

TEST_F(EspHome, WhatTheMeterMadeOfAKeyIsWrittenDownOnceThatWorks) {
  {
    Device device(right_key);
    flash.writes_left = 1;  // for the attempt
    device.run(std::chrono::seconds(25), &meter_);
    EXPECT_EQ(device.state.state, "online");
    flash.writes_left = 1'000;
    device.run(std::chrono::seconds(25), &meter_);
  }
  Device again(right_key);
  again.run(std::chrono::seconds(5), &meter_);
  EXPECT_EQ(again.state.state, "online");
}

TEST(EspHomeTexts, AreShortEnoughAndNameNoProgramOfTheDaemon) {
  for (const irmeter::FaultInfo& fault : irmeter::faults) {
    const bool of_a_device =
        fault.id <= irmeter::Fault::telnet || fault.id == irmeter::Fault::quiet;
    const std::string text = what_to_do({fault.id, {}});
    EXPECT_LE(text.size(), 255U) << fault.name;
    if (!of_a_device) {
      EXPECT_EQ(text.find("ir-meter"), std::string::npos) << text;
    }
  }
}

TEST(EspHomeTexts, AreExact) {
  EXPECT_EQ(decimal_text(-1'234, 3), "-1.234");
  EXPECT_EQ(decimal_text(7, 3), "0.007");
  EXPECT_EQ(decimal_text(-12, 0), "-12");
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    EXPECT_EQ(decimals_of(quantity.unit),
              static_cast<unsigned>(irmeterd::face(quantity.id).json_decimals))
        << quantity.key;
  }
}

// For the test of the Python files: what a poll brings, as common/faces.hpp shows it.
TEST(EspHomeTable, Prints) {
  const irmeter::QuantitySet usual = irmeter::usual_quantities();
  for (const irmeterd::Face& face : irmeterd::faces) {
    if (usual.test(static_cast<std::size_t>(face.id))) {
      std::cout << "row " << irmeter::info(face.id).key << '|' << face.unit.view() << '|'
                << face.json_decimals << '|' << face.device_class.view() << '|'
                << face.state_class.view() << '\n';
    }
  }
}

}  // namespace
}  // namespace ir_meter
}  // namespace esphome
