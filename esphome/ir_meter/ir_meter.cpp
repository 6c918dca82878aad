#include "esphome/components/ir_meter/ir_meter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "common/fault_texts.hpp"
#include "esphome/core/log.h"

namespace esphome::ir_meter {
namespace {

constexpr const char* tag = "ir_meter";
constexpr std::size_t longest_state = 255;

// Where the cure on a device is another one than that of the daemon.
std::string_view cure_of(irmeter::Fault fault) {
  using irmeter::Fault;
  switch (fault) {
    case Fault::silent:
      return "turn the probe by 180 degrees, seat it on the meter's optical port, check the pins "
             "of "
             "the UART, and wait five minutes in case the meter refuses sessions";
    case Fault::no_key:
      return "configure the read-only key (RK) of the optical port";
    case Fault::key_rejected:
      return "configure the read-only key (RK) of the optical port, not the MEP key (MBK)";
    case Fault::key_unanswered:
      return "if the key is right, call retry_key()";
    case Fault::key_unremembered:
      return "see that the preferences of the device can be written";
    default:
      return irmeterd::text(fault).cure;
  }
}

// Of the preference: another key begins anew, the same one does not. FNV-1a.
std::uint32_t name_of(const irmeter::Key& key) {
  std::uint32_t hash = 2'166'136'261;
  for (const std::uint8_t byte : key.bytes()) {
    hash = (hash ^ byte) * 16'777'619;
  }
  return hash;
}

}  // namespace

std::string decimal_text(std::int64_t value, unsigned decimals) {
  std::string digits = std::to_string(std::abs(value));
  if (digits.size() <= decimals) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  if (decimals > 0) {
    digits.insert(digits.size() - decimals, 1, '.');
  }
  return (value < 0 ? "-" : "") + digits;
}

unsigned decimals_of(irmeter::Unit unit) {
  using irmeter::Unit;
  switch (unit) {
    case Unit::watt:
    case Unit::var:
    case Unit::volt_ampere:
    case Unit::second:
    case Unit::count:
      return 0;
    case Unit::centidegree:
      return 2;
    default:
      return 3;
  }
}

std::string what_to_do(const irmeter::Failure& failure) {
  std::string text(irmeterd::text(failure.fault).cause);
  if (!failure.context.empty()) {
    text += " (" + failure.context + ")";
  }
  text += "; ";
  text += cure_of(failure.fault);
  return text.substr(0, longest_state);
}

void IrMeter::setup() {
  if (key_) {
    preference_ =
        global_preferences->make_preference<irmeter::KeyPage::Image>(name_of(*key_), true);
    irmeter::KeyPage::Image image{};
    known_ = preference_.load(&image) ? irmeter::KeyPage::from(image) : irmeter::KeyPage();
  }
  options_.plan = irmeter::nes_polls();
  meter_.emplace(options_, key_);
  meter_->line_ready(now());
  meter_->start(now());
  pump();
}

void IrMeter::loop() {
  receive();
  // Whatever came in: noise without a pause is no reason to wait.
  if (const auto deadline = meter_->deadline(); deadline && now() >= *deadline) {
    meter_->timeout(now());
    pump();
  }
  hurry();
}

void IrMeter::receive() {
  std::array<std::uint8_t, 64> buffer{};
  auto there = static_cast<std::size_t>(std::max<int>(static_cast<int>(available()), 0));
  while (there > 0) {
    const std::size_t size = std::min(there, buffer.size());
    if (!read_array(buffer.data(), size)) {
      break;
    }
    there -= size;
    last_byte_ = now();
    meter_->receive(irmeter::ByteView(buffer).first(size), last_byte_);
    pump();
  }
}

void IrMeter::dump_config() {
  ESP_LOGCONFIG(tag, "NES meter at an optical probe:");
  ESP_LOGCONFIG(tag, "  Key: %s", key_ ? "configured" : "none");
  ESP_LOGCONFIG(tag, "  Interval: %u ms", static_cast<unsigned>(options_.interval.count() / 1'000));
  ESP_LOGCONFIG(tag, "  Main fuse: %u x %u A", options_.plausibility.main_fuse.phases,
                options_.plausibility.main_fuse.amperes);
  check_uart_settings(9600);
}

void IrMeter::retry_key() {
  meter_->retry_key(now());
  pump();
}

void IrMeter::pump() {
  while (auto output = meter_->output()) {
    std::visit([this](auto& what) { on(what); }, *output);
  }
}

void IrMeter::on(irmeter::Transmit& transmit) {
  last_byte_ = now();
  write_array(transmit.bytes.data(), transmit.bytes.size());
  if (transmit.secret) {
    transmit.bytes.wipe();
  }
}

void IrMeter::on(const irmeter::KeyQuestion& question) {
  meter_->answer_key(known_ ? known_->ask(question, saver()) : irmeter::KeyPermission::unrecorded,
                     now(), "preferences");
}

void IrMeter::on(const irmeter::KeyFact& fact) {
  if (known_) {
    known_->learn(fact, saver());
  }
}

void IrMeter::on(const irmeter::Identified& identified) {
  if (serial_number_ != nullptr) {
    serial_number_->publish_state(identified.identity.serial_number);
  }
}

void IrMeter::on(const irmeter::PollEnded& poll) {
  if (known_) {
    known_->save_again(saver());
  }
  if (const auto* const failure = std::get_if<irmeter::Failure>(&poll.result)) {
    show_failure(*failure);
    return;
  }
  for (const auto& [quantity, before, now] : poll.accepted) {
    const irmeter::QuantityInfo& about = irmeter::info(quantity);
    ESP_LOGW(tag,
             "%s is %s and stays there, so it is shown. Was the meter exchanged, did the register "
             "roll over, or does main_fuse not fit?",
             std::string(about.key).c_str(), decimal_text(now, decimals_of(about.unit)).c_str());
  }
  show(poll.reading()->values);
  if (state_ != nullptr) {
    state_->publish_state("online");
  }
  if (what_to_do_ != nullptr) {
    what_to_do_->publish_state("");
  }
}

void IrMeter::show(const irmeter::Values& values) {
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    const auto number = static_cast<std::size_t>(quantity.id);
    const auto value = values.get(quantity.id);
    const unsigned decimals = decimals_of(quantity.unit);
    if (sensors_[number] != nullptr) {
      sensors_[number]->publish_state(
          value ? static_cast<float>(static_cast<double>(*value) / std::pow(10.0, decimals)) : NAN);
    }
    if (texts_[number] != nullptr && value) {
      texts_[number]->publish_state(decimal_text(*value, decimals));
    }
  }
}

void IrMeter::show_failure(const irmeter::Failure& failure) {
  ESP_LOGW(tag, "%s", what_to_do(failure).c_str());
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    sensor::Sensor* const sensor = sensors_[static_cast<std::size_t>(quantity.id)];
    if (sensor != nullptr && !irmeter::is_register(quantity.id)) {
      sensor->publish_state(NAN);
    }
  }
  if (state_ != nullptr) {
    state_->publish_state(std::string(irmeter::info(failure.state()).name));
  }
  if (what_to_do_ != nullptr) {
    what_to_do_->publish_state(what_to_do(failure));
  }
}

void IrMeter::hurry() {
  constexpr auto while_after = std::chrono::milliseconds(500);
  if (now() - last_byte_ < while_after) {
    high_frequency_.start();
  } else {
    high_frequency_.stop();
  }
}

}  // namespace esphome::ir_meter
