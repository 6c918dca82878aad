#include "tools/ir-meter-sim/simulated_meter.hpp"

#include <algorithm>
#include <chrono>

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

SessionSettings session_settings(const MeterSettings& settings) {
  SessionSettings session;
  session.key = settings.key;
  session.identification = identification_body(settings.identification, settings.nameplate);
  session.negotiates = settings.negotiates;
  session.packet_size = settings.packet_size;
  session.packet_count = settings.packet_count;
  return session;
}

}  // namespace

SimulatedMeter::SimulatedMeter(const MeterSettings& settings)
    : start_(settings.start),
      speed_(settings.speed),
      household_(settings.household),
      tables_(settings.profile, settings.nameplate),
      link_(settings.link),
      session_(session_settings(settings), [this](std::uint16_t id) { return table(id); }) {}

void SimulatedMeter::receive(ByteView bytes, Instant now) {
  link_.receive(bytes, now);
  pump(now);
}

void SimulatedMeter::timeout(Instant now) {
  link_.timeout(now);
  pump(now);
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
    const Bytes response = session_.handle(*request);
    link_.respond(response, session_.packet_size(), now);
    if (session_.state() == SessionState::base) {
      link_.restart();
    }
    link_.set_max_packet_size(session_.packet_size());
  }
  if (link_.take_lost()) {
    session_.reset();
    link_.set_max_packet_size(session_.packet_size());
  }
}

std::optional<Bytes> SimulatedMeter::table(std::uint16_t id) {
  const MeterValues measured = values(now_);
  if (id == table::registers) {
    served_.summations = measured.summations;
  } else if (id == table::present_values) {
    served_.present = measured.present;
  }
  return tables_.image(id, measured);
}

}  // namespace irmetersim
