// The reader's end of the C12.18 data link: one request out, one response in.
//
// Takes care of the toggle, acknowledgements, repetition, duplicates, messages of several packets
// and every timer below the session. Sans I/O: after each input take outgoing() until it is empty,
// then outcome(), and call timeout() when deadline() has come.
// Source: ANSI C12.18-2006, data link layer.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "lib/fault.hpp"
#include "lib/link/echo.hpp"
#include "lib/link/scanner.hpp"
#include "lib/queue.hpp"
#include "lib/timers.hpp"

namespace irmeter {

struct LinkTiming {
  unsigned baud = 9600;  // 10 bits per byte
  // From the last byte received to the first one sent; the standard's minimum.
  Duration turn_around = std::chrono::microseconds(175);
  // From the end of our ACK to the next request; a character's time, for meters that handle one
  // byte after the other.
  Duration request_gap = std::chrono::milliseconds(1);
  Duration ack_timeout = std::chrono::seconds(2);
  // From the meter's ACK to its packet. Longer than the 2 s after which a meter repeats by itself.
  Duration response_timeout = std::chrono::seconds(3);
  Duration inter_character = std::chrono::milliseconds(500);
  // Silence after a damaged packet before it is refused.
  Duration quiet_before_nak = std::chrono::milliseconds(50);
  // From the meter's NAK to the repetition. A byte that comes in before shows that it was no NAK:
  // nothing follows one.
  Duration pause_after_nak = std::chrono::milliseconds(20);
  // How long a request waits for the end of what is coming in; the longest packet with nearly the
  // inter-character time-out between its bytes.
  Duration longest_wait = std::chrono::seconds(30);
  unsigned attempts = 4;  // the first one included

  // How long this many bytes take on the line.
  [[nodiscard]] Duration air_time(std::size_t bytes) const {
    return Duration(static_cast<std::int64_t>(std::uint64_t{bytes} * 10 * 1'000'000 / baud));
  }
};

struct LinkCounters {
  std::uint64_t retries = 0;     // requests sent again, and packets refused with NAK
  std::uint64_t crc_errors = 0;  // damaged packets
  std::uint64_t echoes = 0;      // requests of ours that came back as light, damaged or not
  std::uint64_t noise = 0;       // bytes that belonged to nothing
};

class Link {
 public:
  explicit Link(const LinkTiming& timing = {}) : timing_(timing) {}

  // What differs from one request to another.
  struct Options {
    bool secret = false;  // not to be shown to anyone, nor repeated once the meter has it
    // Repeated only where the meter says with NAK that it came in damaged: where nothing comes back
    // it may have been seen.
    bool once = false;
    // After an idle time. A meter with one UART for two ports loses the packet that wakes it up, so
    // that its first repetition is no error.
    bool first = false;
    std::size_t response = 1;             // bytes of the message that answers it, at least
    std::optional<Duration> ack_timeout;  // instead of the standard's
    std::optional<unsigned> attempts;
  };
  void send(ByteView payload, Instant now, const Options& options);
  // The request that is sent next asks the same question once more.
  void count_retry() { ++counters_.retries; }

  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return timers_.next(); }

  struct Outgoing {
    Bytes bytes;
    bool secret = false;
  };
  [[nodiscard]] std::optional<Outgoing> outgoing() { return outgoing_.pop(); }

  // A response, or what all attempts came to: silent (not a byte), echo (nothing but our own
  // packets), garbled (bytes, but no valid packet), damaged (the request was acknowledged, and what
  // followed came in damaged), no_response (it was acknowledged, but no complete response
  // followed), unexpected (the packets of a response do not belong together).
  using Outcome = std::variant<Bytes, Fault>;
  // What has come of send(), once.
  [[nodiscard]] std::optional<Outcome> outcome() { return std::exchange(outcome_, std::nullopt); }

  // What the request under way would come to, were it given up now: overdue, where nothing is wrong
  // but the time it takes.
  [[nodiscard]] Fault so_far(Instant now) const;

  // A request is under way.
  [[nodiscard]] bool busy() const { return !std::holds_alternative<Idle>(state_); }
  // The latest request was sent more than once: an answer may be to any of them.
  [[nodiscard]] bool repeated() const { return request_.transmissions > 1; }
  // The last packet received still waits for its ACK.
  [[nodiscard]] bool owes_ack() const { return timers_.running(Timer::ack); }

