#include "tools/ir-meter-sim/meter_link.hpp"

#include <algorithm>

namespace irmetersim {

void MeterLink::receive(ByteView bytes, Instant now) {
  scanner_.push(bytes);
  timers_.set(Timer::gap, now + settings_.character_timeout);
  if (timers_.running(Timer::nak)) {
    timers_.set(Timer::nak, now + settings_.nak_quiet);
  }
}

std::optional<Bytes> MeterLink::next_request(Instant now) {
  while (auto item = scanner_.next()) {
    if (std::holds_alternative<irmeter::ReceivedDamage>(*item)) {
      timers_.set(Timer::nak, now + settings_.nak_quiet);
      continue;
    }
    traffic(now);
    if (std::holds_alternative<irmeter::ReceivedAck>(*item)) {
      acknowledged(now);
      continue;
    }
    if (std::holds_alternative<irmeter::ReceivedNak>(*item)) {
      if (timers_.running(Timer::repeat)) {
        repeat(now);
      }
      continue;
    }
    auto& [packet, raw] = std::get<irmeter::ReceivedPacket>(*item);
    if (packet.multi) {
      continue;  // no request of a reader is that long
    }
    timers_.stop(Timer::nak);
    timers_.set(Timer::ack, now + settings_.turn_around);
    if (raw == last_request_) {
      continue;
    }
    last_request_ = std::move(raw);
    request_toggle_ = packet.toggle;
    return std::move(packet.payload);
  }
  if (!scanner_.in_packet()) {
    timers_.stop(Timer::gap);
  }
  return std::nullopt;
}

void MeterLink::respond(ByteView payload, std::size_t packet_size, Instant now) {
  const std::size_t room = packet_size - irmeter::packet_overhead;
  const std::size_t count = (payload.size() + room - 1) / room;
  response_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView part = payload.subspan(i * room, std::min(room, payload.size() - i * room));
    irmeter::Packet packet;
    packet.toggle = next_toggle(i == 0);
    packet.multi = count > 1;
    packet.first = packet.multi && i == 0;
    packet.sequence = static_cast<std::uint8_t>(count - 1 - i);
    packet.payload.assign(part.begin(), part.end());
    response_.push_back(irmeter::encode(packet));
  }
  current_ = 0;
  repeated_ = 0;
  timers_.stop(Timer::repeat);
  timers_.set(Timer::send, now + settings_.turn_around + line_time(1) + settings_.think_time);
}

bool MeterLink::next_toggle(bool first) {
  switch (toggle_rule_) {
    case ToggleRule::zero:
      return false;
    case ToggleRule::one:
      return true;
    case ToggleRule::copied:
      toggle_ = first ? request_toggle_ : toggle_;
      break;
    case ToggleRule::own:
    case ToggleRule::own_from_one:
      break;
  }
  return std::exchange(toggle_, !toggle_);
}

void MeterLink::ignore() {
  timers_.stop(Timer::ack);
  last_request_.clear();
}

void MeterLink::timeout(Instant now) {
  if (timers_.expired(Timer::gap, now)) {
    scanner_.gap();
  }
  if (timers_.expired(Timer::nak, now)) {
    emit(Bytes{irmeter::nak_byte}, now);
  }
  if (timers_.expired(Timer::ack, now)) {
    emit(Bytes{irmeter::ack_byte}, now);
  }
  if (timers_.expired(Timer::send, now)) {
    emit(response_[current_], now);
    timers_.set(Timer::repeat, line_free_ + settings_.response_timeout);
    traffic(line_free_);
  }
  if (timers_.expired(Timer::repeat, now)) {
    repeat(now);
  }
  if (timers_.expired(Timer::traffic, now)) {
    give_up();
  }
}

void MeterLink::set_line_free(Instant at) {
  if (at <= line_free_) {
    return;
  }
  line_free_ = at;
  if (timers_.running(Timer::repeat)) {
    timers_.set(Timer::repeat, at + settings_.response_timeout);
    traffic(at);
  }
}

void MeterLink::restart() {
  toggle_ = toggle_rule_ == ToggleRule::own_from_one;
  last_request_.clear();
}

void MeterLink::reset() {
  scanner_.clear();
  timers_.stop(Timer::gap);
  give_up();
}

void MeterLink::set_toggle_rule(ToggleRule rule) {
  if (rule != toggle_rule_) {
    toggle_rule_ = rule;
    toggle_ = rule == ToggleRule::own_from_one;
  }
}

Duration MeterLink::line_time(std::size_t bytes) const {
  constexpr std::size_t bits_per_byte = 10;
  constexpr std::size_t per_second = std::chrono::microseconds(std::chrono::seconds(1)).count();
  return Duration(settings_.baud == 0 ? 0 : bytes * bits_per_byte * per_second / settings_.baud);
}

// An ACK counts only while a packet waits for one.
void MeterLink::acknowledged(Instant now) {
  if (!timers_.running(Timer::repeat)) {
    return;
  }
  timers_.stop(Timer::repeat);
  repeated_ = 0;
  if (++current_ < response_.size()) {
    timers_.set(Timer::send, now + settings_.turn_around);
  }
}

void MeterLink::repeat(Instant now) {
  timers_.stop(Timer::repeat);
  if (repeated_ == settings_.repetitions) {
    give_up();
    return;
  }
  ++repeated_;
  timers_.set(Timer::send, now + settings_.turn_around);
}

void MeterLink::give_up() {
  lost_ = true;
  for (const Timer timer : {Timer::nak, Timer::ack, Timer::send, Timer::repeat, Timer::traffic}) {
    timers_.stop(timer);
  }
  restart();
}

void MeterLink::emit(Bytes piece, Instant now) {
  line_free_ = std::max(line_free_, now) + line_time(piece.size());
  out_.push_back(std::move(piece));
}

}  // namespace irmetersim
