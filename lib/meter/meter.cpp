#include "lib/meter/meter.hpp"

#include <type_traits>
#include <utility>

namespace irmeter {

Meter::Meter(const MeterOptions& options, const std::optional<Key>& key)
    : options_(options),
      has_key_(key.has_value()),
      reader_(options.link, options.timing, options.plan, options.pace, key),
      plausibility_(options.plausibility) {}

void Meter::start(Instant now) {
  grid_ = {now + options_.phase, options_.interval};
  timers_.set(Timer::poll, now);
  timeout(now);
}

void Meter::line_ready(Instant now) {
  if (!std::holds_alternative<NoLine>(state_)) {
    return;
  }
  state_ = Waiting{};
  if (grid_) {
    timers_.set(Timer::poll, grid_->after(now));
    poll_now(now);
  }
}

void Meter::line_lost() {
  reader_.reset();
  timers_.stop(Timer::overdue);
  if (suspension_ && !suspension_->until) {
    suspension_.reset();  // another meter may be at the end of the next line
  }
  // What was to be sent has nowhere to go; what was found out stays true.
  outputs_.remove_if(
      [](const MeterOutput& output) { return std::holds_alternative<Transmit>(output); });
  reader_.plan().pauses().fail({Fault::no_device, {}});
  take_news({});
  if (std::holds_alternative<Stopping>(state_)) {
    end_stop();
  }
  state_ = NoLine{};
}

void Meter::receive(ByteView bytes, Instant now) {
  allow_for_sleep(now);
  reader_.receive(bytes, now);
  take_events(now);
}

void Meter::timeout(Instant now) {
  allow_for_sleep(now);
  reader_.timeout(now);
  take_events(now);
  if (timers_.expired(Timer::overdue, now)) {
    reader_.time_out(now);
    take_events(now);
  }
  if (timers_.expired(Timer::poll, now)) {
    timers_.set(Timer::poll, grid_->after(now));
    poll_now(now);
  }
  if (timers_.expired(Timer::stop, now)) {
    reader_.reset();
    end_stop();
  }
}

// What was due is long past: the poll gets its time anew.
void Meter::allow_for_sleep(Instant now) {
  if (timers_.running(Timer::overdue) && now - *deadline() >= options_.timing.traffic_timeout) {
    timers_.set(Timer::overdue, now + options_.poll_within);
  }
}

void Meter::retry_key(Instant now) {
  reader_.allow_retry();
  if (suspension_ && !suspension_->until) {
    suspension_.reset();
    poll_now(now);
  }
}

void Meter::answer_key(KeyPermission permission, Instant now, std::string why) {
  reader_.answer(permission, std::move(why), now);
  take_events(now);
}

bool Meter::read_table(const TableRead& what, Instant now, bool at_once) {
  if (!reader_.plan().pauses().ask(what)) {
    return false;
  }
  if (std::holds_alternative<NoLine>(state_) || std::holds_alternative<Stopping>(state_)) {
    reader_.plan().pauses().fail({Fault::no_device, {}});
  } else if (std::holds_alternative<Waiting>(state_)) {
    if (keeps_session()) {
      use_pause(now);
    } else if (at_once && !reader_.reads_in_pause()) {
      poll_now(now);
    }
  }
  take_events(now);
  return true;
}

void Meter::set_quiet(bool quiet, Instant now) {
  const bool begins = quiet && !quiet_;
  quiet_ = quiet;
  const bool idle = std::holds_alternative<Waiting>(state_);
  const auto* const poll = std::get_if<Polling>(&state_);
  if (!begins || !grid_ || (!idle && poll == nullptr)) {
    return;
  }
  end_poll({Failure{Fault::quiet, {}}}, poll != nullptr ? *poll : Polling{now, counters().echoes},
           now);
  reader_.close(now);
  take_events(now);
}

void Meter::stop(Instant now) {
  grid_.reset();
  timers_.stop(Timer::poll);
  timers_.stop(Timer::overdue);
  if (std::holds_alternative<NoLine>(state_)) {
    end_stop();
    return;
  }
  state_ = Stopping{};
  timers_.set(Timer::stop, now + options_.stop_within);
  reader_.close(now);
  take_events(now);
}

bool Meter::keeps_session() const {
  using Mode = MeterOptions::SessionMode;
  return options_.session == Mode::keep ||
         (options_.session == Mode::automatic && options_.interval <= options_.keep_up_to);
}

void Meter::poll_now(Instant now) {
  if (!grid_ || !std::holds_alternative<Waiting>(state_)) {
    return;
  }
  const Polling poll{now, counters().echoes};
  if (auto failure = reason_not_to_poll(now)) {
    end_poll({std::move(*failure)}, poll, now);
    take_events(now);
    return;
  }
  state_ = poll;
  timers_.set(Timer::overdue, now + options_.poll_within);
  reader_.read(now, keeps_session());
  take_events(now);
}

// The failure that a poll ends with at once, without a byte to the meter.
std::optional<Failure> Meter::reason_not_to_poll(Instant now) {
  if (suspension_ && suspension_->until && now >= *suspension_->until) {
    suspension_.reset();
  }
  if (quiet_) {
    return Failure{Fault::quiet, {}};
  }
  if (!has_key_ && !options_.ask_without_key) {
    return Failure{Fault::no_key, {}};
  }
  return suspension_ ? std::optional(suspension_->failure) : std::nullopt;
}

void Meter::end_poll(PollEnded ended, const Polling& poll, Instant now) {
  ended.duration = now - poll.since;
  ended.echo = counters().echoes != poll.echoes;
  state_ = Waiting{};
  timers_.stop(Timer::overdue);
  if (const auto* failure = std::get_if<Failure>(&ended.result)) {
    reader_.plan().pauses().fail(*failure);
  }
  outputs_.push(std::move(ended));
}

// A live poll has its session for itself: what a pause is too short for waits for another.
void Meter::use_pause(Instant now) {
  if (!std::holds_alternative<Waiting>(state_) || !grid_ || quiet_) {
    return;
  }
  const bool kept = keeps_session();
  const Instant until = grid_->after(now) - (kept ? Duration{} : reader_.closing_time());
  if (reader_.read_in_pause(now, until, kept || reads_left_ > 0)) {
    reads_left_ -= reads_left_ > 0 ? 1 : 0;
  } else if (!kept) {
    reader_.close(now);
  }
}

void Meter::take_news(Instant now) {
  while (auto news = reader_.plan().pauses().news()) {
    std::visit(
        [&](auto& what) {
          if constexpr (std::is_same_v<decltype(what), AllDetails&>) {
            on(what, now);
          } else {
            outputs_.push(std::move(what));
          }
        },
        *news);
  }
}

void Meter::take_events(Instant now) {
  for (;;) {
    while (auto bytes = reader_.outgoing()) {
      outputs_.push(std::move(*bytes));
    }
    take_news(now);
    const auto event = reader_.event();
    if (!event) {
      break;
    }
    std::visit([&](const auto& what) { on(what, now); }, *event);
  }
  const auto* const stopping = std::get_if<Stopping>(&state_);
  if (stopping != nullptr && stopping->logged_off && !reader_.owes_ack()) {
    end_stop();
  }
}

void Meter::on(const Identity& identity, Instant) {
  if (std::exchange(serial_number_, identity.serial_number) != identity.serial_number) {
    plausibility_.begin_anew();
    details_begun_ = false;
  }
  outputs_.push(Identified{identity});
}

// The first values of a meter are compared with what it says right after them.
void Meter::on(const AllRead&, Instant now) {
  const auto* const poll = std::get_if<Polling>(&state_);
  if (poll == nullptr) {
    return;
  }
  const Reading reading = reader_.plan().reading();
  if (!plausibility_.begun()) {
    (void)plausibility_.check(reading, now);
    reader_.read_again(now);
    return;
  }
  auto [plausible, withheld, accepted] = plausibility_.check(reading, now);
  end_poll({.result = plausible, .withheld = withheld, .accepted = std::move(accepted)}, *poll,
           now);
  reads_left_ = options_.reads_behind_poll;
  use_pause(now);
}

void Meter::on(const AllDetails&, Instant now) {
  auto [plausible, withheld, accepted] = plausibility_.check({reader_.plan().known().details}, now);
  if (!std::exchange(details_begun_, true)) {
    reader_.plan().pauses().repeat_details();
    return;
  }
  outputs_.push(DetailsRead{plausible.values, withheld, std::move(accepted)});
}

void Meter::on(const Failure& failure, Instant now) {
  const Retry retry = info(failure.fault).retry;
  if (retry == Retry::by_user) {
    suspension_ = {failure, std::nullopt};
  } else if (retry == Retry::hold_off) {
    suspension_ = {failure, now + options_.timing.hold_off};
  }
  auto* const poll = std::get_if<Polling>(&state_);
  if (poll == nullptr) {
    return;
  }
  const bool has_time = timers_.running(Timer::overdue);
  if (retry == Retry::same_poll && has_time && !poll->first) {
    poll->first = failure;
    reader_.read(now, keeps_session());
  } else {
    // Overdue hides the cause where the first session got no answer.
    const bool first =
        failure.fault == Fault::overdue && poll->first && poll->first->fault == Fault::no_response;
    end_poll({first ? *poll->first : failure}, *poll, now);
  }
}

void Meter::on(const Closed&, Instant) {
  if (auto* const stopping = std::get_if<Stopping>(&state_)) {
    stopping->logged_off = true;
  }
}

void Meter::end_stop() {
  timers_.stop(Timer::stop);
  state_ = NoLine{};
  outputs_.push(Stopped{});
}

}  // namespace irmeter