  // Base state: default packet size, nothing remembered of the meter. The next request is the
  // first of a session. Its toggle is 0 after a session that ended in order; after any other it
  // goes on alternating, so that the meter cannot take a new request for an old one.
  void new_session(bool previous_ended_in_order);
  void set_limits(const Negotiated& limits);
  // Gives up on the request and forgets what was to be sent. What is coming in still comes in.
  void give_up();
  // The same, and forgets what has come in.
  void abort();

  [[nodiscard]] const LinkCounters& counters() const { return counters_; }
  // Bytes that are still to come before there is anything new: those that the packet being received
  // lacks, or the whole of the one that follows the meter's ACK or ours. 0 where that is not known.
  [[nodiscard]] std::size_t missing() const;

 private:
  struct Idle {};
  struct WaitingToSend {
    Instant not_before;
    Instant at_latest;  // whatever is on the line
  };
  struct AwaitingAck {
    bool maybe_acknowledged = false;  // by a byte that can be out of our own echo
  };
  struct AwaitingResponse {};
  using State = std::variant<Idle, WaitingToSend, AwaitingAck, AwaitingResponse>;

  // What has come back since the request was given to send().
  struct Sign {
    enum : std::size_t {
      byte,
      echo,
      ack,
      clean_ack,  // the first that came back of a transmission
      damage,     // of a packet behind an ACK
      packet,
      count
    };
  };

  // The latest transmission of the request.
  struct Attempt {
    bool acknowledged = false;
    bool damaged = false;          // a damaged packet waits for its NAK
    bool refused = false;          // by us, and nothing has come since
    std::uint64_t noise = 0;       // the scanner's count when it began, was acknowledged or refused
    std::uint64_t crc_errors = 0;  // when it began
  };

  struct Request {
    Outgoing packet;
    bool once = false;
    bool first = false;
    std::size_t response = 0;  // bytes of the message that answers it, at least
    Duration ack_timeout{};
    unsigned attempts_left = 0;
    unsigned refusals_left = 0;
    unsigned transmissions = 0;
    std::uint64_t noise = 0;  // the scanner's count when it was given to send()
    std::bitset<Sign::count> evidence;
    Attempt attempt;
  };

  // What the meter sends, packet by packet. Those of this session are known well enough to tell one
  // that comes again, because our ACK was lost, from a new one.
  struct Response {
    Bytes message;
    std::optional<std::uint8_t> next_sequence;  // of several packets, not all of which have come
    Bytes last_accepted;                        // the whole packet
    bool alternates = true;                     // every new packet so far had the other toggle
  };

  enum class Timer : std::uint8_t {
    ack,     // of ours, to the packet just received
    gap,     // within the packet that is coming in
    send,    // the request
    nak,     // what looks like the meter's is taken for one
    refuse,  // what is damaged
    answer,  // ACK or packet of the meter
    count,
  };

  bool step(Instant now);
  void watch_line();
  void take_items(Instant now);
  void on_ack(Instant now);
  void on_packet(const ReceivedPacket& received, Instant now);
  void on_response_packet(const ReceivedPacket& received, Instant now);
  void on_nak(Instant now);
  void transmit_request(Instant now);
  void transmit_control(std::uint8_t byte, Instant now);
  void wait_to_send(Instant from);
  void repeat_or_fail(Instant at);
  void refuse(Instant now);
  void finish(Outcome outcome);
  void wipe_secret();
  void look_for_echo();
  [[nodiscard]] bool may_be_our_own(std::uint8_t byte) const;
  void await_answer(Instant from) { timers_.set(Timer::answer, from + timing_.response_timeout); }
  [[nodiscard]] Fault diagnose() const;
  [[nodiscard]] Instant send_due(const WaitingToSend& waiting) const;
  [[nodiscard]] bool awaiting() const {
    return std::holds_alternative<AwaitingAck>(state_) ||
           std::holds_alternative<AwaitingResponse>(state_);
  }

  LinkTiming timing_;
  Negotiated limits_;
  bool toggle_ = false;  // of the next request
  State state_;
  Request request_;    // under way, or the latest
  Response response_;  // to it
  Timers<Timer> timers_;
  PacketScanner scanner_;
  EchoWatch echo_;
  Queue<Outgoing> outgoing_;
  std::optional<Outcome> outcome_;
  LinkCounters counters_;
  Instant last_received_{};
  Instant line_free_{};  // when what we sent has left
};

}  // namespace irmeter
