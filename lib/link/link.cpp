#include "lib/link/link.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

void Link::send(ByteView payload, Instant now, const Options& options) {
  Packet packet;
  packet.toggle = std::exchange(toggle_, !toggle_);
  packet.payload.assign(payload.begin(), payload.end());
  wipe_secret();
  request_ = {.packet = {encode(packet), options.secret},
              .once = options.once,
              .first = options.first,
              .response = options.response,
              .ack_timeout = options.ack_timeout.value_or(timing_.ack_timeout),
              .attempts_left = options.attempts.value_or(timing_.attempts),
              .refusals_left = timing_.attempts - 1,
              .transmissions = 0,
              .noise = scanner_.noise(),
              .evidence = {},
              .attempt = {.noise = scanner_.noise()}};
  packet.payload.wipe();
  response_.message.clear();
  response_.next_sequence.reset();
  outcome_.reset();
  wait_to_send(now);
  watch_line();
  timeout(now);
}

void Link::receive(ByteView bytes, Instant now) {
  if (bytes.empty()) {
    return;
  }
  last_received_ = now;
  request_.evidence.set(Sign::byte);
  timers_.stop(Timer::nak);
  if (!request_.evidence.test(Sign::packet)) {
    echo_.received(bytes);
  }
  scanner_.push(bytes);
  take_items(now);
  counters_.noise = scanner_.noise();
  watch_line();
  timeout(now);
}

void Link::timeout(Instant now) {
  while (step(now)) {
    watch_line();
  }
}

void Link::new_session(bool previous_ended_in_order) {
  if (previous_ended_in_order) {
    toggle_ = false;
  }
  set_limits({});
  response_ = {};
  echo_.new_session();
}

void Link::set_limits(const Negotiated& limits) {
  limits_ = limits;
  scanner_.set_max_packet_size(limits.packet_size);
}

std::size_t Link::missing() const {
  if (!std::holds_alternative<AwaitingResponse>(state_) || owes_ack()) {
    return scanner_.missing();
  }
  const std::size_t left =
      request_.response - std::min(request_.response, response_.message.size());
  return scanner_.missing(std::clamp<std::size_t>(left, 1, limits_.packet_size - packet_overhead) +
                          packet_overhead);
}

void Link::give_up() {
  state_ = Idle{};
  wipe_secret();
  while (auto unsent = outgoing_.pop()) {
    unsent->bytes.wipe();
  }
  outcome_.reset();
  for (const Timer timer : {Timer::send, Timer::nak, Timer::refuse, Timer::answer}) {
    timers_.stop(timer);
  }
}

void Link::abort() {
  give_up();
  scanner_.clear();
  timers_.stop_all();
}

// Does one thing that is due; true if there may be more.
bool Link::step(Instant now) {
  if (timers_.expired(Timer::ack, now)) {
    transmit_control(ack_byte, now);
  } else if (timers_.expired(Timer::gap, now)) {
    scanner_.gap();
    take_items(now);
  } else if (timers_.expired(Timer::send, now)) {
    transmit_request(now);
  } else if (timers_.expired(Timer::nak, now)) {
    repeat_or_fail(now);
  } else if (timers_.expired(Timer::refuse, now)) {
    look_for_echo();
    if (request_.attempt.damaged || request_.attempt.acknowledged) {
      refuse(now);
    }
  } else if (timers_.expired(Timer::answer, now)) {
    if (request_.once || (request_.packet.secret && request_.evidence.test(Sign::ack))) {
      finish(diagnose());
    } else {
      repeat_or_fail(now);
    }
  } else {
    return false;
  }
  return true;
}

// Sets the timers that depend on how long the line has been quiet.
void Link::watch_line() {
  const auto at_if = [](bool condition, Instant at) {
    return condition ? std::optional(at) : std::nullopt;
  };
  timers_.set(Timer::gap, at_if(scanner_.in_packet(), last_received_ + timing_.inter_character));
  // Bytes arrived where a response was due, and no packet began: its first byte may have been lost.
  const bool lost_beginning = std::holds_alternative<AwaitingResponse>(state_) &&
                              scanner_.noise() != request_.attempt.noise;
  const bool damaged = awaiting() && request_.attempt.damaged;
  timers_.set(Timer::refuse, at_if(damaged || lost_beginning,
                                   last_received_ + (damaged ? timing_.quiet_before_nak
                                                             : timing_.inter_character)));
  const auto* waiting = std::get_if<WaitingToSend>(&state_);
  timers_.set(Timer::send,
              waiting != nullptr && !owes_ack() ? std::optional(send_due(*waiting)) : std::nullopt);
}

