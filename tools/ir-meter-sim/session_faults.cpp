#include "tools/ir-meter-sim/session_faults.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmetersim {
namespace {

constexpr std::uint8_t identify = 0x20;
constexpr std::uint8_t first_read = 0x30;
constexpr std::uint8_t last_read = 0x3F;
constexpr std::uint8_t security = 0x51;

struct Refusal {
  FaultKind kind;
  Response response;
  bool ends_session;
};
constexpr std::array<Refusal, 5> refusals{{
    {FaultKind::bsy, Response::bsy, false},
    {FaultKind::dnr, Response::dnr, false},
    {FaultKind::dlk, Response::dlk, false},
    {FaultKind::rno, Response::rno, true},
    {FaultKind::isss, Response::isss, true},
}};

constexpr std::array<std::pair<FaultKind, ToggleRule>, 4> toggle_rules{{
    {FaultKind::toggle_copy, ToggleRule::copied},
    {FaultKind::toggle_zero, ToggleRule::zero},
    {FaultKind::toggle_one, ToggleRule::one},
    {FaultKind::toggle_from_one, ToggleRule::own_from_one},
}};

bool is_read(ByteView request) {
  return request.front() >= first_read && request.front() <= last_read;
}

// That is to be read.
std::uint16_t table_of(ByteView request) {
  return static_cast<std::uint16_t>(request.size() >= 3 ? request[1] << 8U | request[2] : 0);
}

}  // namespace

std::optional<Bytes> SessionFaults::handle(ByteView request, Instant now) {
  end_long_session(now);
  if (refuses(request, now)) {
    return std::nullopt;
  }
  if (request.front() == identify) {
    toggle_rule_ = ToggleRule::own;
    for (const auto& [kind, rule] : toggle_rules) {
      if (faults_.strike(kind, now) != nullptr) {
        toggle_rule_ = rule;
      }
    }
    if (refused_until_) {
      return answer(Response::err);
    }
  }
  const bool logged_on = session_.state() == SessionState::session;
  if (is_read(request) && logged_on) {
    if (auto response = instead_of_read(request, now)) {
      return response;
    }
    if (waits_for_identification_) {
      return std::nullopt;
    }
  }
  Bytes response = session_.handle(request);
  if (request.front() == security && logged_on) {
    count_wrong_keys(session_.authenticated(), now);
  }
  if (session_.state() == SessionState::session && !logged_on) {
    opened_at_ = now;
  }
  if (is_read(request) && response.size() > 1) {
    falsify(response, table_of(request), now);
  }
  return response;
}

// Whether this is a time, or a state, in which requests are met with silence.
bool SessionFaults::refuses(ByteView request, Instant now) {
  if (faults_.none() || (refused_until_ && *refused_until_ <= now)) {
    refused_until_.reset();
  }
  if (faults_.none() || request.front() == identify) {
    waits_for_identification_ = false;
  }
  return waits_for_identification_ || (refused_until_ && !refused_with_err_);
}

std::optional<Bytes> SessionFaults::instead_of_read(ByteView request, Instant now) {
  const std::uint16_t id = table_of(request);
  waits_for_identification_ = faults_.strike(FaultKind::session_silent, now, id) != nullptr;
  if (waits_for_identification_ || faults_.strike(FaultKind::session_loss, now, id) != nullptr) {
    session_.reset();
    return std::nullopt;
  }
  for (const Refusal& refusal : refusals) {
    if (faults_.strike(refusal.kind, now, id) != nullptr) {
      if (refusal.ends_session) {
        session_.reset();
      }
      return answer(refusal.response);
    }
  }
  if (const Faults::Active* const fault = faults_.strike(FaultKind::refused, now, id)) {
    return answer(static_cast<Response>(fault->fault.value));
  }
  if (session_.authenticated() && !MeterTables::is_open(id) &&
      faults_.strike(FaultKind::reads_refused, now, id) != nullptr) {
    return answer(Response::isc);
  }
  if (id == table::maximum_dimensions || id == table::dimensions) {
    if (const Faults::Active* const fault = faults_.strike(FaultKind::dimensions_refused, now)) {
      return answer(static_cast<Response>(fault->fault.value));
    }
  }
  return std::nullopt;
}

// The denial-of-service guard: a session has a longest length, and after one that reached it there
// is none for a while.
void SessionFaults::end_long_session(Instant now) {
  if (session_.state() != SessionState::session) {
    opened_at_.reset();
  }
  for (const FaultKind kind : {FaultKind::session_limit, FaultKind::session_limit_err}) {
    const Faults::Active* const guard = faults_.find(kind, now);
    if (guard == nullptr || !opened_at_ ||
        now - *opened_at_ < std::chrono::seconds(guard->fault.limit)) {
      continue;
    }
    if (const Faults::Active* const struck = faults_.strike(kind, now)) {
      const Fault& fault = struck->fault;
      refused_until_ = *opened_at_ + std::chrono::seconds(fault.limit) + fault.pause;
      refused_with_err_ = kind == FaultKind::session_limit_err;
      session_.reset();
      opened_at_.reset();
    }
  }
}

void SessionFaults::count_wrong_keys(bool key_was_good, Instant now) {
  wrong_keys_ = key_was_good ? 0 : wrong_keys_ + 1;
  const Faults::Active* const lock = faults_.find(FaultKind::key_lock, now);
  if (lock != nullptr && wrong_keys_ >= lock->fault.limit &&
      faults_.strike(FaultKind::key_lock, now) != nullptr) {
    refused_until_ = now + lock->fault.pause;
    refused_with_err_ = false;
    wrong_keys_ = 0;
    session_.reset();
  }
}

// A response of 00, count (two bytes), data, checksum of the data.
void SessionFaults::falsify(Bytes& response, std::uint16_t table, Instant now) {
  if (Faults::Active* const fault = faults_.strike(FaultKind::checksum, now, table)) {
    response.back() = static_cast<std::uint8_t>(response.back() + 1 + fault->below(255));
  }
  if (Faults::Active* const fault = faults_.strike(FaultKind::count, now, table)) {
    response[2] = static_cast<std::uint8_t>(response[2] + 1 + fault->below(255));
  }
}

}  // namespace irmetersim
