// The meter's end of the C12.18 data link: acknowledges and answers, and insists until it is heard.
//
// Unless told otherwise it has a toggle of its own, which alternates from packet to packet and
// copies nothing from the requests, as real meters do. A request that arrives twice is acknowledged
// and not carried out again; a new request also acknowledges the response before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lib/link/scanner.hpp"
#include "lib/time.hpp"
#include "lib/timers.hpp"

namespace irmetersim {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Duration;
using irmeter::Instant;

struct LinkSettings {
  // Bits per second, ten to the byte: how long what is sent occupies the line. 0 = no time at all.
  unsigned baud = 9600;
  Duration turn_around{175};             // from the last byte received to the first one sent
  Duration think_time{0};                // from the end of the ACK to the response
  Duration character_timeout{500'000};   // a pause this long ends a packet that has begun
  Duration nak_quiet{10'000};            // a NAK waits for the line to be quiet this long
  Duration response_timeout{2'000'000};  // for the client's ACK, then the packet is repeated
  unsigned repetitions = 3;
  Duration traffic_timeout{6'000'000};  // without any traffic: back to the base state
};

// The toggles of responses: alternating from 0 or from 1 on, that of the request (and alternating
// from there in a response of several packets), or always the same.
enum class ToggleRule : std::uint8_t { own, own_from_one, copied, zero, one };

class MeterLink {
 public:
  explicit MeterLink(const LinkSettings& settings) : settings_(settings) {}

  // Bytes from the client; the last of them ended at `now`.
  void receive(ByteView bytes, Instant now);

  // The payload of the next new request, if there is one. Call until there is none after every
  // receive() and timeout().
  [[nodiscard]] std::optional<Bytes> next_request(Instant now);

  // Answers the request just taken, in as many packets of the given size as it needs.
  void respond(ByteView payload, std::size_t packet_size, Instant now);
  // Neither acknowledges nor records the request just taken.
  void ignore();

  // To be called at deadline().
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return timers_.next(); }

  // What goes on the line now: packets, ACKs and NAKs.
  [[nodiscard]] std::vector<Bytes> transmit() { return std::exchange(out_, {}); }
  // It takes until then for all of that to leave.
  void set_line_free(Instant at);

  // True once after the client has been silent for too long, or deaf for too many repetitions.
  [[nodiscard]] bool take_lost() { return std::exchange(lost_, false); }

  // The base state was entered: the toggle starts anew, and the last request is forgotten.
  // A response on its way still arrives.
  void restart();
  // Forgets everything, as when the power comes back.
  void reset();

  void set_toggle_rule(ToggleRule rule);
  void set_max_packet_size(std::size_t size) { scanner_.set_max_packet_size(size); }

 private:
  [[nodiscard]] Duration line_time(std::size_t bytes) const;
  void traffic(Instant now) { timers_.set(Timer::traffic, now + settings_.traffic_timeout); }
  void acknowledged(Instant now);
  void repeat(Instant now);
  void give_up();
  void emit(Bytes piece, Instant now);
  [[nodiscard]] bool next_toggle(bool first);

  LinkSettings settings_;
  irmeter::PacketScanner scanner_;
  Bytes last_request_;  // the whole packet; empty: whatever comes is new
  ToggleRule toggle_rule_ = ToggleRule::own;
  bool toggle_ = false;          // of the next packet, where it is our own
  bool request_toggle_ = false;  // of the request just taken
  bool lost_ = false;
  std::vector<Bytes> out_;
  Instant line_free_{};  // when everything emitted so far has left

  std::vector<Bytes> response_;  // packets of the response in hand
  std::size_t current_ = 0;      // the one that is to be sent or acknowledged
  unsigned repeated_ = 0;

  enum class Timer : std::uint8_t { gap, nak, ack, send, repeat, traffic, count };
  irmeter::Timers<Timer> timers_;
};

}  // namespace irmetersim
