// What the data link makes of the bytes that come in: the second half of link.cpp.

#include <algorithm>
#include <utility>

#include "lib/link/link.hpp"

namespace irmeter {

void Link::take_items(Instant now) {
  while (auto item = scanner_.next()) {
    if (std::holds_alternative<ReceivedPacket>(*item)) {
      on_packet(std::get<ReceivedPacket>(*item), now);
    } else if (std::holds_alternative<ReceivedNak>(*item)) {
      on_nak(now);
    } else if (std::holds_alternative<ReceivedDamage>(*item)) {
      on_damage();
    } else {
      on_ack(now);
    }
  }
}

void Link::on_ack(Instant now) {
  if (!awaiting() || ack_heard_) {
    return;
  }
  phase_ = Phase::awaiting_response;
  // Before our request has left, or out of what may be its damaged echo, the byte can be our own: a
  // packet may follow, but the meter is not known to have taken the request.
  const bool late_echo = echo_.hears_itself() && now < line_free_;
  const bool damaged_echo = echo_.in_doubt(scanner_.noise()) &&
                            std::ranges::find(request_.bytes, ack_byte) != request_.bytes.end();
  if (late_echo || damaged_echo) {
    return;
  }
  look_for_echo();
  acknowledged_ = ack_heard_ = true;
  damage_ = false;  // it came before the answer
  noise_before_ = scanner_.noise();
  phase_deadline_ = now + timing_.response_timeout;
}

// What was damaged before the meter answered may be our own request, and is then nobody's fault.
void Link::look_for_echo() {
  if (transmitted_ && !ack_heard_ && echo_.damaged_echo(request_.bytes, scanner_.noise())) {
    ++counters_.echoes;
    counters_.crc_errors = crc_errors_at_transmit_;
    echoed_ = true;
    damage_ = false;
  }
}

void Link::on_packet(const ReceivedPacket& received, Instant now) {
  if (received.raw == request_.bytes) {
    counters_.echoes += echo_.clean_echo() ? 1U : 0U;
    echoed_ = true;
    return;
  }
  const bool begins_message = received.packet.first || !received.packet.multi;
  if (begins_message && received.packet.payload[0] > last_response_code) {
    return;  // a request, ours that came back as light or somebody else's
  }
  look_for_echo();
  damage_ = refused_ = false;
  ack_due_ = now + timing_.turn_around;
  if (phase_ != Phase::idle && transmitted_ && !is_repetition(received)) {
    on_response_packet(received, now);
  }
}

// A packet that was accepted before and comes again because our ACK was lost. Only the first packet
// of an acknowledged request may look like that and be new, and only from a meter that does not
// change its toggle from packet to packet.
bool Link::is_repetition(const ReceivedPacket& received) const {
  return received.raw == last_accepted_ &&
         (phase_ != Phase::awaiting_response || in_message_ || alternates_);
}

void Link::on_response_packet(const ReceivedPacket& received, Instant now) {
  const Packet& packet = received.packet;
  if (!last_accepted_.empty() && packet.toggle == last_toggle_) {
    alternates_ = false;
  }
  last_accepted_ = received.raw;
  last_toggle_ = packet.toggle;
  phase_ = Phase::awaiting_response;
  acknowledged_ = ack_heard_ = answered_ = true;

  if (packet.first || !packet.multi) {
    message_.clear();
  } else if (!in_message_ || packet.sequence != expected_sequence_) {
    finish(LinkFailure::out_of_step);
    return;
  }
  message_.insert(message_.end(), packet.payload.begin(), packet.payload.end());
  in_message_ = packet.multi;
  if (packet.multi && packet.sequence >= limits_.packet_count) {
    finish(LinkFailure::out_of_step);
  } else if (packet.multi && packet.sequence != 0) {
    expected_sequence_ = static_cast<std::uint8_t>(packet.sequence - 1);
    noise_before_ = scanner_.noise();
    phase_deadline_ = now + timing_.response_timeout;
  } else {
    finish(std::move(message_));
  }
}

void Link::on_nak(Instant now) {
  // What follows a NAK of ours is its echo: a meter answers with the packet.
  if (awaiting() && !in_message_ && !refused_ && !(once_ && acknowledged_)) {
    nak_at_ = now + timing_.pause_after_nak;
  }
}

void Link::on_damage() {
  ++counters_.crc_errors;
  damage_ = awaiting();
}

// Bytes arrived where a response was due, and no packet began: its first byte may have been lost.
bool Link::nak_due_after_noise() const {
  return phase_ == Phase::awaiting_response && ack_heard_ && scanner_.noise() != noise_before_;
}

}  // namespace irmeter
