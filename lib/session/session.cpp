#include "lib/session/session.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {
namespace {

// The shortest read there is, of a table that needs no key.
constexpr TableRead keep_alive_read{.table = 0, .offset = 0, .count = 1};

}  // namespace

Fault loss_in_session(Fault loss) {
  switch (loss) {
    case Fault::damaged:
    case Fault::garbled:
      return Fault::damaged;
    case Fault::unexpected:
      return Fault::unexpected;
    default:
      return Fault::no_response;
  }
}

void Session::open(Instant now, bool short_answers) {
  short_answers_ = short_answers;
  open_or_resume(now);
}

void Session::open_or_resume(Instant now) {
  if (busy()) {
    if (step_ == Step::keep_alive || ending()) {
      then_ = Then::open;
    } else if (closing()) {
      then_ = Then::close_and_open;
    }
    return;  // or it is being opened
  }
  old_session_ended_ = false;
  if (is_open() && expired(now)) {
    end(now, false);
  }
  if (!is_open()) {
    go(Step::identify, now);
  } else if (too_old(now)) {
    then_ = Then::open;
    go(Step::log_off, now);
  } else {
    events_.push(Opened{limits_, true});
  }
}

void Session::read(const TableRead& what, Instant now) {
  read_ = what;
  go(Step::read, now);
}

void Session::show_key(const Key& key, bool proven, Instant now) {
  shown_ = {key, proven};
  go(Step::show_key, now);
}

void Session::give_up(Fault fault, std::string context, Instant now) {
  const bool another_may_help = info(fault).retry == Retry::same_poll;
  events_.push(Failure{fault, std::move(context)});
  if (ending()) {
    return;  // what is on the way to the meter ends it
  }
  then_ = closing() ? Then::close : Then::nothing;
  if (fault == Fault::no_response || fault == Fault::session_lost) {
    suspect_guard(now);
  }
  if (is_open() && !another_may_help) {
    go(Step::log_off, now);
  } else {
    end(now, false);
  }
}

void Session::time_out(Instant now) {
  Fault fault = timers_.running(Timer::busy) ? Fault::busy
                : link_.busy()               ? link_.so_far(now)
                                             : Fault::overdue;
  if (step_ != Step::identify && fault != Fault::busy && fault != Fault::overdue) {
    fault = loss_in_session(fault);
  }
  events_.push(Failure{fault, place_of(fault)});
  then_ = closing() ? Then::close : Then::nothing;
  link_.give_up();
  end(now, false);
}

Fault Session::abandon(Instant now) {
  if (!link_.busy()) {  // it waits for a busy meter
    go(Step::idle, now);
    return Fault::busy;
  }
  const Fault fault = loss_in_session(link_.so_far(now));
  drop(now);
  return fault;
}

void Session::drop(Instant now) {
  link_.give_up();
  suspect_guard(now);
  end(now, false);
}

void Session::close(Instant now) {
  if (ending()) {
    then_ = Then::nothing;
  } else if (busy()) {
    then_ = Then::close;
    if (!link_.busy()) {  // it waits for a busy meter, or for the end of a sleep
      go(Step::idle, now);
    }
  } else if (is_open()) {
    go(Step::log_off, now);
  } else {
    events_.push(Closed{});
  }
}

void Session::reset() {
  opened_at_.reset();
  then_ = Then::nothing;
  step_ = Step::idle;
  shown_.reset();
  timers_.stop_all();
  events_.clear();
  link_.abort();
}

void Session::receive(ByteView bytes, Instant now) {
  wake_up(now);
  if (timers_.running(Timer::wake_up)) {
    return;
  }
  link_.receive(bytes, now);
  advance(now);
}

void Session::timeout(Instant now) {
  wake_up(now);
  link_.timeout(now);
  advance(now);
  if (timers_.expired(Timer::busy, now)) {
    send_request(now);
  }
  if (timers_.expired(Timer::wake_up, now)) {
    give_up(Fault::session_lost, name(), now);
  }
  if (!timers_.expired(Timer::keep_alive, now)) {
    return;
  }
  if (expired(now)) {
    end(now, false);
  } else {
    go(too_old(now) ? Step::log_off : Step::keep_alive, now);
  }
}

// What was due is long past: process or machine were asleep, and the meter has given up waiting.
// The answers before and after a sleep do not make one reading. Those that came meanwhile must not
// be taken for answers to what is asked next either; only what the meter says of the key is never
// too old.
void Session::wake_up(Instant now) {
  const auto due = deadline();
  const bool overslept = due && now - *due >= timing_.traffic_timeout && busy() && !ending();
  if (overslept && step_ != Step::show_key) {
    link_.abort();
    timers_.stop(Timer::busy);
    timers_.set(Timer::wake_up, now + timing_.idle);
  }
}