Instant Link::send_due(const WaitingToSend& waiting) const {
  Instant due = std::max(
      {waiting.not_before, last_received_ + timing_.turn_around, line_free_ + timing_.request_gap});
  if (scanner_.in_packet()) {  // half duplex: not over a packet that is coming in
    due = std::max(due, last_received_ + timing_.inter_character);
  }
  // Unless what comes in never ends.
  return std::min(due, std::max(waiting.at_latest, line_free_ + timing_.request_gap));
}

void Link::take_items(Instant now) {
  while (auto item = scanner_.next()) {
    if (const auto* packet = std::get_if<ReceivedPacket>(&*item)) {
      on_packet(*packet, now);
    } else if (std::holds_alternative<ReceivedNak>(*item)) {
      on_nak(now);
    } else if (std::holds_alternative<ReceivedDamage>(*item)) {
      ++counters_.crc_errors;
      request_.attempt.damaged = awaiting();
      if (std::holds_alternative<AwaitingResponse>(state_)) {
        request_.evidence.set(Sign::damage);
      }
    } else {
      on_ack(now);
    }
  }
}

void Link::on_ack(Instant now) {
  auto* const awaiting_ack = std::get_if<AwaitingAck>(&state_);
  if (awaiting_ack == nullptr) {
    return;
  }
  // Before our request has left, or out of what may be its damaged echo, the byte can be our own: a
  // packet may follow, but the meter is not known to have taken the request.
  const bool late_echo = echo_.hears_itself() && now < line_free_;
  if (late_echo || may_be_our_own(ack_byte)) {
    awaiting_ack->maybe_acknowledged = true;
    return;
  }
  look_for_echo();
  state_ = AwaitingResponse{};
  request_.evidence.set(Sign::ack);
  if (scanner_.noise() == request_.attempt.noise) {
    request_.evidence.set(Sign::clean_ack);
  }
  request_.attempt.acknowledged = true;
  request_.attempt.damaged = false;  // it came before the answer
  request_.attempt.noise = scanner_.noise();
  await_answer(now);
}

void Link::on_packet(const ReceivedPacket& received, Instant now) {
  if (received.raw == request_.packet.bytes) {
    counters_.echoes += echo_.clean_echo() ? 1U : 0U;
    request_.evidence.set(Sign::echo);
    return;
  }
  if (received.packet.begins_message() && received.packet.payload[0] > last_response_code) {
    return;  // a request, ours that came back as light or somebody else's
  }
  look_for_echo();
  request_.attempt.damaged = request_.attempt.refused = false;
  timers_.set(Timer::ack, now + timing_.turn_around);
  const auto* const awaiting_ack = std::get_if<AwaitingAck>(&state_);
  const bool acknowledged = std::holds_alternative<AwaitingResponse>(state_) ||
                            (awaiting_ack != nullptr && awaiting_ack->maybe_acknowledged);
  // Only the first packet of an acknowledged request may look like the one before and be new, and
  // only from a meter that does not change its toggle from packet to packet.
  const bool repetition =
      received.raw == response_.last_accepted &&
      (!acknowledged || response_.next_sequence.has_value() || response_.alternates);
  if (busy() && request_.transmissions > 0 && !repetition) {
    on_response_packet(received, now);
  }
}

void Link::on_response_packet(const ReceivedPacket& received, Instant now) {
  state_ = AwaitingResponse{};
  request_.attempt.acknowledged = true;
  request_.evidence.set(Sign::ack);
  request_.evidence.set(Sign::packet);
  auto& [message, next_sequence, last_accepted, alternates] = response_;
  const Packet& packet = received.packet;
  const bool last_toggle = !last_accepted.empty() && (last_accepted[2] & control::toggle) != 0;
  alternates = alternates && (last_accepted.empty() || packet.toggle != last_toggle);
  last_accepted = received.raw;
  const auto expected = std::exchange(next_sequence, std::nullopt);
  if (packet.begins_message()) {
    message.clear();
  }
  message.insert(message.end(), packet.payload.begin(), packet.payload.end());
  const bool in_step = packet.begins_message() || expected == packet.sequence;
  if (!in_step || (packet.multi && packet.sequence >= limits_.packet_count)) {
    finish(Fault::unexpected);
  } else if (packet.multi && packet.sequence != 0) {
    next_sequence = static_cast<std::uint8_t>(packet.sequence - 1);
    request_.attempt.noise = scanner_.noise();
    await_answer(now);
  } else {
    finish(std::move(message));
  }
}

