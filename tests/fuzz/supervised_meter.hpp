// A Meter in virtual time under supervision: everything it puts out and every deadline it asks for
// is held against what must be true whatever comes over the line. So is the trace of that line,
// which is printed where the environment has FUZZ_TRACE.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/meter/meter.hpp"
#include "lib/trace/trace.hpp"
#include "tests/fuzz/key_watch.hpp"

namespace fuzz {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Duration;
using irmeter::Instant;

class SupervisedMeter {
 public:
  // The key must be one that cannot come over the line by chance.
  SupervisedMeter(const irmeter::MeterOptions& options, const std::optional<irmeter::Key>& key);
  SupervisedMeter(const SupervisedMeter&) = delete;
  SupervisedMeter& operator=(const SupervisedMeter&) = delete;
  ~SupervisedMeter();

  // Inputs as the daemon gives them: bytes only over a line that is there, nothing once stopped.
  void receive(ByteView bytes);
  void line_ready();
  void line_lost();
  void poll_now();
  void retry_key();
  void set_quiet(bool quiet);
  void stop();
  void wake();  // a timeout() before its time
  // The process ends and begins anew, with what was to be remembered of the key.
  void restart();

  // Time passes, and deadlines are met on the way; after so many of them the rest passes at once.
  void wait(Duration time, unsigned most_deadlines);
  // Time passes and nobody looks at deadlines, as in a process that is suspended.
  void sleep(Duration time);
  // Deadlines are met until there is another request, at most so many.
  void wait_for_request(unsigned most_deadlines);

  [[nodiscard]] bool line() const { return line_; }
  [[nodiscard]] bool stopping() const { return stop_by_.has_value(); }
  [[nodiscard]] bool stopped() const { return stopped_; }
  // The payload of the latest request, its whole packet, the packet with the key as long as its
  // light may still come back, and how many requests there were, repetitions included.
  [[nodiscard]] const Bytes& request() const { return request_; }
  [[nodiscard]] const Bytes& request_packet() const { return request_packet_; }
  [[nodiscard]] const Bytes& key_packet() const { return key_packet_; }
  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t polls_ended() const { return polls_ended_; }
  // Of the latest poll, if it succeeded.
  [[nodiscard]] const std::optional<irmeter::Reading>& reading() const { return reading_; }

 private:
  void settle();
  bool meet_deadline(Instant limit);
  void pass_until(Instant at);
  void drain();
  void on(const irmeter::KeyQuestion& output);
  void on(const irmeter::KeyFact& output);
  void on(const irmeter::Transmit& output);
  void on(const irmeter::Identified& output);
  void on(const irmeter::PollEnded& output);
  void on(const irmeter::Stopped& output);
  static void on(const irmeter::DetailsRead& output);
  static void on(const irmeter::LogNews& output);
  static void on(const irmeter::TableBytes& output);
  static void on(const irmeter::TableLeftOut& output);
  static void on(const irmeter::TableAnswer& output);
  void on_request(ByteView packet, bool secret);
  void check_trace(const irmeter::Trace::Lines& lines) const;
  void tell(std::string_view what) const;

  irmeter::MeterOptions options_;
  std::optional<irmeter::Key> key_;
  std::optional<irmeter::Meter> meter_;
  KeyWatch key_watch_;
  irmeter::Trace trace_;
  bool telling_;

  Instant now_{std::chrono::hours(1)};
  std::optional<Instant> stop_by_;
  std::optional<Instant> quiet_since_;
  unsigned new_requests_ = 0;  // since then
  bool line_ = false;
  bool stopped_ = false;
  unsigned sent_now_ = 0;  // at this instant

  Bytes request_;
  Bytes request_packet_;
  Bytes key_packet_;
  std::size_t requests_ = 0;
  std::size_t polls_ended_ = 0;
  std::optional<irmeter::Reading> reading_;
};

}  // namespace fuzz