bool Session::expired(Instant now) const {
  return now - last_activity_ >= timing_.traffic_timeout;
}

bool Session::too_old(Instant now) const {
  return now - *opened_at_ >= timing_.max_age;
}

void Session::go(Step step, Instant now) {
  if (closing() && !ending()) {
    then_ = then_ == Then::close_and_open ? Then::open : Then::nothing;
    step = is_open() ? Step::log_off : Step::terminate;
  }
  step_ = step;
  timers_.stop_all();
  if (step != Step::show_key) {
    shown_.reset();
  }
  busy_left_ = timing_.busy_attempts;
  damaged_left_ = timing_.damaged_attempts;
  if (step == Step::idle) {
    timers_.set(Timer::keep_alive, last_activity_ + timing_.keep_alive);
    if (std::exchange(then_, Then::nothing) == Then::open) {
      open_or_resume(now);
    }
    return;
  }
  if (step == Step::identify) {
    link_.new_session(ended_in_order_);
    limits_ = {};
    ended_in_order_ = false;
  }
  send_request(now);
}

void Session::send_request(Instant now) {
  Link::Options options;
  options.secret = step_ == Step::show_key;
  options.once = options.secret && !shown_->proven;
  options.first = step_ == Step::identify || now - last_activity_ >= timing_.idle;
  if (step_ == Step::read) {
    options.response = response_size(read_);
  }
  if (step_ == Step::end_old_session || ending()) {
    options.attempts = 2;
  }
  if (options.first || options.attempts) {
    options.ack_timeout = timing_.first_ack_timeout;
  }
  Bytes request = request_bytes();
  link_.send(request, now, options);
  request.wipe();
}

Bytes Session::request_bytes() const {
  switch (step_) {
    case Step::idle:
      break;
    case Step::identify:
      return {service_code::identification};
    case Step::negotiate:
      return request::negotiate(asked.packet_size, asked.packet_count);
    case Step::log_on:
      return request::logon(request::user_id, request::user_name);
    case Step::show_key:
      return request::security(shown_->key);
    case Step::read:
      return request::read(read_);
    case Step::keep_alive:
      return request::read(keep_alive_read);
    case Step::log_off:
      return {service_code::logoff};
    case Step::end_old_session:
    case Step::terminate:
      return {service_code::terminate};
  }
  return {};
}

std::string Session::name() const {
  return step_ == Step::read ? table_name(read_.table) : std::string(row(step_).name);
}

// Silence, echo and noise are met nowhere but at the beginning; the others need the place.
std::string Session::place_of(Fault fault) const {
  const bool at_the_beginning = fault == Fault::silent || fault == Fault::echo ||
                                fault == Fault::garbled || fault == Fault::locked_out;
  return at_the_beginning ? std::string() : name();
}

// Takes what the link has come to, if it has.
void Session::advance(Instant now) {
  const auto outcome = link_.outcome();
  if (!outcome) {
    return;
  }
  last_activity_ = now;
  if (const auto* failure = std::get_if<Fault>(&*outcome)) {
    on_loss(*failure, now);
  } else {
    on_response(std::get<Bytes>(*outcome), now);
  }
}

void Session::on_loss(Fault failure, Instant now) {
  switch (row(step_).loss) {
    case OnLoss::diagnose: {
      const bool guarded = failure == Fault::silent && guarded_until_ && now < *guarded_until_;
      guarded_until_.reset();
      const Fault fault = guarded ? Fault::locked_out : failure;
      give_up(fault, place_of(fault), now);
      break;
    }
    case OnLoss::fail:
      give_up(loss_in_session(failure), name(), now);
      break;
    case OnLoss::go_on:
      go(row(step_).next, now);
      break;
    case OnLoss::report:
      if (failure == Fault::unexpected && step_ == Step::read) {
        on_damaged(name(), now);
      } else {
        events_.push(Lost{failure, name()});
        go(Step::idle, now);
      }
      break;
    case OnLoss::end:
      suspect_guard(now);
      end(now, false);
      break;
  }
}

