#include "lib/meter.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

Meter::Meter(const MeterOptions& options, const std::optional<Key>& key)
    : options_(options), has_key_(key.has_value()), session_(options.link, options.timing) {
  session_.set_key(key);
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
  if (std::exchange(key_rejected_, std::nullopt)) {
    poll_now(now);
  }
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
  if (!has_key_) {
    end_poll(Failure{Trouble::no_key, {}}, now);
    return;
  }
  if (key_rejected_) {
    end_poll(*key_rejected_, now);
    return;
  }
  polling_ = true;
  retried_ = false;
  session_.read(now, keeps_session());
  take_events(now);
}

void Meter::end_poll(std::variant<Reading, Failure> result, Instant now) {
  polling_ = false;
  outputs_.emplace_back(PollEnded{std::move(result), now - poll_started_});
}

void Meter::take_events(Instant now) {
  for (;;) {
    while (auto bytes = session_.outgoing()) {
      outputs_.emplace_back(Transmit{std::move(bytes->bytes), bytes->secret});
    }
    auto event = session_.event();
    if (!event) {
      break;
    }
    if (auto* identity = std::get_if<Identity>(&*event)) {
      outputs_.emplace_back(Identified{std::move(*identity)});
    } else if (const auto* reading = std::get_if<Reading>(&*event)) {
      if (polling_) {
        end_poll(*reading, now);
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
  if (failure.trouble == Trouble::key_rejected) {
    key_rejected_ = failure;
  }
  if (!polling_) {
    return;
  }
  if (info(failure.trouble).retry == Retry::same_poll && !std::exchange(retried_, true)) {
    session_.read(now, keeps_session());
    return;
  }
  end_poll(failure, now);
}

}  // namespace irmeter
