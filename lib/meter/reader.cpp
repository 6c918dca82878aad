#include "lib/meter/reader.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

void Reader::read_again(Instant now) {
  plan_.restart(now);
  go_on(now);
}

void Reader::reset() {
  session_.reset();
  plan_.forget_meter();
  events_.clear();
  progress_ = KeyProgress::not_shown;
}

void Reader::take_events(Instant now) {
  while (auto event = session_.event()) {
    std::visit([&](auto& what) { on(what, now); }, *event);
  }
}

void Reader::on(const Opened& opened, Instant now) {
  if (opened.resumed) {
    plan_.restart(now);
  } else {
    plan_.begin(opened.limits, now);
    progress_ = KeyProgress::not_shown;
  }
  go_on(now);
}

void Reader::on(Answered& answered, Instant now) {
  if (key_) {
    (void)key_->hide_in(answered.bytes);  // nobody is to read in a table what a meter was shown
  }
  if (progress_ == KeyProgress::showing) {
    // With more behind it, it is the answer to something else, and the first read has to tell.
    progress_ = answered.bytes.empty() ? KeyProgress::accepted : KeyProgress::lost;
    plan_.take_key();
  } else {
    if (progress_ >= KeyProgress::unheard) {
      progress_ = std::max(progress_, KeyProgress::accepted);
      if (std::exchange(permission_, KeyPermission::proven) != KeyPermission::proven) {
        learn(KeyTrust::proven);
      }
    }
    if (const auto failure = plan_.take(answered.bytes)) {
      fail(failure->fault, failure->context, now);
      return;
    }
  }
  if (auto identity = plan_.identified()) {
    events_.push(std::move(*identity));
  }
  go_on(now);
}

void Reader::on(const Refused& refused, Instant now) {
  if (progress_ == KeyProgress::showing) {
    on_key_refused(refused, now);
    return;
  }
  const Plan::Next asked = plan_.next();
  if (plan_.take_refusal(refused.code)) {
    if (auto identity = plan_.identified()) {
      events_.push(std::move(*identity));
    }
    go_on(now);
    return;
  }
  const std::string context =
      table_name(std::get<TableRead>(asked).table) + ": " + describe(refused.code);
  // Only what is refused after the key was shown tells of it; and where it was good enough before,
  // the meter has forgotten the session, or not seen the key.
  const bool of_the_key = static_cast<ResponseCode>(refused.code) == ResponseCode::isc &&
                          progress_ >= KeyProgress::unheard;
  const bool good_before = progress_ == KeyProgress::used ||
                           (progress_ <= KeyProgress::lost && permission_ == KeyPermission::proven);
  if (!of_the_key || good_before) {
    fail(of_the_key ? Fault::session_lost : fault_of_refusal(refused.code), context, now);
  } else if (progress_ == KeyProgress::unheard) {
    fail(Fault::key_unanswered, context, now);
  } else {
    learn(KeyTrust::rejected);
    fail(Fault::key_rejected, context, now);
  }
}

void Reader::on(const Lost& lost, Instant now) {
  if (progress_ == KeyProgress::showing) {
    // The answer to the first read tells as well.
    const bool taken = lost.fault == Fault::no_response || lost.fault == Fault::damaged ||
                       lost.fault == Fault::unexpected;
    progress_ = taken ? KeyProgress::lost : KeyProgress::unheard;
    plan_.take_key();
    go_on(now);
    return;
  }
  // Where nothing came the session may be gone; the next one does without the table as well.
  const bool dispensable = plan_.take_loss();
  const Fault fault = loss_in_session(lost.fault);
  if (dispensable && fault != Fault::no_response) {
    go_on(now);
  } else {
    fail(fault, lost.context, now);
  }
}

void Reader::on(const Failure& failure, Instant) {
  events_.push(Failure{blamed(failure.fault), failure.context});
  progress_ = KeyProgress::not_shown;
}

void Reader::on(const Closed&, Instant) {
  events_.push(Closed{});
  progress_ = KeyProgress::not_shown;
}

void Reader::on_key_refused(const Refused& refused, Instant now) {
  const Fault fault = fault_of_refusal(refused.code);
  const std::string context = std::string(row(Step::show_key).name) + ": " + describe(refused.code);
  if (fault == Fault::refused) {
    learn(KeyTrust::rejected);
    fail(Fault::key_rejected, context, now);
    return;
  }
  // It was not looked at; but an answer to a key that was sent again says nothing of the time
  // before. Not in a fresh session of the same poll: the meter is to have some time.
  if (permission_ == KeyPermission::granted && !refused.repeated) {
    learn(KeyTrust::put_off);
    progress_ = KeyProgress::not_shown;
    fail(Fault::busy, context, now);
  } else {
    fail(fault, context, now);
  }
}

void Reader::go_on(Instant now) {
  const Plan::Next next = plan_.next();
  if (std::holds_alternative<Plan::Complete>(next)) {
    progress_ = KeyProgress::used;
  }
  if (session_.busy()) {
    return;  // it closes: what was read is of a poll that has ended
  }
  if (std::holds_alternative<Plan::Complete>(next)) {
    events_.push(plan_.reading());
  } else if (const auto* read = std::get_if<TableRead>(&next)) {
    session_.read(*read, now);
  } else {
    ask_for_key(now);
  }
}

void Reader::ask_for_key(Instant now) {
  if (key_) {
    progress_ = KeyProgress::asking;
    events_.push(KeyQuestion{plan_.serial_number(), std::exchange(retry_, false)});
  } else {
    fail(Fault::no_key, {}, now);
  }
}

void Reader::answer(KeyPermission permission, std::string why, Instant now) {
  if (progress_ != KeyProgress::asking || session_.busy()) {
    return;
  }
  switch (permission) {
    case KeyPermission::proven:
    case KeyPermission::granted:
    case KeyPermission::last:
      progress_ = KeyProgress::showing;
      permission_ = permission;
      session_.show_key(*key_, permission == KeyPermission::proven, now);
      break;
    case KeyPermission::rejected:
      fail(Fault::key_rejected, {}, now);
      break;
    case KeyPermission::unanswered:
      fail(Fault::key_unanswered, {}, now);
      break;
    case KeyPermission::unrecorded:
      fail(Fault::key_unremembered, std::move(why), now);
      break;
  }
  take_events(now);
}

// Whatever ends the session of a key that nothing was read with: another one would have to show it
// again.
Fault Reader::blamed(Fault fault) const {
  const bool shown = progress_ >= KeyProgress::showing && permission_ != KeyPermission::proven;
  return shown && fault != Fault::key_rejected ? Fault::key_unanswered : fault;
}

void Reader::fail(Fault fault, std::string context, Instant now) {
  session_.give_up(blamed(fault), std::move(context), now);
}

}  // namespace irmeter
