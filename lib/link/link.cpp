#include "lib/link/link.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {
namespace {

void keep_earlier(std::optional<Instant>& earliest, Instant candidate) {
  earliest = earliest ? std::min(*earliest, candidate) : candidate;
}

}  // namespace

Link::Link(const LinkTiming& timing) : timing_(timing) {}

void Link::send(ByteView payload, Instant now, const Options& options) {
  Packet packet;
  packet.toggle = toggle_;
  packet.payload.assign(payload.begin(), payload.end());
  toggle_ = !toggle_;
  if (request_.secret) {
    wipe(request_.bytes.data(), request_.bytes.size());
  }
  request_ = {encode(packet), options.secret};
  wipe(packet.payload.data(), packet.payload.size());
  once_ = options.once;
  first_ = options.first;
  counters_.retries += options.again ? 1U : 0U;
  transmitted_ = false;
  ack_timeout_ = options.ack_timeout.value_or(timing_.ack_timeout);
  attempts_left_ = options.attempts.value_or(timing_.attempts);
  refusals_left_ = timing_.attempts - 1;
  acknowledged_ = answered_ = heard_ = echoed_ = damage_ = false;
  noise_at_send_ = noise_before_ = scanner_.noise();
  message_.clear();
  in_message_ = false;
  outcome_.reset();
  wait_to_send(now);
  timeout(now);
}

void Link::wait_to_send(Instant from) {
  phase_ = Phase::waiting_to_send;
  send_not_before_ = from;
  send_by_ = from + timing_.longest_wait;
}

void Link::receive(ByteView bytes, Instant now) {
  if (bytes.empty()) {
    return;
  }
  last_received_ = now;
  heard_ = true;
  nak_at_.reset();
  if (transmitted_ && !answered_) {
    echo_.received(bytes);
  }
  scanner_.push(bytes);
  take_items(now);
  timeout(now);
}

void Link::timeout(Instant now) {
  while (step(now)) {
  }
}

std::optional<Instant> Link::deadline() const {
  std::optional<Instant> earliest;
  if (ack_due_) {
    keep_earlier(earliest, *ack_due_);
  }
  if (scanner_.in_packet()) {
    keep_earlier(earliest, last_received_ + timing_.inter_character);
  }
  if (awaiting()) {
    keep_earlier(earliest, phase_deadline_);
    if (nak_at_) {
      keep_earlier(earliest, *nak_at_);
    }
    if (damage_) {
      keep_earlier(earliest, last_received_ + timing_.quiet_before_nak);
    } else if (nak_due_after_noise()) {
      keep_earlier(earliest, last_received_ + timing_.inter_character);
    }
  }
  if (phase_ == Phase::waiting_to_send && !ack_due_) {
    keep_earlier(earliest, send_due());
  }
  return earliest;
}

std::optional<Link::Outgoing> Link::outgoing() {
  if (outgoing_.empty()) {
    return std::nullopt;
  }
  Outgoing next = std::move(outgoing_.front());
  outgoing_.pop_front();
  return next;
}

std::optional<Link::Outcome> Link::outcome() {
  return std::exchange(outcome_, std::nullopt);
}

void Link::new_session(bool previous_ended_in_order) {
  if (previous_ended_in_order) {
    toggle_ = false;
  }
  set_limits({});
  last_accepted_.clear();
  alternates_ = true;
  echo_.new_session();
}

void Link::set_limits(const Negotiated& limits) {
  limits_ = limits;
  scanner_.set_max_packet_size(limits.packet_size);
}

void Link::abort() {
  phase_ = Phase::idle;
  for (Outgoing& unsent : outgoing_) {
    wipe(unsent.bytes.data(), unsent.bytes.size());
  }
  outgoing_.clear();
  outcome_.reset();
  ack_due_.reset();
  scanner_.clear();
  damage_ = false;
  nak_at_.reset();
}

void Link::take_back() {
  toggle_ = !toggle_;
  std::erase_if(outgoing_, [](Outgoing& unsent) {
    const bool of_request = unsent.bytes.size() > 1;  // an ACK before it is still owed
    if (of_request) {
      wipe(unsent.bytes.data(), unsent.bytes.size());
    }
    return of_request;
  });
  finish(LinkFailure::silent);
  outcome_.reset();
}

