#include "tools/ir-meter-sim/line_faults.hpp"

#include <algorithm>
#include <array>

namespace irmetersim {
namespace {

using namespace std::chrono_literals;

std::uint8_t any_byte(std::mt19937_64& random) {
  return static_cast<std::uint8_t>(random() & 0xFFU);
}

Bytes noise(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  std::ranges::generate(bytes, [&] { return any_byte(random); });
  return bytes;
}

// What a shared UART lets through of the other port's traffic: binary messages that may contain
// anything, also what looks like the start of a packet.
Bytes chatter(std::mt19937_64& random) {
  constexpr std::size_t longest = 24;
  Bytes bytes = noise(random, 1 + static_cast<std::size_t>(random() % longest));
  if (random() % 4 == 0) {
    const Bytes false_start{irmeter::start_of_packet, 0x00, 0x00, 0x00, 0x00, 0x10};
    bytes.insert(bytes.end(), false_start.begin(), false_start.end());
  }
  return bytes;
}

// Changes to one packet, ACK or NAK of the meter. A packet may be shorter than it was already.
using Change = void (*)(Bytes& piece, Faults::Active& fault);
struct Damage {
  FaultKind kind;
  bool to_packets;
  bool to_acks;
  bool to_naks;
  Change change;
};

constexpr std::array<Damage, 10> damages{{
    {FaultKind::ack_lost, false, true, false, [](Bytes& piece, Faults::Active&) { piece.clear(); }},
    {FaultKind::ack_zero, false, true, false,
     [](Bytes& piece, Faults::Active&) { piece.assign(1, 0x00); }},
    {FaultKind::ack_twice, false, true, false,
     [](Bytes& piece, Faults::Active&) { piece.assign(2, irmeter::ack_byte); }},
    {FaultKind::crc, true, false, false,
     [](Bytes& piece, Faults::Active& fault) {
       const std::size_t at =
           irmeter::packet_header_size + fault.below(piece.size() - irmeter::packet_header_size);
       piece[at] = static_cast<std::uint8_t>(piece[at] ^ 1U << fault.below(8));
     }},
    {FaultKind::chatter_inside, true, false, false,
     [](Bytes& piece, Faults::Active& fault) {
       const Bytes inside = noise(fault.random, 1 + fault.below(3));
       const auto at = static_cast<std::ptrdiff_t>(1 + fault.below(piece.size() - 1));
       piece.insert(piece.begin() + at, inside.begin(), inside.end());
     }},
    {FaultKind::truncated, true, false, false,
     [](Bytes& piece, Faults::Active& fault) { piece.resize(1 + fault.below(piece.size() - 1)); }},
    {FaultKind::ee_lost, true, false, false,
     [](Bytes& piece, Faults::Active&) { piece.erase(piece.begin()); }},
    {FaultKind::noise, true, true, true,
     [](Bytes& piece, Faults::Active& fault) { piece = noise(fault.random, piece.size()); }},
    {FaultKind::repeated, true, false, false,
     [](Bytes& piece, Faults::Active&) {
       const Bytes again = piece;
       piece.insert(piece.end(), again.begin(), again.end());
     }},
    {FaultKind::chatter, true, true, true,
     [](Bytes& piece, Faults::Active& fault) {
       const Bytes foreign = chatter(fault.random);
       const bool behind = fault.below(2) == 1;
       piece.insert(behind ? piece.end() : piece.begin(), foreign.begin(), foreign.end());
     }},
}};

}  // namespace

void ClientPosition::push(std::uint8_t byte, Instant now) {
  constexpr Duration character_timeout = 500ms;
  constexpr Duration idle = 1s;
  const bool paused = !previous_ || now - *previous_ >= character_timeout;
  if (last() || paused) {
    index_ = 0;
    after_idle_ = !previous_ || now - *previous_ >= idle;
    size_ = byte == irmeter::start_of_packet ? irmeter::packet_overhead : 1;
  } else {
    ++index_;
    // The length, big-endian.
    if (index_ == 4) {
      size_ += std::size_t{byte} << 8U;
    } else if (index_ == 5) {
      size_ += byte;
    }
  }
  previous_ = now;
}

Bytes LineFaults::hear(ByteView bytes, Instant now) {
  if (deaf_until_ && (faults_.none() || *deaf_until_ <= now)) {
    deaf_until_.reset();
  }
  Bytes heard;
  for (const std::uint8_t byte : bytes) {
    position_.push(byte, now);
    if (position_.first()) {
      begin(now);
    }
    if (Bytes echo = echo_of(byte); !echo.empty()) {
      queue(std::move(echo), Duration::zero(), now);
    }
    if (!lost_ && !deaf_until_) {
      const bool spoil = damaged_ && position_.last();
      heard.push_back(static_cast<std::uint8_t>(spoil ? byte ^ 0xFFU : byte));
    }
  }
  return heard;
}

// Decides what becomes of the packet, ACK or NAK that begins.
void LineFaults::begin(Instant now) {
  echo_ = Echo::none;
  lost_ = faults_.strike(FaultKind::silent, now) != nullptr;
  const auto reflect = [&](FaultKind kind, Echo echo) {
    if (Faults::Active* const fault = faults_.strike(kind, now)) {
      echo_ = echo;
      echo_random_.seed(fault->random());
      return true;
    }
    return false;
  };
  reflect(FaultKind::echo, Echo::clean);
  reflect(FaultKind::echo_damaged, Echo::damaged);
  lost_ = reflect(FaultKind::echo_only, Echo::clean) || lost_;
  lost_ = reflect(FaultKind::echo_only_damaged, Echo::damaged) || lost_;
  damaged_ = false;
  if (!position_.is_packet()) {
    return;
  }
  if (!std::exchange(woken_, false) && position_.after_idle()) {
    const bool unheard = faults_.strike(FaultKind::first_lost, now) != nullptr;
    damaged_ = faults_.strike(FaultKind::first_nak, now) != nullptr;
    lost_ = lost_ || unheard;
    woken_ = unheard || damaged_;
  }
}

Bytes LineFaults::echo_of(std::uint8_t byte) {
  if (echo_ == Echo::none) {
    return {};
  }
  if (echo_ == Echo::clean) {
    return {byte};
  }
  if (position_.first()) {
    return {static_cast<std::uint8_t>(echo_random_() % 2 == 0 ? 0xFF : 0x00)};
  }
  constexpr unsigned one_in = 16;
  switch (echo_random_() % one_in) {
    case 0:
      return {};
    case 1:
      return {any_byte(echo_random_)};
    default:
      return {byte};
  }
}

void LineFaults::send(Bytes piece, Instant now) {
  for (const FaultKind kind :
       {FaultKind::silent, FaultKind::echo_only, FaultKind::echo_only_damaged}) {
    if (faults_.strike(kind, now) != nullptr) {
      return;
    }
  }
  const bool packet = piece.size() > 1;
  const bool ack = !packet && piece[0] == irmeter::ack_byte;
  Faults::Active* const reset = packet ? faults_.strike(FaultKind::reset, now) : nullptr;
  if (reset != nullptr) {
    piece.resize(1 + reset->below(piece.size() - 1));
    reset_ = true;
    deaf_until_ = now + reset->fault.pause;
    queue(std::move(piece), Duration::zero(), now);
    return;
  }
  for (const Damage& damage : damages) {
    if (packet ? damage.to_packets : ack ? damage.to_acks : damage.to_naks) {
      constexpr std::size_t damageable = irmeter::packet_header_size + 1;
      if (packet && piece.size() < damageable) {
        break;
      }
      if (Faults::Active* const fault = faults_.strike(damage.kind, now)) {
        damage.change(piece, *fault);
      }
    }
  }
  const Faults::Active* const slow = packet ? faults_.strike(FaultKind::slow, now) : nullptr;
  queue(std::move(piece), slow == nullptr ? Duration::zero() : slow->fault.pause, now);
}

void LineFaults::queue(Bytes bytes, Duration pause, Instant now) {
  free_at_ = std::max(free_at_, now);
  if (pause == Duration::zero()) {
    leaving_.push_back({std::move(bytes), free_at_});
    return;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    free_at_ += i == 0 ? Duration::zero() : pause;
    leaving_.push_back({{bytes[i]}, free_at_});
  }
}

void LineFaults::timeout(Instant now) {
  for (; !leaving_.empty() && leaving_.front().due <= now; leaving_.pop_front()) {
    const Bytes& bytes = leaving_.front().bytes;
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
}

}  // namespace irmetersim
