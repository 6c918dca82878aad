#include "lib/session/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace irmeter {

Session::Session(const LinkTiming& link, const SessionTiming& timing)
    : timing_(timing), link_(link) {}

void Session::set_key(const std::optional<Key>& key, std::vector<KeyFact> known) {
  key_ = key;
  ledger_ = KeyLedger(std::move(known));
}

void Session::read(Instant now, bool keep) {
  keep_ = keep;
  twice_ = false;
  begin_read(now);
}

void Session::begin_read(Instant now) {
  if (busy()) {
    read_next_ = true;  // after close(), in a new session
    return;
  }
  cleared_old_ = false;
  if (open_ && expired(now)) {
    open_ = ended_in_order_ = false;
  }
  if (!open_) {
    go(Step::identify, now);
  } else if (too_old(now)) {
    read_next_ = true;
    go(Step::log_off, now);
  } else {
    plan_.restart();
    go(Step::read_values, now);
  }
}

void Session::close(Instant now) {
  read_next_ = false;
  if (busy()) {
    close_next_ = true;
    retry_at_.reset();
    if (!link_.busy()) {  // a busy meter was to be asked again
      advance(now);
    }
  } else if (open_) {
    go(Step::log_off, now);
  } else {
    events_.emplace_back(Closed{});
  }
}

void Session::reset() {
  ended_in_order_ = ended_in_order_ && !open_ && !busy();
  open_ = close_next_ = read_next_ = waking_up_ = false;
  step_ = Step::idle;
  retry_at_.reset();
  identity_.reset();
  events_.clear();
  link_.abort();
}

void Session::keep_key_back(Instant now) {
  if (step_ == Step::secure && trust() == KeyTrust::unanswered) {
    link_.take_back();
    learn(trust_before_);
    fail(Fault::key_unremembered, {}, now);
  }
}

void Session::receive(ByteView bytes, Instant now) {
  wake_up(now);
  if (waking_up_) {
    return;
  }
  link_.receive(bytes, now);
  advance(now);
}

void Session::timeout(Instant now) {
  wake_up(now);
  link_.timeout(now);
  advance(now);
  if (retry_at_ && now >= *retry_at_) {
    retry_at_.reset();
    if (waking_up_) {
      fail(Fault::session_lost, name(), now);
    } else {
      send_request(now);
    }
  }
  if (step_ == Step::idle && open_ && keep_ && now >= last_activity_ + timing_.keep_alive) {
    if (expired(now)) {
      open_ = ended_in_order_ = false;
    } else {
      go(too_old(now) ? Step::log_off : Step::keep_alive, now);
    }
  }
}

std::optional<Instant> Session::deadline() const {
  std::optional<Instant> earliest = link_.deadline();
  const auto consider = [&](Instant at) { earliest = earliest ? std::min(*earliest, at) : at; };
  if (retry_at_) {
    consider(*retry_at_);
  }
  if (step_ == Step::idle && open_ && keep_) {
    consider(last_activity_ + timing_.keep_alive);
  }
  return earliest;
}

std::optional<SessionEvent> Session::event() {
  if (events_.empty()) {
    return std::nullopt;
  }
  SessionEvent next = std::move(events_.front());
  events_.pop_front();
  return next;
}

// What was due is long past: process or machine were asleep, and the meter has given up waiting.
bool Session::overslept(Instant now) const {
  const auto due = deadline();
  return due && now - *due >= timing_.traffic_timeout && busy() && !ending();
}

// The answers before and after a sleep do not make one reading. Those that came meanwhile must not
// be taken for answers to what is asked next either; only what the meter says of the key is never
// too old.
void Session::wake_up(Instant now) {
  if (overslept(now) && step_ != Step::secure) {
    link_.abort();
    waking_up_ = true;
    retry_at_ = now + timing_.idle;
  }
}

bool Session::expired(Instant now) const {
  return now - last_activity_ >= timing_.traffic_timeout;
}

bool Session::too_old(Instant now) const {
  return now - opened_at_ >= timing_.max_age;
}

void Session::go(Step step, Instant now) {
  if (close_next_ && step != Step::log_off && step != Step::terminate) {
    close_next_ = false;
    step = open_ ? Step::log_off : Step::terminate;
  }
  step_ = step;
  waking_up_ = false;
  busy_left_ = timing_.busy_attempts;
  damaged_left_ = timing_.damaged_attempts;
  if (step == Step::idle) {
    return;
  }
  if (step == Step::identify) {
    link_.new_session(ended_in_order_);
    limits_ = {};
    ended_in_order_ = false;
    has_read_ = key_pending_ = false;
  }
  send_request(now);
}

