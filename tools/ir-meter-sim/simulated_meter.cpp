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
      clock_(settings.clock),
      clock_start_(settings.household.start.time_since_epoch() - clock_.zone + clock_.ahead),
      status_(settings.status),
      memory_(settings.household, settings.clock.zone, is_from_3_70(settings.profile)),
      tables_(settings.profile, settings.nameplate, settings.mbus_devices),
      given_(settings.tables),
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
  return household_.values(since_start(now));
}

std::chrono::seconds SimulatedMeter::since_start(Instant now) const {
  const auto passed = std::max(now - start_, Duration::zero()) * speed_;
  return std::chrono::floor<std::chrono::seconds>(passed);
}

std::chrono::sys_seconds SimulatedMeter::clock(Instant now) const {
  const std::chrono::duration<double> passed = std::max(now - start_, Duration::zero()) * speed_;
  return clock_start_ + std::chrono::floor<std::chrono::seconds>(passed * (1 + clock_.drift / 1e6));
}

// The faults that show more flags strike at a read of BT03.
Status SimulatedMeter::status(std::uint16_t id, Instant now) {
  Status shown = status_;
  shown.set(status_flag::metering);
  shown.set(status_flag::invalid_password,
            status_.test(status_flag::invalid_password) || session_.invalid_passwords() > 0);
  const Faults::Active* const fault =
      id == table::status ? faults_.strike(FaultKind::status, now) : nullptr;
  if (fault != nullptr && fault->fault.value >= 0 &&
      fault->fault.value < std::int64_t{status_bits}) {
    shown.set(static_cast<std::size_t>(fault->fault.value));
  }
  return shown;
}

void SimulatedMeter::log_wrong_keys(Instant now) {
  for (; logged_wrong_keys_ < session_.invalid_passwords(); ++logged_wrong_keys_) {
    memory_.log(event::invalid_password, clock(now), session_.user());
  }
}

void SimulatedMeter::pump(Instant now) {
  now_ = now;
  while (const auto request = link_.next_request(now)) {
    const auto response = session_faults_.handle(*request, now);
    log_wrong_keys(now);
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
    memory_.log_outage(clock(now), clock(now));
  }
  if (link_.take_lost()) {
    session_.reset();
    link_.set_max_packet_size(session_.packet_size());
  }
  line_faults_.timeout(now);
}

std::optional<Bytes> SimulatedMeter::table(std::uint16_t id) {
  if (!given_.empty()) {
    const auto found = given_.find(id);
    return found == given_.end() ? std::nullopt : std::optional(found->second);
  }
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
  const std::chrono::seconds passed = since_start(now_);
  MeterState state{.values = shown,
                   .status = status(id, now_),
                   .clock = clock(now_),
                   .zone = clock_.zone,
                   .tier = household_.tariff(passed)};
  memory_.notice_tier(state.tier, state.clock);
  if (id == table::status) {
    memory_.notice_flags(state.status, state.clock);
  }
  if (id == table::log) {
    if (const Faults::Active* const fault = faults_.strike(FaultKind::log_moves, now_)) {
      memory_.log(static_cast<std::uint16_t>(fault->fault.value), state.clock);
    }
  }
  state.events = &memory_.events();
  state.other_events = &memory_.other_events();
  state.outages = &memory_.outages();
  state.last_outage = memory_.last_outage();
  if (id == table::profile || id == table::profile_status) {
    state.intervals = &memory_.intervals(passed);
  } else if (id == table::self_reads) {
    state.self_reads = &memory_.months(passed);
  }
  return tables_.image(id, state);
}

}  // namespace irmetersim
