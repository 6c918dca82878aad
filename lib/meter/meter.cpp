#include "lib/meter/meter.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

Meter::Meter(const MeterOptions& options, const std::optional<Key>& key, std::vector<KeyFact> known)
    : options_(options),
      has_key_(key.has_value()),
      session_(options.link, options.timing),
      plausibility_(options.main_fuse) {
  session_.set_key(key, std::move(known));
}

void Meter::start(Instant now) {
  grid_.emplace(now, options_.interval);
  next_poll_ = now;
  timeout(now);
}

void Meter::line_ready(Instant now) {
  line_ = true;
  if (grid_ && !stop_by_) {
    begin_poll(now);
    next_poll_ = grid_->after(now);
  }
}

void Meter::line_lost() {
  line_ = polling_ = false;
  session_.reset();
  if (held_ && info(held_->fault).retry != Retry::hold_off) {
    held_.reset();  // another meter may be at the end of the next one
  }
  // What was to be sent has nowhere to go; what was found out stays true.
  std::erase_if(outputs_,
                [](const MeterOutput& output) { return std::holds_alternative<Transmit>(output); });
  if (stop_by_) {
    end_stop();
  }
}

void Meter::receive(ByteView bytes, Instant now) {
  session_.receive(bytes, now);
  take_events(now);
}

void Meter::timeout(Instant now) {
  session_.timeout(now);
  take_events(now);
  if (next_poll_ && now >= *next_poll_) {
    next_poll_ = grid_->after(now);
    begin_poll(now);
  }
  if (stop_by_ && now >= *stop_by_) {
    session_.reset();
    end_stop();
  }
}

void Meter::poll_now(Instant now) {
  if (!stop_by_) {
    begin_poll(now);
  }
}

void Meter::retry_key(Instant now) {
  session_.allow_key();
  if (held_ && info(held_->fault).retry == Retry::by_user) {
    held_.reset();
    poll_now(now);
  }
}

void Meter::keep_key_back(Instant now) {
  std::erase_if(outputs_, [](MeterOutput& output) {
    auto* const transmit = std::get_if<Transmit>(&output);
    if (transmit == nullptr || !transmit->secret) {
      return false;
    }
    wipe(transmit->bytes.data(), transmit->bytes.size());
    return true;
  });
  session_.keep_key_back(now);
  take_events(now);
}

void Meter::set_quiet(bool quiet, Instant now) {
  if (quiet == std::exchange(quiet_, quiet) || !quiet || !line_ || !grid_) {
    return;
  }
  if (!std::exchange(polling_, false)) {
    poll_started_ = now;
  }
  end_poll({Failure{Fault::quiet, {}}}, now);
  session_.close(now);
  take_events(now);
}

void Meter::stop(Instant now) {
  grid_.reset();
  next_poll_.reset();
  polling_ = false;
  stop_by_ = now + options_.stop_within;
  if (line_) {
    session_.close(now);
    take_events(now);
  } else {
    line_lost();
  }
}

std::optional<MeterOutput> Meter::output() {
  if (outputs_.empty()) {
    return std::nullopt;
  }
  MeterOutput next = std::move(outputs_.front());
  outputs_.pop_front();
  return next;
}

std::optional<Instant> Meter::deadline() const {
  std::optional<Instant> earliest = session_.deadline();
  for (const auto& at : {next_poll_, stop_by_}) {
    if (at) {
      earliest = earliest ? std::min(*earliest, *at) : *at;
    }
  }
  return earliest;
}

bool Meter::keeps_session() const {
  switch (options_.session) {
    case MeterOptions::SessionMode::keep:
      return true;
    case MeterOptions::SessionMode::each:
      return false;
    case MeterOptions::SessionMode::automatic:
      break;
  }
  return options_.interval <= options_.keep_up_to;
}

void Meter::begin_poll(Instant now) {
  if (!line_ || !grid_ || polling_) {
    return;
  }
  poll_started_ = now;
  echoes_before_ = counters().echoes;
  if (held_ && info(held_->fault).retry == Retry::hold_off && now >= held_until_) {
    held_.reset();
  }
  if (quiet_) {
    end_poll({Failure{Fault::quiet, {}}}, now);
    return;
  }
  if (!has_key_ && !options_.ask_without_key) {
    end_poll({Failure{Fault::no_key, {}}}, now);
    return;
  }
  if (held_) {
    end_poll({*held_}, now);
    return;
  }
  polling_ = true;
  retried_ = false;
  read(now);
  take_events(now);
}

void Meter::read(Instant now) {
  session_.read(now, keeps_session());
  compare_first_values();
}

// The first values of a meter are held against what it says right after them.
void Meter::compare_first_values() {
  if (!plausibility_.begun()) {
    session_.read_twice();
  }
}

void Meter::end_poll(PollEnded ended, Instant now) {
  polling_ = false;
  ended.duration = now - poll_started_;
  ended.echo = counters().echoes != echoes_before_;
  outputs_.emplace_back(std::move(ended));
}

void Meter::on_reading(const Reading& reading, Instant now) {
  auto [published, withheld, accepted] = plausibility_.check(reading, now);
  PollEnded ended{published};
  ended.withheld = withheld;
  ended.accepted = std::move(accepted);
  end_poll(std::move(ended), now);
}

void Meter::take_events(Instant now) {
  for (;;) {
    while (auto fact = session_.key_fact()) {
      outputs_.emplace_back(std::move(*fact));
    }
    while (auto bytes = session_.outgoing()) {
      outputs_.emplace_back(Transmit{std::move(bytes->bytes), bytes->secret});
    }
    auto event = session_.event();
    if (!event) {
      break;
    }
    if (auto* identity = std::get_if<Identity>(&*event)) {
      if (std::exchange(serial_number_, identity->serial_number) != identity->serial_number) {
        plausibility_.forget();
        compare_first_values();
      }
      outputs_.emplace_back(Identified{std::move(*identity)});
    } else if (const auto* first = std::get_if<FirstReading>(&*event)) {
      (void)plausibility_.check(first->reading, now);
    } else if (const auto* reading = std::get_if<Reading>(&*event)) {
      if (polling_) {
        on_reading(*reading, now);
      }
    } else if (const auto* failure = std::get_if<Failure>(&*event)) {
      on_failure(*failure, now);
    } else {
      logged_off_ = stop_by_.has_value();
    }
  }
  if (logged_off_ && !session_.owes_ack()) {
    end_stop();
  }
}

void Meter::end_stop() {
  stop_by_.reset();
  logged_off_ = false;
  outputs_.emplace_back(Stopped{});
}

void Meter::on_failure(const Failure& failure, Instant now) {
  const Retry retry = info(failure.fault).retry;
  if (retry == Retry::by_user || retry == Retry::hold_off) {
    held_ = failure;
    held_until_ = now + options_.timing.hold_off;
  }
  if (!polling_) {
    return;
  }
  if (retry == Retry::same_poll && !std::exchange(retried_, true)) {
    read(now);
    return;
  }
  end_poll({failure}, now);
}

}  // namespace irmeter
