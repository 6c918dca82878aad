#include "lib/meter/reader.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

void Reader::read(Instant now, bool keeps_session) {
  if (reads_in_pause()) {
    const Fault fault = session_.abandon(now);
    if (plan_.pauses().put_off_read()) {
      end_pause_read(now);
    } else {
      fail_pause_read(fault, {}, now);
    }
    events_.clear();
  }
  began_ = now;
  session_.open(now, !keeps_session && plan_.has_short_reads(now));
  take_events(now);
}

void Reader::read_again(Instant now) {
  plan_.restart(began_);
  go_on(now);
}

// A request by offset, the meter's ACK, the packets of the answer and our ACKs.
Duration Reader::time_of_read(std::size_t bytes) const {
  constexpr std::size_t request = 16;
  constexpr std::size_t beside_the_bytes = 4;
  constexpr std::size_t payload = default_packet_size - packet_overhead;
  const std::size_t packets = (bytes + beside_the_bytes + payload - 1) / payload;
  return timing_.air_time(request + 1 + bytes + beside_the_bytes +
                          packets * (packet_overhead + 1)) +
         timing_.request_gap + 3 * packets * timing_.turn_around;
}

bool Reader::read_in_pause(Instant now, Instant until, bool rows) {
  if (progress_ != KeyProgress::used || !session_.is_open() || session_.busy() || pause_read_) {
    return false;
  }
  const Duration left = until - now - think_time_;
  std::size_t most = plan_.max_read();
  while (most > 0 && time_of_read(most) > left) {
    --most;
  }
  const auto read = plan_.pauses().next(plan_.known(), most, rows);
  if (read) {
    pause_read_ = {read->table, now, counters().retries, time_of_read(read->count)};
    session_.read(*read, now);
  }
  return read.has_value();
}

void Reader::fail_pause_read(Fault fault, const std::string& reason, Instant now) {
  plan_.pauses().fail_read(
      {fault, table_name(pause_read_->table) + (reason.empty() ? "" : ": ") + reason},
      plan_.known());
  end_pause_read(now);
}

void Reader::end_pause_read(Instant now) {
  const PauseRead read = *std::exchange(pause_read_, std::nullopt);
  // Longer ones come of a meter that was busy for a while.
  const Duration thought = now - read.asked - read.expected;
  if (counters().retries == read.retries && thought < longest_think_time) {
    think_time_ = std::max(think_time_, thought);
  }
  events_.push(PauseReadEnded{});
}

void Reader::reset() {
  pause_read_.reset();
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
  before_ = counters();
  if (opened.resumed) {
    plan_.restart(began_);
  } else {
    plan_.begin(opened.limits, began_);
    progress_ = KeyProgress::not_shown;
  }
  go_on(now);
}

void Reader::on(Answered& answered, Instant now) {
  if (key_) {
    (void)key_->hide_in(answered.bytes);  // nobody is to read in a table what a meter was shown
  }
  if (reads_in_pause()) {
    plan_.pauses().take(answered.bytes, plan_.known(), pause_read_->asked, now);
    end_pause_read(now);
    return;
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
  if (reads_in_pause()) {
    // Nothing of the key, which was good enough for what was read before.
    const Fault fault = fault_of_refusal(refused.code);
    if (fault == Fault::session_lost) {
      session_.drop(now);
    }
    fail_pause_read(fault, describe(refused.code), now);
    return;
  }
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
  if (reads_in_pause()) {
    const Fault fault = loss_in_session(lost.fault);
    if (fault == Fault::no_response) {
      session_.drop(now);  // what is read next could get the answer to this
    }
    fail_pause_read(fault, {}, now);
    return;
  }
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

void Reader::on(const Failure& failure, Instant now) {
  if (reads_in_pause()) {  // the process was asleep
    progress_ = KeyProgress::not_shown;
    fail_pause_read(Fault::overdue, {}, now);
    return;
  }
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
    plan_.pauses().polled(counters().retries == before_.retries &&
                          counters().noise == before_.noise);
    events_.push(AllRead{});
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