void Session::on_response(ByteView response, Instant now) {
  const std::uint8_t code = response[0];
  // An answer to a key that was sent twice says nothing of the first time.
  const bool once = step_ == Step::show_key && (!shown_->proven || link_.repeated());
  if (fault_of_refusal(code) == Fault::busy && !ending() && busy_left_ > 0 && !once) {
    --busy_left_;
    timers_.set(Timer::busy, now + timing_.busy_pause);
    if (closing()) {
      go(Step::idle, now);
    }
    return;
  }
  if (code != static_cast<std::uint8_t>(ResponseCode::ok)) {
    on_refusal(code, now);
    return;
  }
  switch (step_) {
    case Step::identify:
      if (!parse_identification(response)) {
        give_up(Fault::unexpected, name(), now);
        return;
      }
      if (short_answers_) {
        go(Step::log_on, now);
        return;
      }
      break;
    case Step::negotiate:
      if (const auto granted = parse_negotiated(response)) {
        limits_.packet_size = std::min(granted->packet_size, asked.packet_size);
        limits_.packet_count = std::min(granted->packet_count, asked.packet_count);
        link_.set_limits(limits_);
      } else {
        give_up(Fault::unexpected, name() + ": " + granted.error().what, now);
        return;
      }
      break;
    case Step::log_on:
      opened_at_ = now;
      events_.push(Opened{limits_, false});
      break;
    case Step::show_key:
      events_.push(Answered{Bytes(response.begin() + 1, response.end())});
      break;
    case Step::read:
    case Step::keep_alive:
      on_table(response, now);
      return;
    case Step::terminate:
      end(now, true);
      return;
    default:
      break;
  }
  go(row(step_).next, now);
}

void Session::on_table(ByteView response, Instant now) {
  const TableRead& asked_for = step_ == Step::read ? read_ : keep_alive_read;
  const auto table = parse_table(response);
  if (!table) {
    on_damaged(name() + ": " + table.error().what, now);
  } else if (asked_for.count != 0 && table->size() != asked_for.count) {
    on_damaged(name() + ": " + std::to_string(table->size()) + " bytes instead of " +
                   std::to_string(asked_for.count),
               now);
  } else {
    if (step_ == Step::read) {
      events_.push(Answered{Bytes(table->begin(), table->end())});
    }
    go(Step::idle, now);
  }
}

// A packet that is whole holds an answer that is not: asked for again, not used.
void Session::on_damaged(std::string context, Instant now) {
  if (damaged_left_ > 0) {
    --damaged_left_;
    if (closing()) {
      go(Step::idle, now);
    } else {
      link_.count_retry();
      send_request(now);
    }
  } else if (row(step_).loss == OnLoss::report) {
    events_.push(Lost{Fault::unexpected, std::move(context)});
    go(Step::idle, now);
  } else {
    give_up(Fault::unexpected, std::move(context), now);
  }
}

void Session::on_refusal(std::uint8_t code, Instant now) {
  Fault fault = fault_of_refusal(code);
  switch (row(step_).refusal) {
    case OnRefusal::terminate_before:
      if (fault != Fault::busy && !std::exchange(old_session_ended_, true)) {
        go(Step::end_old_session, now);
        return;
      }
      [[fallthrough]];
    case OnRefusal::sessions_refused:
      fault = fault == Fault::refused ? Fault::locked_out : fault;
      break;
    case OnRefusal::not_supported:
      if (code == static_cast<std::uint8_t>(ResponseCode::sns)) {
        go(row(step_).next, now);
        return;
      }
      break;
    case OnRefusal::fail:
      break;
    case OnRefusal::go_on:
      go(row(step_).next, now);
      return;
    case OnRefusal::report:
      events_.push(Refused{code, link_.repeated()});
      go(Step::idle, now);
      return;
    case OnRefusal::end:
      if (step_ == Step::keep_alive) {
        suspect_guard(now);
      }
      end(now, false);
      return;
  }
  give_up(fault, name() + ": " + describe(code), now);
}

// A session that ended by itself at this age may have been cut on purpose.
void Session::suspect_guard(Instant now) {
  if (opened_at_ && now - *opened_at_ >= timing_.guarded_age) {
    guarded_until_ = now + timing_.hold_off;
  }
}

void Session::end(Instant now, bool in_order) {
  const bool was_closing = closing();
  const bool opens = then_ == Then::open || then_ == Then::close_and_open;
  opened_at_.reset();
  ended_in_order_ = in_order;
  then_ = Then::nothing;
  shown_.reset();
  timers_.stop_all();
  step_ = Step::idle;
  if (was_closing) {
    events_.push(Closed{});
  }
  if (opens) {
    open_or_resume(now);
  }
}

}  // namespace irmeter
