// The reader's end of the C12.18 data link: one request out, one response in.
//
// Takes care of the toggle, acknowledgements, repetition, duplicates, messages of several packets
// and every timer below the session. Sans I/O: after each input take outgoing() until it is empty,
// then outcome(), and call timeout() when deadline() has come.
// Source: ANSI C12.18-2006, data link layer.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "lib/link/echo.hpp"
#include "lib/link/packet.hpp"
#include "lib/session/service.hpp"
#include "lib/time.hpp"

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

// What all attempts of one request came to.
enum class LinkFailure : std::uint8_t {
  silent,       // not a byte
  echo,         // nothing but our own packets
  garbled,      // bytes, but no valid packet
  no_response,  // the request was acknowledged, but no complete response followed
  out_of_step,  // the packets of a response do not belong together
};

struct LinkCounters {
  std::uint64_t retries = 0;     // requests sent again, and packets refused with NAK
  std::uint64_t crc_errors = 0;  // damaged packets
  std::uint64_t echoes = 0;      // requests of ours that came back as light, damaged or not
};

class Link {
 public:
  explicit Link(const LinkTiming& timing = {});

  // What differs from one request to another.
  struct Options {
    bool secret = false;  // the payload must not be shown to anyone
    bool once = false;    // not repeated after the meter has acknowledged it
    // After an idle time. A meter with one UART for two ports loses the packet that wakes it up, so
    // that its first repetition is no error.
    bool first = false;
    bool again = false;                   // the same question once more, which counts as a retry
    std::optional<Duration> ack_timeout;  // instead of the standard's
    std::optional<unsigned> attempts;
  };
  void send(ByteView payload, Instant now, const Options& options);
  void send(ByteView payload, Instant now) { send(payload, now, Options{}); }

  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  struct Outgoing {
    Bytes bytes;
    bool secret;
  };
  [[nodiscard]] std::optional<Outgoing> outgoing();

  using Outcome = std::variant<Bytes, LinkFailure>;
  // The response to send(), once.
  [[nodiscard]] std::optional<Outcome> outcome();

  // A request is under way.
  [[nodiscard]] bool busy() const { return phase_ != Phase::idle; }
  // The latest request was sent more than once: an answer may be to any of them.
  [[nodiscard]] bool repeated() const { return repeated_; }
  // The last packet received still waits for its ACK.
  [[nodiscard]] bool owes_ack() const { return ack_due_.has_value(); }

  // Base state: default packet size, nothing remembered of the meter. The next request is the
  // first of a session. Its toggle is 0 after a session that ended in order; after any other it
  // goes on alternating, so that the meter cannot take a new request for an old one.
  void new_session(bool previous_ended_in_order);
  void set_limits(const Negotiated& limits);
  // Gives up on the request and forgets what was to be sent.
  void abort();
  // Nothing of the request has been sent, nor will be: the next one takes its place.
  void take_back();

  [[nodiscard]] const LinkCounters& counters() const { return counters_; }
  // Bytes that the packet being received still lacks, 0 when none is.
  [[nodiscard]] std::size_t missing() const { return scanner_.missing(); }

 private:
  enum class Phase : std::uint8_t { idle, waiting_to_send, awaiting_ack, awaiting_response };

  void take_items(Instant now);
  void on_ack(Instant now);
  void on_packet(const ReceivedPacket& received, Instant now);
  void on_response_packet(const ReceivedPacket& received, Instant now);
  void on_nak(Instant now);
  void on_damage();
  bool step(Instant now);
  void transmit_request(Instant now);
  void transmit_control(std::uint8_t byte, Instant now);
  void wait_to_send(Instant from);
  void repeat_or_fail(Instant at);
  void refuse(Instant now);
  void finish(Outcome outcome);
  void look_for_echo();
  [[nodiscard]] bool is_repetition(const ReceivedPacket& received) const;
  [[nodiscard]] LinkFailure diagnose() const;
  [[nodiscard]] Instant send_due() const;
  [[nodiscard]] bool nak_due_after_noise() const;
  [[nodiscard]] bool awaiting() const {
    return phase_ == Phase::awaiting_ack || phase_ == Phase::awaiting_response;
  }

  LinkTiming timing_;
  PacketScanner scanner_;
  EchoWatch echo_;
  Negotiated limits_;
  Phase phase_ = Phase::idle;
  std::deque<Outgoing> outgoing_;
  std::optional<Outcome> outcome_;
  LinkCounters counters_;

  // The request under way.
  bool toggle_ = false;
  Outgoing request_{};
  Duration ack_timeout_{};
  unsigned attempts_left_ = 0;
  unsigned refusals_left_ = 0;
  bool once_ = false;
  bool first_ = false;
  bool transmitted_ = false;
  bool repeated_ = false;
  bool acknowledged_ = false;       // since send()
  bool ack_heard_ = false;          // since the latest transmission
  bool answered_ = false;           // by a valid packet
  bool heard_ = false;              // any byte since send()
  bool echoed_ = false;             // our own packet since send()
  std::uint64_t noise_before_ = 0;  // the scanner's noise count when the ACK came or we refused
  std::uint64_t noise_at_send_ = 0;
  std::uint64_t crc_errors_at_transmit_ = 0;
  bool damage_ = false;            // a damaged packet waits for its NAK
  bool refused_ = false;           // by us, and nothing has come since
  std::optional<Instant> nak_at_;  // what looks like the meter's NAK is taken for one then

  // The response so far.
  Bytes message_;
  std::uint8_t expected_sequence_ = 0;
  bool in_message_ = false;

  // What is known of the meter in this session.
  Bytes last_accepted_;
  bool last_toggle_ = false;
  bool alternates_ = true;  // every new packet so far had the other toggle

  Instant last_received_{};
  Instant line_free_{};             // when what we sent has left
  std::optional<Instant> ack_due_;  // of the packet just received
  Instant send_not_before_{};
  Instant send_by_{};  // whatever is on the line
  Instant phase_deadline_{};
};

}  // namespace irmeter
