// What a session makes of the meter's answers: the second half of session.cpp.

#include <algorithm>
#include <utility>

#include "lib/meter/tables.hpp"
#include "lib/session/session.hpp"

namespace irmeter {
namespace {

bool is_busy(ResponseCode code) {
  return code == ResponseCode::bsy || code == ResponseCode::dnr || code == ResponseCode::dlk;
}

Fault fault_of(LinkFailure failure) {
  switch (failure) {
    case LinkFailure::silent:
      return Fault::silent;
    case LinkFailure::echo:
      return Fault::echo;
    case LinkFailure::garbled:
      return Fault::garbled;
    case LinkFailure::no_response:
      return Fault::no_response;
    case LinkFailure::out_of_step:
      break;
  }
  return Fault::unexpected;
}

}  // namespace

void Session::on_link_failure(LinkFailure failure, Instant now) {
  if (step_ == Step::clear_old_session) {
    go(Step::identify, now);
  } else if (step_ == Step::log_off) {
    go(Step::terminate, now);
  } else if (step_ == Step::terminate) {
    end(now, false);
  } else if (step_ == Step::keep_alive) {
    suspect_guard(now);
    end(now, false);
  } else if (step_ == Step::identify) {
    const bool guarded = failure == LinkFailure::silent && guarded_until_ && now < *guarded_until_;
    guarded_until_.reset();
    const Fault fault = guarded ? Fault::locked_out : fault_of(failure);
    // Silence, echo and noise are met nowhere else; the others need the place.
    const bool elsewhere_too = fault == Fault::no_response || fault == Fault::unexpected;
    fail(fault, elsewhere_too ? name() : "", now);
  } else if (step_ == Step::read_configuration) {  // nothing depends on it
    go(Step::read_identity, now);
  } else if (step_ == Step::secure) {
    key_pending_ = true;
    if (failure == LinkFailure::no_response || failure == LinkFailure::out_of_step) {
      go(Step::read_dimensions, now);  // the answer to the first read tells as well
    } else {
      fail(Fault::no_response, name(), now);
    }
  } else if (failure == LinkFailure::out_of_step) {
    on_damaged(name(), now);
  } else {
    suspect_guard(now);
    fail(Fault::no_response, name(), now);
  }
}

void Session::on_response(ByteView response, Instant now) {
  const auto code = static_cast<ResponseCode>(response[0]);
  if (is_busy(code) && !ending() && busy_left_ > 0 && !key_in_doubt()) {
    --busy_left_;
    retry_at_ = now + timing_.busy_pause;
    return;
  }
  if (code != ResponseCode::ok) {
    on_refusal(response[0], now);
    return;
  }
  switch (step_) {
    case Step::idle:
      break;
    case Step::clear_old_session:
      go(Step::identify, now);
      break;
    case Step::identify:
      if (parse_identification(response)) {
        go(Step::negotiate, now);
      } else {
        fail(Fault::unexpected, name(), now);
      }
      break;
    case Step::negotiate:
      if (const auto granted = parse_negotiated(response)) {
        limits_.packet_size = std::min(granted->packet_size, asked.packet_size);
        limits_.packet_count = std::min(granted->packet_count, asked.packet_count);
        link_.set_limits(limits_);
        go(Step::log_on, now);
      } else {
        fail(Fault::unexpected, name() + ": " + granted.error().what, now);
      }
      break;
    case Step::log_on:
      open_ = true;
      opened_at_ = now;
      go(identity_ ? Step::read_identity : Step::read_configuration, now);
      break;
    case Step::secure:
      // With more behind it, it is the answer to something else, and the first read has to tell.
      key_pending_ = response.size() != 1;
      if (!key_pending_) {
        learn(KeyTrust::proven);
      }
      go(Step::read_dimensions, now);
      break;
    case Step::log_off:
      go(Step::terminate, now);
      break;
    case Step::terminate:
      end(now, true);
      break;
    default:
      if (auto table = parse_table(response); !table) {
        on_damaged(name() + ": " + table.error().what, now);
      } else if (step_ != Step::read_configuration && table->size() != expected_count()) {
        on_damaged(name() + ": " + std::to_string(table->size()) + " bytes instead of " +
                       std::to_string(expected_count()),
                   now);
      } else {
        on_table(*table, now);
      }
  }
}

// An answer to a key that was sent again says nothing of the time before.
bool Session::key_in_doubt() const {
  return step_ == Step::secure && trust() != KeyTrust::proven && link_.repeated();
}

// A session that ended by itself at this age may have been cut on purpose.
void Session::suspect_guard(Instant now) {
  if (open_ && now - opened_at_ >= timing_.guarded_age) {
    guarded_until_ = now + timing_.hold_off;
  }
}

// A packet that is whole holds a table that is not: asked for again, not believed.
void Session::on_damaged(const std::string& what, Instant now) {
  if (damaged_left_ == 0) {
    fail(Fault::unexpected, what, now);
    return;
  }
  --damaged_left_;
  send_request(now);
}

void Session::on_refusal(std::uint8_t raw_code, Instant now) {
  const auto code = static_cast<ResponseCode>(raw_code);
  const std::string where = name() + ": " + describe(raw_code);
  const bool lost = code == ResponseCode::isss || code == ResponseCode::rno;
  switch (step_) {
    case Step::clear_old_session:
      go(Step::identify, now);
      return;
    case Step::identify:
      if (!is_busy(code) && !cleared_old_) {
        cleared_old_ = true;
        go(Step::clear_old_session, now);
        return;
      }
      [[fallthrough]];
    case Step::log_on:
      if (!is_busy(code) && !lost) {
        fail(Fault::locked_out, where, now);
        return;
      }
      break;
    case Step::negotiate:
      if (code == ResponseCode::sns) {
        go(Step::log_on, now);
        return;
      }
      break;
    case Step::read_configuration:
      if (!lost) {  // nothing depends on it
        go(Step::read_identity, now);
        return;
      }
      break;
    case Step::read_utility_serial:
      if (!lost) {
        on_identified(now);
        return;
      }
      break;
    case Step::read_dimensions:
      if (code == ResponseCode::iar) {
        go(Step::read_dimension_maxima, now);
        return;
      }
      break;
    case Step::secure:
      if (!lost && !is_busy(code)) {
        learn(KeyTrust::rejected);
        fail(Fault::key_rejected, where, now);
        return;
      }
      key_pending_ = key_in_doubt();
      if (trust() != KeyTrust::proven && !key_pending_) {
        learn(KeyTrust::untried);  // it was not looked at
      }
      break;
    case Step::log_off:
      go(Step::terminate, now);
      return;
    case Step::keep_alive:
      suspect_guard(now);
      end(now, false);
      return;
    case Step::terminate:
      end(now, false);
      return;
    default:
      break;
  }
  // Only what is refused after Security tells of the key; and where the key was good enough before,
  // the meter has forgotten the session.
  const bool for_the_key = code == ResponseCode::isc && step_ > Step::secure;
  const bool doubtful = has_read_ || (key_pending_ && trust() == KeyTrust::proven);
  if (for_the_key && !doubtful) {
    learn(KeyTrust::rejected);
    fail(Fault::key_rejected, where, now);
  } else if (lost || for_the_key) {
    suspect_guard(now);
    fail(Fault::session_lost, where, now);
  } else {
    fail(is_busy(code) ? Fault::busy : Fault::refused, where, now);
  }
}

void Session::on_table(const Bytes& table, Instant now) {
  switch (step_) {
    case Step::read_configuration:
      if (const auto usable_meter = check_bt00(table)) {
        go(Step::read_identity, now);
      } else {
        fail(Fault::refused, usable_meter.error().what, now);
      }
      break;
    case Step::read_identity:
      on_identity(table, now);
      break;
    case Step::read_utility_serial:
      candidate_.utility_serial_number = decode_et03(table);
      on_identified(now);
      break;
    case Step::read_dimensions:
    case Step::read_dimension_maxima:
      plan_ = PollPlan(*decode_dimensions(table), limits_.max_read());
      if (plan_.next()) {
        go(Step::read_values, now);
      } else {
        fail(Fault::unexpected, "the meter says that it has no values", now);
      }
      break;
    case Step::read_values:
      on_values(table, now);
      break;
    default:  // keep_alive
      go(Step::idle, now);
      if (std::exchange(read_next_, false)) {
        begin_read(now);
      }
  }
}

void Session::on_identity(const Bytes& table, Instant now) {
  Identity identity = *decode_bt01(table);
  if (identity_) {
    identity.utility_serial_number = identity_->utility_serial_number;
    if (identity == *identity_) {
      show_key(now);
      return;
    }
    // Another meter under the same probe.
    identity.utility_serial_number.clear();
  }
  candidate_ = std::move(identity);
  go(Step::read_utility_serial, now);
}

void Session::on_identified(Instant now) {
  identity_ = candidate_;
  events_.emplace_back(candidate_);
  show_key(now);
}

void Session::on_values(const Bytes& table, Instant now) {
  plan_.add(table);
  if (plan_.next()) {
    go(Step::read_values, now);
    return;
  }
  has_read_ = true;
  learn(KeyTrust::proven);  // also where the answer to Security got lost
  if (close_next_) {        // it was made for a poll that has ended
    go(Step::log_off, now);
  } else if (std::exchange(twice_, false)) {
    events_.emplace_back(FirstReading{plan_.reading()});
    plan_.restart();
    go(Step::read_values, now);
  } else {
    events_.emplace_back(plan_.reading());
    go(keep_ ? Step::idle : Step::log_off, now);
  }
}

}  // namespace irmeter
