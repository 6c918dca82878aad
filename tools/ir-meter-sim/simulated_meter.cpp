#include "tools/ir-meter-sim/simulated_meter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace irmetersim {
namespace {

// The response body behind the result byte.
Bytes identification_body(Identification form, const Nameplate& nameplate) {
  Bytes body{0x00, 0x02, 0x00};  // C12.18, version 2, revision 0
  if (form == Identification::short_form) {
    body.push_back(0x00);
    return body;
  }
  constexpr std::uint8_t device_identity = 0x07;
  constexpr std::uint8_t iso_646 = 0x01;
  constexpr std::uint8_t characters = 30;
  std::string text = nameplate.utility_serial;
  text.resize(characters, ' ');
  body.insert(body.end(), {device_identity, characters + 1, iso_646});
  body.insert(body.end(), text.begin(), text.end());
  return body;
}

// What the meter claims to have measured, where that is not what it has measured: the faults that
// strike at a read of BT23.
void falsify_registers(MeterValues& values, Faults& faults, Instant now) {
  constexpr std::int64_t rollover = 1'000'000'000;
  if (const Faults::Active* const jump = faults.strike(FaultKind::register_jump, now)) {
    constexpr std::int64_t wh_per_kwh = 1'000;
    for (const std::size_t i : {summation::forward, summation::reverse}) {
      const std::int64_t shown = values.summations[i] + jump->fault.value * wh_per_kwh % rollover;
      values.summations[i] = static_cast<std::int32_t>((shown + rollover) % rollover);
    }
  }
}

// Those that strike at a read of BT28.
void falsify_present_values(MeterValues& values, Faults& faults, Instant now) {
  constexpr std::array<std::pair<FaultKind, std::size_t>, 5> places{{
      {FaultKind::voltage, present::voltage},
      {FaultKind::current, present::current},
      {FaultKind::power, present::forward},
      {FaultKind::power_factor, present::power_factor_l1},
      {FaultKind::frequency, present::frequency},
  }};
  for (const auto& [kind, place] : places) {
    if (const Faults::Active* const fault = faults.strike(kind, now)) {
      values.present[place] = static_cast<std::int32_t>(fault->fault.value);
    }
  }
}

}  // namespace

SimulatedMeter::SimulatedMeter(const MeterSettings& settings)
    : start_(settings.start),
      speed_(settings.speed),
      household_(settings.household),
      tables_(settings.profile, settings.nameplate),
      link_(settings.link),
      session_(settings, identification_body(settings.identification, settings.nameplate),
               [this](std::uint16_t id) { return table(id); }),
      line_faults_(faults_),
      session_faults_(faults_, session_) {}

void SimulatedMeter::receive(ByteView bytes, Instant now) {
  if (const Bytes heard = line_faults_.hear(bytes, now); !heard.empty()) {
    link_.receive(heard, now);
  }
  pump(now);
}

void SimulatedMeter::timeout(Instant now) {
  link_.timeout(now);
  pump(now);
}

std::optional<Instant> SimulatedMeter::deadline() const {
  return irmeter::earlier(link_.deadline(), line_faults_.deadline());
}

MeterValues SimulatedMeter::values(Instant now) {
  if (fixed_) {
    return *fixed_;
  }
  const auto passed = std::max(now - start_, Duration::zero()) * speed_;
  return household_.values(std::chrono::floor<std::chrono::seconds>(passed));
}

void SimulatedMeter::pump(Instant now) {
  now_ = now;
  while (const auto request = link_.next_request(now)) {
    const auto response = session_faults_.handle(*request, now);
    if (response) {
      link_.set_toggle_rule(session_faults_.toggle_rule());
      link_.respond(*response, session_.packet_size(), now);
    } else {
      link_.ignore();
    }
    if (session_.state() == SessionState::base) {
      link_.restart();
    }
    link_.set_max_packet_size(session_.packet_size());
  }
  for (Bytes& piece : link_.transmit()) {
    line_faults_.send(std::move(piece), now);
  }
  link_.set_line_free(line_faults_.free_at());
  if (line_faults_.take_reset()) {
    link_.reset();
  }
  if (link_.take_lost()) {
    session_.reset();
    link_.set_max_packet_size(session_.packet_size());
  }
  line_faults_.timeout(now);
}

std::optional<Bytes> SimulatedMeter::table(std::uint16_t id) {
  const MeterValues measured = values(now_);
  MeterValues shown = measured;
  if (id == table::registers) {
    falsify_registers(shown, faults_, now_);
    measured_.summations = measured.summations;
    served_.summations = shown.summations;
  } else if (id == table::present_values) {
    falsify_present_values(shown, faults_, now_);
    measured_.present = measured.present;
    served_.present = shown.present;
  }
  return tables_.image(id, shown);
}

}  // namespace irmetersim