void Session::send_request(Instant now) {
  if (step_ == Step::secure && trust() != KeyTrust::proven) {
    trust_before_ = trust();
    learn(KeyTrust::unanswered);
  }
  Link::Options options;
  options.secret = options.once = step_ == Step::secure;
  options.again = damaged_left_ != timing_.damaged_attempts;
  options.first = step_ == Step::identify || now - last_activity_ >= timing_.idle;
  if (step_ == Step::clear_old_session || ending()) {
    options.attempts = 2;
  }
  if (options.first || options.attempts) {
    options.ack_timeout = timing_.first_ack_timeout;
  }
  Bytes request = request_bytes();
  link_.send(request, now, options);
  wipe(request.data(), request.size());
}

Bytes Session::request_bytes() const {
  switch (step_) {
    case Step::idle:
      break;
    case Step::identify:
      return request::identification();
    case Step::negotiate:
      return request::negotiate(asked.packet_size, asked.packet_count);
    case Step::log_on:
      return request::logon(request::user_id, request::user_name);
    case Step::read_configuration:
      return request::full_read(bt00);
    case Step::read_identity:
      return request::partial_read(bt01, 0, expected_count());
    case Step::read_utility_serial:
      return request::partial_read(et03, 0, expected_count());
    case Step::secure:
      return request::security(*key_);
    case Step::read_dimensions:
      return request::partial_read(bt21, 0, expected_count());
    case Step::read_dimension_maxima:
      return request::partial_read(bt20, 0, expected_count());
    case Step::read_values: {
      const TableRead read = *plan_.next();
      return request::partial_read(read.table, read.offset, read.count);
    }
    case Step::keep_alive:
      return request::partial_read(bt00, 0, expected_count());
    case Step::log_off:
      return request::logoff();
    case Step::clear_old_session:
    case Step::terminate:
      return request::terminate();
  }
  return {};
}

// Table bytes the step asks for; 0 where it does not read.
std::uint16_t Session::expected_count() const {
  switch (step_) {
    case Step::read_identity:
      return bt01_size;
    case Step::read_utility_serial:
      return et03_size;
    case Step::read_dimensions:
    case Step::read_dimension_maxima:
      return dimensions_size;
    case Step::read_values:
      return plan_.next()->count;
    case Step::keep_alive:
      return 1;
    default:
      return 0;
  }
}

std::string Session::name() const {
  constexpr std::array<std::string_view, 15> names{
      "idle", "Terminate", "Identification", "Negotiate", "Logon",
      "BT00", "BT01",      "ET03",           "Security",  "BT21",
      "BT20", "values",    "keep-alive",     "Logoff",    "Terminate"};
  return step_ == Step::read_values ? table_name(plan_.next()->table)
                                    : std::string(names[static_cast<std::size_t>(step_)]);
}

// Takes what the link has come to, as long as there is something.
void Session::advance(Instant now) {
  if (auto outcome = link_.outcome()) {
    last_activity_ = now;
    if (const auto* failure = std::get_if<LinkFailure>(&*outcome)) {
      on_link_failure(*failure, now);
    } else {
      on_response(std::get<Bytes>(*outcome), now);
    }
  }
  if (close_next_ && !ending() && !link_.busy() && !retry_at_) {
    close_next_ = false;
    go(Step::log_off, now);
  }
}

void Session::show_key(Instant now) {
  if (!key_) {
    fail(Fault::no_key, {}, now);
    return;
  }
  const KeyTrust known = ledger_.take_allowance() ? KeyTrust::untried : trust();
  if (known == KeyTrust::rejected) {
    fail(Fault::key_rejected, {}, now);
  } else if (known == KeyTrust::unanswered) {
    fail(Fault::key_unanswered, {}, now);
  } else {
    go(Step::secure, now);
  }
}

// Ends the read with a failure, and the session with it.
void Session::fail(Fault fault, std::string what, Instant now) {
  if (key_pending_ && trust() == KeyTrust::unanswered && fault != Fault::key_rejected) {
    fault = Fault::key_unanswered;  // a second session would have to send the key again
  }
  const bool polite = open_ && info(fault).retry != Retry::same_poll;
  events_.emplace_back(Failure{fault, std::move(what)});
  read_next_ = false;
  if (polite) {
    go(Step::log_off, now);
  } else {
    end(now, false);
  }
}

void Session::end(Instant now, bool in_order) {
  const bool was_ending = ending() || close_next_;
  open_ = false;
  ended_in_order_ = in_order;
  close_next_ = waking_up_ = false;
  retry_at_.reset();
  step_ = Step::idle;
  if (was_ending) {
    events_.emplace_back(Closed{});
  }
  if (std::exchange(read_next_, false)) {
    begin_read(now);
  }
}

}  // namespace irmeter