void Link::on_nak(Instant now) {
  // What follows a NAK of ours is its echo: a meter answers with the packet.
  const bool done =
      request_.packet.secret && (request_.evidence.test(Sign::ack) || may_be_our_own(nak_byte));
  if (awaiting() && !response_.next_sequence && !request_.attempt.refused && !done) {
    timers_.set(Timer::nak, now + timing_.pause_after_nak);
  }
}

// A byte out of what may be the damaged echo of the request.
bool Link::may_be_our_own(std::uint8_t byte) const {
  return echo_.in_doubt(scanner_.noise()) &&
         std::ranges::find(request_.packet.bytes, byte) != request_.packet.bytes.end();
}

// What was damaged before the meter answered may be our own request, and is then nobody's fault.
void Link::look_for_echo() {
  if (request_.transmissions > 0 && !request_.attempt.acknowledged &&
      echo_.damaged_echo(request_.packet.bytes, scanner_.noise())) {
    ++counters_.echoes;
    counters_.crc_errors = request_.attempt.crc_errors;
    request_.evidence.set(Sign::echo);
    request_.attempt.damaged = false;
  }
}

void Link::wait_to_send(Instant from) {
  state_ = WaitingToSend{from, from + timing_.longest_wait};
  timers_.stop(Timer::nak);
  timers_.stop(Timer::answer);
}

void Link::transmit_request(Instant now) {
  --request_.attempts_left;
  ++request_.transmissions;
  if (request_.transmissions > (request_.first ? 2U : 1U)) {
    ++counters_.retries;
  }
  request_.attempt = {.noise = scanner_.noise(), .crc_errors = counters_.crc_errors};
  echo_.transmitted(request_.packet.bytes, scanner_.noise());
  outgoing_.push(request_.packet);
  line_free_ = now + timing_.air_time(request_.packet.bytes.size());
  state_ = AwaitingAck{};
  timers_.set(Timer::answer, line_free_ + request_.ack_timeout);
}

void Link::transmit_control(std::uint8_t byte, Instant now) {
  outgoing_.push(Outgoing{{byte}, false});
  line_free_ = now + timing_.air_time(1);
}

void Link::repeat_or_fail(Instant at) {
  look_for_echo();
  if (request_.attempts_left == 0) {
    finish(diagnose());
  } else {
    wait_to_send(at);
  }
}

// Asks for the packet again.
void Link::refuse(Instant now) {
  request_.attempt.damaged = false;
  request_.attempt.noise = scanner_.noise();
  if (request_.refusals_left == 0) {
    finish(diagnose());
    return;
  }
  --request_.refusals_left;
  request_.attempt.refused = true;
  ++counters_.retries;
  transmit_control(nak_byte, now);
  // Later than it was due, if anything: what comes in cannot put it off beyond the refusals.
  timers_.put_off(Timer::answer, line_free_ + timing_.response_timeout);
}

Fault Link::diagnose() const {
  const auto& evidence = request_.evidence;
  if (!evidence.test(Sign::byte)) {
    return Fault::silent;
  }
  if (evidence.test(Sign::clean_ack) && evidence.test(Sign::damage)) {
    return Fault::damaged;
  }
  if (evidence.test(Sign::ack) &&
      (evidence.test(Sign::packet) || scanner_.noise() == request_.noise)) {
    return Fault::no_response;  // an ACK between noise is part of it
  }
  return evidence.test(Sign::echo) ? Fault::echo : Fault::garbled;
}

Fault Link::so_far(Instant now) const {
  const bool noise = scanner_.noise() != request_.noise;
  const bool in_vain =
      request_.transmissions > 1 && now - last_received_ >= timing_.inter_character;
  return noise || in_vain ? diagnose() : Fault::overdue;
}

void Link::wipe_secret() {
  if (request_.packet.secret) {
    request_.packet.bytes.wipe();
    echo_.wipe_bytes();
  }
}

void Link::finish(Outcome outcome) {
  wipe_secret();
  state_ = Idle{};
  timers_.stop(Timer::nak);
  timers_.stop(Timer::answer);
  outcome_ = std::move(outcome);
}

}  // namespace irmeter
