// Reads a meter once each time it is told to: opens a session or goes on with the one there is,
// makes the reads of the plan, and shows the key where it may. Between readings it makes those of
// the pauses, one at a time; a reading never waits for one.
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

// What each poll reads is there: Plan::reading().
struct AllRead {};
// A read of a pause has ended, well or badly.
struct PauseReadEnded {};

using ReaderEvent =
    std::variant<Closed, Identity, KeyQuestion, KeyFact, AllRead, Failure, PauseReadEnded>;

class Reader {
 public:
  // Without a key read() ends where one is due, with no_key.
  Reader(const LinkTiming& link, const SessionTiming& timing, std::span<const PlanRow> plan,
         const Pace& pace, const std::optional<Key>& key)
      : timing_(link), key_(key), session_(link, timing), plan_(plan, pace) {}

  // Ends with AllRead or a Failure. After AllRead the session stays open until close(), for more
  // than that where it is to be kept. A read of a pause that is under way is dropped.
  void read(Instant now, bool keeps_session);
  // The values once more, right after AllRead.
  void read_again(Instant now);
  // After AllRead: makes the next read of the pauses if it is over before this moment. Ends with
  // PauseReadEnded, and what it has brought is news of the pauses. False: there is none to be made
  // now. rows: false leaves it at what was asked for.
  bool read_in_pause(Instant now, Instant until, bool rows);
  // How long it takes to log off.
  [[nodiscard]] Duration closing_time() const { return time_of_read(0) * 2; }
  [[nodiscard]] bool reads_in_pause() const { return has_pauses && pause_read_; }
  [[nodiscard]] Plan& plan() { return plan_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
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

  // The read of a pause that is under way.
  struct PauseRead {
    TableId table;
    Instant asked;
    std::uint64_t retries;  // that were counted before
    Duration expected;      // without the meter's own time
  };

  void take_events(Instant now);
  void fail_pause_read(Fault fault, const std::string& reason, Instant now);
  void end_pause_read(Instant now);
  [[nodiscard]] Duration time_of_read(std::size_t bytes) const;
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

  LinkTiming timing_;
  std::optional<Key> key_;
  Session session_;
  Plan plan_;
  Queue<ReaderEvent> events_;
  Instant began_{};      // the read()
  LinkCounters before_;  // of it, once the session was open
  KeyProgress progress_ = KeyProgress::not_shown;
  KeyPermission permission_ = KeyPermission::unrecorded;  // with which the key was shown
  bool retry_ = false;
  std::optional<PauseRead> pause_read_;
  // The longest that this meter has taken for an answer, beside its time on the line.
  Duration think_time_ = usual_think_time;
  static constexpr Duration usual_think_time = std::chrono::milliseconds(100);
  static constexpr Duration longest_think_time = std::chrono::milliseconds(800);
};

}  // namespace irmeter
