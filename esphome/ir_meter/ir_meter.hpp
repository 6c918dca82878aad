// A meter at a UART of an ESPHome device: the core of lib/, whose bytes, times and key facts this
// carries to and from ESPHome.
//
// What was not read is unknown (NAN): a failed poll makes the momentary values so at once.
// Registers stay, as they are true however old they are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "esphome/components/sensor/sensor.h"
#include "esphome/components/text_sensor/text_sensor.h"
#include "esphome/components/uart/uart.h"
#include "esphome/core/component.h"
#include "esphome/core/hal.h"
#include "esphome/core/helpers.h"
#include "esphome/core/preferences.h"
#include "lib/meter/meter.hpp"
#include "lib/session/key_page.hpp"

namespace esphome::ir_meter {

// micros(), which begins anew every 71 minutes, as a time that does not. Asked more often than
// that.
class LongClock {
 public:
  irmeter::Instant at(std::uint32_t micros) {
    passed_ += micros - last_;
    last_ = micros;
    return irmeter::Instant(irmeter::Duration(static_cast<std::int64_t>(passed_)));
  }

 private:
  std::uint64_t passed_ = 0;
  std::uint32_t last_ = 0;
};

// An integer of the meter with the point so many digits from its end.
std::string decimal_text(std::int64_t value, unsigned decimals);
// How many digits lie behind the point where the quantity is shown.
unsigned decimals_of(irmeter::Unit unit);
// Cause and cure, for somebody with this device and no shell. Up to 255 characters, which is the
// longest state that Home Assistant takes.
std::string what_to_do(const irmeter::Failure& failure);

class IrMeter : public Component, public uart::UARTDevice {
 public:
  // Configuration, before setup().
  void set_key(const std::string& key) { key_ = irmeter::Key::from_text(key); }
  void set_poll_interval(std::uint32_t milliseconds) {
    options_.interval = std::chrono::milliseconds(milliseconds);
  }
  void set_main_fuse(unsigned phases, unsigned amperes) {
    options_.plausibility.main_fuse = {phases, amperes};
  }
  void add_sensor(irmeter::Quantity quantity, sensor::Sensor* sensor) {
    sensors_.at(static_cast<std::size_t>(quantity)) = sensor;
  }
  void add_text(irmeter::Quantity quantity, text_sensor::TextSensor* sensor) {
    texts_.at(static_cast<std::size_t>(quantity)) = sensor;
  }
  void set_state(text_sensor::TextSensor* sensor) { state_ = sensor; }
  void set_what_to_do(text_sensor::TextSensor* sensor) { what_to_do_ = sensor; }
  void set_serial_number(text_sensor::TextSensor* sensor) { serial_number_ = sensor; }

  void setup() override;
  void loop() override;
  void dump_config() override;
  float get_setup_priority() const override { return setup_priority::DATA; }

  // Has the key shown once more, whatever is known of it: for a button's lambda.
  void retry_key();

 private:
  [[nodiscard]] irmeter::Instant now() { return clock_.at(micros()); }
  // What is there now, all of it.
  void receive();
  void pump();
  void on(irmeter::Transmit& transmit);
  void on(const irmeter::KeyQuestion& question);
  void on(const irmeter::KeyFact& fact);
  void on(const irmeter::Identified& identified);
  void on(const irmeter::PollEnded& poll);
  template <typename Other>
  void on(const Other& /*of what is not asked for*/) {}
  void show(const irmeter::Values& values);
  void show_failure(const irmeter::Failure& failure);
  // The loop turns without a pause while an answer is due: for a while after each byte, either way.
  void hurry();
  [[nodiscard]] auto saver() {
    return [this](const irmeter::KeyPage::Image& image) {
      return preference_.save(&image) && global_preferences->sync();
    };
  }

  irmeter::MeterOptions options_;
  std::optional<irmeter::Key> key_;
  std::optional<irmeter::Meter> meter_;  // from setup() on
  std::optional<irmeter::KeyPage> known_;
  ESPPreferenceObject preference_;
  LongClock clock_;
  HighFrequencyLoopRequester high_frequency_;
  irmeter::Instant last_byte_{};
  std::array<sensor::Sensor*, irmeter::quantity_count> sensors_{};
  std::array<text_sensor::TextSensor*, irmeter::quantity_count> texts_{};
  text_sensor::TextSensor* state_ = nullptr;
  text_sensor::TextSensor* what_to_do_ = nullptr;
  text_sensor::TextSensor* serial_number_ = nullptr;
};

}  // namespace esphome::ir_meter
