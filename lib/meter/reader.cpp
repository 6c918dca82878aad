#include "lib/meter/reader.hpp"

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
  while (const auto event = session_.event()) {
    std::visit([&](const auto& what) { on(what, now); }, *event);
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

void Reader::on(const Answered& answered, Instant now) {
  if (progress_ == KeyProgress::showing) {
    // With more behind it, it is the answer to something else, and the first read has to tell.
    progress_ = answered.bytes.empty() ? KeyProgress::accepted : KeyProgress::lost;
    if (progress_ == KeyProgress::accepted) {
      learn(KeyTrust::proven);
    }
    plan_.take_key();
  } else if (const auto failure = plan_.take(answered.bytes)) {
    fail(failure->fault, failure->context, now);
    return;
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
  // the meter has forgotten the session.
  const bool of_the_key = static_cast<ResponseCode>(refused.code) == ResponseCode::isc &&
                          progress_ >= KeyProgress::lost;
  const bool good_before = progress_ == KeyProgress::used ||
                           (progress_ == KeyProgress::lost && trust_ == KeyTrust::proven);
  if (of_the_key && !good_before) {
    learn(KeyTrust::rejected);
    fail(Fault::key_rejected, context, now);
  } else {
    fail(of_the_key ? Fault::session_lost : fault_of_refusal(refused.code), context, now);
  }
}

void Reader::on(const Lost& lost, Instant now) {
  if (progress_ == KeyProgress::showing) {
    on_key_lost(lost, now);
  } else if (plan_.take_loss()) {
    go_on(now);
  } else {
    fail(lost.fault == Fault::unexpected ? Fault::unexpected : Fault::no_response, lost.context,
         now);
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
  // An answer to a key that was sent again says nothing of the time before; else it was not looked
  // at.
  progress_ = refused.repeated ? KeyProgress::lost : KeyProgress::not_shown;
  if (!refused.repeated && trust_ == KeyTrust::unanswered) {
    learn(KeyTrust::untried);
  }
  fail(fault, context, now);
}

void Reader::on_key_lost(const Lost& lost, Instant now) {
  progress_ = KeyProgress::lost;
  if (lost.fault == Fault::no_response || lost.fault == Fault::unexpected) {
    plan_.take_key();
    go_on(now);  // the answer to the first read tells as well
  } else {
    fail(Fault::no_response, lost.context, now);
  }
}

void Reader::go_on(Instant now) {
  const Plan::Next next = plan_.next();
  if (std::holds_alternative<Plan::Complete>(next)) {
    progress_ = KeyProgress::used;
    learn(KeyTrust::proven);  // also where the answer to Security got lost
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

void Reader::answer(KeyPermission permission, Instant now) {
  if (progress_ != KeyProgress::asking || session_.busy()) {
    return;
  }
  progress_ = KeyProgress::showing;
  if (permission == KeyPermission::proven || permission == KeyPermission::granted) {
    trust_ = permission == KeyPermission::proven ? KeyTrust::proven : KeyTrust::unanswered;
    session_.show_key(*key_, now);
  } else {
    fail(permission == KeyPermission::rejected     ? Fault::key_rejected
         : permission == KeyPermission::unanswered ? Fault::key_unanswered
                                                   : Fault::key_unremembered,
         {}, now);
  }
  take_events(now);
}

void Reader::learn(KeyTrust trust) {
  if (std::exchange(trust_, trust) != trust) {
    events_.push(KeyFact{plan_.serial_number(), trust});
  }
}

// A second session would have to show the key again.
Fault Reader::blamed(Fault fault) const {
  const bool unanswered = progress_ == KeyProgress::lost && trust_ == KeyTrust::unanswered;
  return unanswered && fault != Fault::key_rejected ? Fault::key_unanswered : fault;
}

void Reader::fail(Fault fault, std::string context, Instant now) {
  session_.give_up(blamed(fault), std::move(context), now);
}

}  // namespace irmeter
