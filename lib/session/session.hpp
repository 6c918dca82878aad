// One C12.18 session with a meter: identify, log on, read, log off.
//
// A session is opened by the first poll and, if it is to be kept, read again by each following one.
// The order of the services is a table of steps: what each step asks, and which one comes next.
// Sans I/O like the link below it: outgoing(), event() and deadline() after each input.
// Source: ANSI C12.18-2006, application layer; the reading plan is ours.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/fault.hpp"
#include "lib/link/link.hpp"
#include "lib/meter/plan.hpp"
#include "lib/meter/reading.hpp"
#include "lib/session/key.hpp"
#include "lib/session/key_ledger.hpp"

namespace irmeter {

struct SessionTiming {
  // How soon a meter's ACK to the first packet is missed; shorter than later on, because the first
  // packet after an idle time often gets lost on a port that the meter shares.
  Duration first_ack_timeout = std::chrono::milliseconds(500);
  // Silence after which a request counts as the first one again.
  Duration idle = std::chrono::milliseconds(1000);
  // Silence after which a kept session is kept alive; meters end theirs after 6 s.
  Duration keep_alive = std::chrono::seconds(4);
  // Silence after which the meter has ended the session.
  Duration traffic_timeout = std::chrono::seconds(6);
  // Age at which a kept session is closed and opened anew; meters may refuse longer ones (600 s).
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

// The session is over, in order or not; the next read() opens a new one.
struct Closed {};

// Of a read that is made twice: the Reading is to come.
struct FirstReading {
  Reading reading;
};

using SessionEvent = std::variant<Identity, FirstReading, Reading, Failure, Closed>;

class Session {
 public:
  Session(const LinkTiming& link, const SessionTiming& timing);

  // The key to read with; without one read() ends where it is due, with no_key. known is what was
  // found out about this key before: one that a meter has rejected, or that it was shown without an
  // answer, is not sent to it.
  void set_key(const std::optional<Key>& key, std::vector<KeyFact> known);
  // The next session sends the key, whatever is known of it.
  void allow_key() { ledger_.allow_once(); }

  // Starts to read: in the open session, or in a new one. Ends with a Reading or a Failure.
  void read(Instant now, bool keep);
  // The read under way is to read the values once more when they are complete.
  void read_twice() { twice_ = true; }
  // Logs off and terminates as soon as the request under way has ended. Ends with Closed.
  void close(Instant now);
  // The line is gone: forgets the session and the meter, without events.
  void reset();

  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  [[nodiscard]] std::optional<Link::Outgoing> outgoing() { return link_.outgoing(); }
  [[nodiscard]] std::optional<SessionEvent> event();
  // What was found out about the key. To be taken, and remembered, before outgoing().
  [[nodiscard]] std::optional<KeyFact> key_fact() { return ledger_.fact(); }
  // It could not be remembered that the key is shown: it is not, if no byte of it was sent yet.
  void keep_key_back(Instant now);

  // The meter still waits for the ACK of what it sent last.
  [[nodiscard]] bool owes_ack() const { return link_.owes_ack(); }
  // A read, a keep-alive or a log-off is under way.
  [[nodiscard]] bool busy() const { return step_ != Step::idle; }
  [[nodiscard]] const LinkCounters& counters() const { return link_.counters(); }
  [[nodiscard]] std::size_t missing() const { return link_.missing(); }

 private:
  enum class Step : std::uint8_t {
    idle,
    clear_old_session,  // Terminate to a meter that believes a session is open
    identify,
    negotiate,
    log_on,
    read_configuration,
    read_identity,
    read_utility_serial,
    secure,
    read_dimensions,
    read_dimension_maxima,
    read_values,  // as the poll plan says, until it is complete
    keep_alive,
    log_off,
    terminate,
  };

  void begin_read(Instant now);
  void go(Step step, Instant now);
  void send_request(Instant now);
  [[nodiscard]] Bytes request_bytes() const;
  void advance(Instant now);
  void on_link_failure(LinkFailure failure, Instant now);
  void on_response(ByteView response, Instant now);
  void on_refusal(std::uint8_t code, Instant now);
  void on_damaged(const std::string& what, Instant now);
  void suspect_guard(Instant now);
  void on_table(const Bytes& table, Instant now);
  void on_identity(const Bytes& table, Instant now);
  void on_identified(Instant now);
  void on_values(const Bytes& table, Instant now);
  void show_key(Instant now);
  [[nodiscard]] bool key_in_doubt() const;
  // Of the meter in this session, once it has been identified.
  void learn(KeyTrust trust) { ledger_.learn(identity_->serial_number, trust); }
  [[nodiscard]] KeyTrust trust() const { return ledger_.trust(identity_->serial_number); }
  void fail(Fault fault, std::string what, Instant now);
  void end(Instant now, bool in_order);
  [[nodiscard]] bool overslept(Instant now) const;
  void wake_up(Instant now);
  [[nodiscard]] bool expired(Instant now) const;  // the meter has ended it
  [[nodiscard]] bool too_old(Instant now) const;  // the meter may soon
  [[nodiscard]] bool ending() const { return step_ == Step::log_off || step_ == Step::terminate; }
  [[nodiscard]] std::uint16_t expected_count() const;
  [[nodiscard]] std::string name() const;

  // What Negotiate asks for: twice what a reader gets by without.
  static constexpr Negotiated asked{64, 2};

  SessionTiming timing_;
  Link link_;
  std::optional<Key> key_;
  KeyLedger ledger_;  // of key_
  std::deque<SessionEvent> events_;

  Step step_ = Step::idle;
  bool open_ = false;           // logged on
  bool has_read_ = false;       // this session has given a reading
  bool key_pending_ = false;    // the key was sent, and what the meter thinks of it got lost
  KeyTrust trust_before_{};     // the key was sent
  bool keep_ = false;           // stay logged on after the read under way
  bool twice_ = false;          // read the values again when they are complete
  bool read_next_ = false;      // read as soon as what is under way has ended
  bool close_next_ = false;     // close likewise
  bool cleared_old_ = false;    // an old session was terminated for this one already
  bool ended_in_order_ = true;  // the last session
  unsigned busy_left_ = 0;
  unsigned damaged_left_ = 0;
  std::optional<Instant> retry_at_;  // a busy meter is asked again
  bool waking_up_ = false;           // until retry_at_, when the session counts as lost
  Instant opened_at_{};
  Instant last_activity_{};
  // A session was cut that the meter may have guarded against.
  std::optional<Instant> guarded_until_;

  Negotiated limits_;
  std::optional<Identity> identity_;  // of the meter on this line, once it was told
  Identity candidate_;                // the same while it is being read
  PollPlan plan_;
};

}  // namespace irmeter
