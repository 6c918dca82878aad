// One C12.18 session with a meter: opened, used for table reads, kept alive, closed.
//
// Takes one command at a time and tells what came of it. What the services are, and what follows
// from what, is in the table of steps; what is read, and when, is decided above.
// Sans I/O like the link below it: outgoing(), event() and deadline() after each input.
// Source: ANSI C12.18-2006, application layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "lib/fault.hpp"
#include "lib/link/link.hpp"
#include "lib/session/key.hpp"
#include "lib/session/service.hpp"
#include "lib/session/steps.hpp"

namespace irmeter {

struct SessionTiming {
  // How soon a meter's ACK to the first packet is missed; shorter than later on, because the first
  // packet after an idle time often gets lost on a port that the meter shares.
  Duration first_ack_timeout = std::chrono::milliseconds(500);
  // Silence after which a request counts as the first one again.
  Duration idle = std::chrono::milliseconds(1000);
  // Silence after which an open session is kept alive; meters end theirs after 6 s.
  Duration keep_alive = std::chrono::seconds(4);
  // Silence after which the meter has ended the session.
  Duration traffic_timeout = std::chrono::seconds(6);
  // Age at which a session is closed and opened anew; meters may refuse longer ones (600 s).
  Duration max_age = std::chrono::seconds(540);
  // Before a request that the meter was too busy for is sent again, and how often.
  Duration busy_pause = std::chrono::seconds(1);
  unsigned busy_attempts = 5;
  // How often a table is asked for again whose checksum or count is wrong.
  unsigned damaged_attempts = 3;
  // A meter may cut a session of this age, and then refuse others for the hold-off.
  Duration guarded_age = std::chrono::seconds(540);
  Duration hold_off = std::chrono::seconds(300);
};

// The session is open. Resumed: it was before.
struct Opened {
  Negotiated limits;
  bool resumed = false;
};
// What read() or show_key() has brought: the bytes of the table, exactly as many as were asked for;
// or what the meter says of the key beside "ok", which should be nothing.
struct Answered {
  Bytes bytes;
};
// The meter refuses that. Repeated: the request was sent more than once, and this may be the answer
// to the second.
struct Refused {
  std::uint8_t code = 0;
  bool repeated = false;
};
// The answer got lost or makes no sense, and asking again did not help.
struct Lost {
  Fault fault{};
  std::string context;
};
// The session is over, in order or not; the next open() makes a new one.
struct Closed {};

// What the loss of an answer means once the meter has been heard in the session: damaged,
// unexpected or no_response.
[[nodiscard]] Fault loss_in_session(Fault loss);

// A Failure ends the session, or its opening.
using SessionEvent = std::variant<Closed, Opened, Answered, Refused, Lost, Failure>;

class Session {
 public:
  Session(const LinkTiming& link, const SessionTiming& timing) : timing_(timing), link_(link) {}

  // Opens a session, or goes on with the one that is open; after a close() that is under way, a new
  // one. Ends with Opened or a Failure. short_answers: each fits one packet of the usual size, so
  // that nothing need be agreed on.
  void open(Instant now, bool short_answers = false);
  // These two need an open session that is not busy. They end with Answered, Refused or Lost.
  void read(const TableRead& what, Instant now);
  // One that is not proven is not sent again to a meter that is busy, or that nothing is heard of.
  void show_key(const Key& key, bool proven, Instant now);
  // Nothing more is to be had from this session: logs off, or drops it where another one may help.
  // A log-off that is under way goes on. Ends with the Failure at once.
  void give_up(Fault fault, std::string context, Instant now);
  // The time for what is under way is over: drops the session. Ends with a Failure that says what
  // was in the way, overdue if nothing but the time.
  void time_out(Instant now);
  // What is under way is not worth waiting for: drops it, and the session with it unless the meter
  // was too busy. Without events. What it would have come to.
  Fault abandon(Instant now);
  // The session is of no use any more: forgets it, without a Failure.
  void drop(Instant now);
  // Logs off and terminates as soon as the request under way has ended. Ends with Closed.
  void close(Instant now);
  // The line is gone: forgets the session, without events.
  void reset();

  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const {
    return earlier(link_.deadline(), timers_.next());
  }

  [[nodiscard]] std::optional<Link::Outgoing> outgoing() { return link_.outgoing(); }
  [[nodiscard]] std::optional<SessionEvent> event() { return events_.pop(); }

  // The meter still waits for the ACK of what it sent last.
  [[nodiscard]] bool owes_ack() const { return link_.owes_ack(); }
  // A command, a keep-alive or a log-off is under way.
  [[nodiscard]] bool busy() const { return step_ != Step::idle; }
  [[nodiscard]] bool is_open() const { return opened_at_.has_value(); }
  [[nodiscard]] const LinkCounters& counters() const { return link_.counters(); }
  [[nodiscard]] std::size_t missing() const { return link_.missing(); }

 private:
  // What is to follow the step under way.
  enum class Then : std::uint8_t { nothing, open, close, close_and_open };
  enum class Timer : std::uint8_t {
    busy,        // a busy meter is asked again
    wake_up,     // after a sleep: the session counts as lost
    keep_alive,  // the session was idle for so long
    count,
  };

  void open_or_resume(Instant now);
  void go(Step step, Instant now);
  void send_request(Instant now);
  [[nodiscard]] Bytes request_bytes() const;
  void advance(Instant now);
  void on_loss(Fault failure, Instant now);
  void on_response(ByteView response, Instant now);
  void on_refusal(std::uint8_t code, Instant now);
  void on_table(ByteView response, Instant now);
  void on_damaged(std::string context, Instant now);
  void suspect_guard(Instant now);
  void end(Instant now, bool in_order);
  void wake_up(Instant now);
  [[nodiscard]] bool expired(Instant now) const;  // the meter has ended it
  [[nodiscard]] bool too_old(Instant now) const;  // the meter may soon
  [[nodiscard]] bool ending() const { return step_ == Step::log_off || step_ == Step::terminate; }
  [[nodiscard]] bool closing() const {
    return ending() || then_ == Then::close || then_ == Then::close_and_open;
  }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string place_of(Fault fault) const;

  // What Negotiate asks for: twice what a reader gets by without.
  static constexpr Negotiated asked{64, 2};

  SessionTiming timing_;
  Link link_;
  Timers<Timer> timers_;
  Queue<SessionEvent> events_;

  Step step_ = Step::idle;
  Then then_ = Then::nothing;
  TableRead read_{};  // the one under way
  struct Shown {
    Key key;
    bool proven = false;
  };
  std::optional<Shown> shown_;  // while it is
  unsigned busy_left_ = 0;
  unsigned damaged_left_ = 0;

  bool short_answers_ = false;
  Negotiated limits_;
  std::optional<Instant> opened_at_;  // logged on
  Instant last_activity_{};
  bool ended_in_order_ = true;      // the last session
  bool old_session_ended_ = false;  // for this one already
  // A session was cut that the meter may have guarded against.
  std::optional<Instant> guarded_until_;
};

}  // namespace irmeter
