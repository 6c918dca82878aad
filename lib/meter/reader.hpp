// Reads a meter once each time it is told to: opens a session or goes on with the one there is,
// makes the reads of the plan, and shows the key where it may.
//
// Before a key is shown the reader asks, and waits for the answer; nothing is ever taken back.
// Sans I/O: outgoing(), event() and deadline() after each input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "lib/meter/plan.hpp"
#include "lib/session/key_fact.hpp"
#include "lib/session/session.hpp"

namespace irmeter {

using ReaderEvent = std::variant<Closed, Identity, KeyQuestion, KeyFact, Reading, Failure>;

class Reader {
 public:
  // Without a key read() ends where one is due, with no_key.
  Reader(const LinkTiming& link, const SessionTiming& timing, std::span<const PlanRow> plan,
         const std::optional<Key>& key)
      : key_(key), session_(link, timing), plan_(plan) {}

  // Ends with a Reading or a Failure. After a Reading the session stays open until close().
  void read(Instant now) {
    session_.open(now);
    take_events(now);
  }
  // The values once more, right after a Reading.
  void read_again(Instant now);
  // The answer to a KeyQuestion, given before any other input. why: the place or the reason where
  // the attempt is unrecorded.
  void answer(KeyPermission permission, std::string why, Instant now);
  // The next KeyQuestion is asked as a retry.
  void allow_retry() { retry_ = true; }
  // Ends with Closed.
  void close(Instant now) {
    session_.close(now);
    take_events(now);
  }
  // A read() takes too long: ends with a Failure at once.
  void time_out(Instant now) {
    session_.time_out(now);
    take_events(now);
  }
  // The line is gone: forgets the session and the meter, without events.
  void reset();

  void receive(ByteView bytes, Instant now) {
    session_.receive(bytes, now);
    take_events(now);
  }
  void timeout(Instant now) {
    session_.timeout(now);
    take_events(now);
  }
  [[nodiscard]] std::optional<Instant> deadline() const { return session_.deadline(); }

  [[nodiscard]] std::optional<Link::Outgoing> outgoing() { return session_.outgoing(); }
  [[nodiscard]] std::optional<ReaderEvent> event() { return events_.pop(); }

  [[nodiscard]] bool owes_ack() const { return session_.owes_ack(); }
  [[nodiscard]] const LinkCounters& counters() const { return session_.counters(); }
  [[nodiscard]] std::size_t missing() const { return session_.missing(); }

 private:
  // In the session there is.
  enum class KeyProgress : std::uint8_t {
    not_shown,
    asking,    // whether it may be
    showing,   // the answer is to come
    unheard,   // nothing of the meter came back: the first read tells only if it works
    lost,      // the answer of a meter that has taken it; the first read tells as well
    accepted,  // by Security, or by a read
    used,      // a reading was made with it
  };

  void take_events(Instant now);
  void on(const Opened& opened, Instant now);
  void on(Answered& answered, Instant now);
  void on(const Refused& refused, Instant now);
  void on(const Lost& lost, Instant now);
  void on(const Failure& failure, Instant now);
  void on(const Closed& closed, Instant now);
  void on_key_refused(const Refused& refused, Instant now);
  void go_on(Instant now);
  void ask_for_key(Instant now);
  void fail(Fault fault, std::string context, Instant now);
  void learn(KeyTrust trust) { events_.push(KeyFact{plan_.serial_number(), trust}); }
  [[nodiscard]] Fault blamed(Fault fault) const;

  std::optional<Key> key_;
  Session session_;
  Plan plan_;
  Queue<ReaderEvent> events_;
  KeyProgress progress_ = KeyProgress::not_shown;
  KeyPermission permission_ = KeyPermission::unrecorded;  // with which the key was shown
  bool retry_ = false;
};

}  // namespace irmeter