// Does one thing that is due; true if there may be more.
bool Link::step(Instant now) {
  if (ack_due_ && now >= *ack_due_) {
    ack_due_.reset();
    transmit_control(ack_byte, now);
    return true;
  }
  if (scanner_.in_packet() && now >= last_received_ + timing_.inter_character) {
    scanner_.gap();
    take_items(now);
    return true;
  }
  switch (phase_) {
    case Phase::idle:
      return false;
    case Phase::waiting_to_send:
      if (ack_due_ || now < send_due()) {
        return false;
      }
      transmit_request(now);
      return true;
    case Phase::awaiting_ack:
    case Phase::awaiting_response:
      break;
  }
  if (nak_at_ && now >= *nak_at_) {
    nak_at_.reset();
    repeat_or_fail(now);
    return true;
  }
  if ((damage_ && now >= last_received_ + timing_.quiet_before_nak) ||
      (nak_due_after_noise() && now >= last_received_ + timing_.inter_character)) {
    look_for_echo();
    if (damage_ || ack_heard_) {
      refuse(now);
    }
    return true;
  }
  if (now >= phase_deadline_ && once_ && acknowledged_) {
    finish(diagnose());
    return true;
  }
  if (now >= phase_deadline_) {
    repeat_or_fail(now);
    return true;
  }
  return false;
}

// Asks for the packet again.
void Link::refuse(Instant now) {
  damage_ = false;
  noise_before_ = scanner_.noise();
  if (refusals_left_ == 0) {
    finish(diagnose());
    return;
  }
  --refusals_left_;
  refused_ = true;
  ++counters_.retries;
  transmit_control(nak_byte, now);
  phase_deadline_ = std::max(phase_deadline_, line_free_ + timing_.response_timeout);
}

void Link::repeat_or_fail(Instant at) {
  look_for_echo();
  if (attempts_left_ == 0) {
    finish(diagnose());
    return;
  }
  wait_to_send(at);
}

Instant Link::send_due() const {
  Instant due = std::max(
      {send_not_before_, last_received_ + timing_.turn_around, line_free_ + timing_.request_gap});
  if (scanner_.in_packet()) {  // half duplex: not over a packet that is coming in
    due = std::max(due, last_received_ + timing_.inter_character);
  }
  // Unless what comes in never ends.
  return std::min(due, std::max(send_by_, line_free_ + timing_.request_gap));
}

void Link::transmit_request(Instant now) {
  --attempts_left_;
  repeated_ = std::exchange(transmitted_, true);
  if (repeated_ && !std::exchange(first_, false)) {
    ++counters_.retries;
  }
  ack_heard_ = damage_ = refused_ = false;
  nak_at_.reset();
  noise_before_ = scanner_.noise();
  echo_.transmitted(request_.bytes, noise_before_);
  crc_errors_at_transmit_ = counters_.crc_errors;
  outgoing_.push_back(request_);
  line_free_ = now + timing_.air_time(request_.bytes.size());
  phase_ = Phase::awaiting_ack;
  phase_deadline_ = line_free_ + ack_timeout_;
}

void Link::transmit_control(std::uint8_t byte, Instant now) {
  outgoing_.push_back({{byte}, false});
  line_free_ = now + timing_.air_time(1);
}

LinkFailure Link::diagnose() const {
  if (!heard_) {
    return LinkFailure::silent;
  }
  if (acknowledged_ && (answered_ || scanner_.noise() == noise_at_send_)) {
    return LinkFailure::no_response;  // an ACK between noise is part of it
  }
  return echoed_ ? LinkFailure::echo : LinkFailure::garbled;
}

void Link::finish(Outcome outcome) {
  if (request_.secret) {
    wipe(request_.bytes.data(), request_.bytes.size());
    echo_.wipe_bytes();
  }
  phase_ = Phase::idle;
  nak_at_.reset();
  in_message_ = false;
  outcome_ = std::move(outcome);
}

}  // namespace irmeter
