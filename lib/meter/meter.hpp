// One meter at the end of one line: the type the daemon drives.
//
// Polls on a grid, keeps or opens sessions, tries once more where a fresh session may help, and
// tells how each poll ended. Sans I/O: feed it the inputs below with the moment they happen; after
// each input take output() until it is empty, then wait for bytes or for deadline(). Spurious
// calls of timeout() do no harm.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/meter/grid.hpp"
#include "lib/meter/plausibility.hpp"
#include "lib/meter/reader.hpp"

namespace irmeter {

struct MeterOptions {
  Duration interval = std::chrono::seconds(10);
  // From start() to the first point of the grid, less than the interval; the first poll is at once.
  Duration phase{};
  enum class SessionMode : std::uint8_t {
    automatic,  // kept where polls come within keep_up_to, else one per poll
    keep,
    each,
  } session = SessionMode::automatic;
  // The longest interval at which a session is kept without being asked to. A meter ends sessions
  // after 6 s of silence; keeping one alive takes the line less time than opening a new one.
  Duration keep_up_to = std::chrono::seconds(10);
  // A poll that is not over after this has failed, whatever arrives; after a sleep of the process
  // it starts anew. With a meter that is asked again as the standard says, or that has lost its
  // session, polls were seen to take up to 9 s, and up to 11 s until a failure is clear.
  Duration poll_within = std::chrono::seconds(15);
  // A stop() is over after this, logged off or not.
  Duration stop_within = std::chrono::milliseconds(1200);
  // A poll without a key goes as far as the meter needs none, to find out what else is wrong;
  // otherwise nothing is sent.
  bool ask_without_key = false;
  std::span<const PlanRow> plan = nes_plan();  // outlives the meter
  Pace pace;
  // Reads of a pause that a session for one poll makes before it ends.
  unsigned reads_behind_poll = 16;
  PlausibilityOptions plausibility;
  LinkTiming link;
  SessionTiming timing;
};

// Bytes for the line, now. Secret: they hold the key, and are not for any log.
using Transmit = Link::Outgoing;

// The meter told who it is, or turned out to be another one. May be answered with remember() before
// any other input.
struct Identified {
  Identity identity;
};

// A poll has ended.
struct PollEnded {
  std::variant<Reading, Failure> result;
  Duration duration{};  // from its start to the last byte of its result
  bool echo = false;    // the probe has heard itself
  // Of a reading: what was read and is withheld, and what breaks the rules and is in it all the
  // same.
  QuantitySet withheld{};
  std::vector<Plausibility::Accepted> accepted{};

  [[nodiscard]] const Reading* reading() const { return std::get_if<Reading>(&result); }
};

// The slow values were read: all that the meter has of them.
struct DetailsRead {
  Values values;
  QuantitySet withheld{};  // as in PollEnded
  std::vector<Plausibility::Accepted> accepted{};
};

// The answer to stop(): nothing more will be sent.
struct Stopped {};

// A KeyQuestion is answered with answer_key() before any other input; until then the key stays
// here.
using MeterOutput = std::variant<Stopped, KeyQuestion, KeyFact, Transmit, Identified, PollEnded,
                                 DetailsRead, TableBytes, LogNews, TableLeftOut, TableAnswer>;

class Meter {
 public:
  Meter(const MeterOptions& options, const std::optional<Key>& key);

  // Inputs.
  void start(Instant now);       // polls from now on, whenever there is a line
  void line_ready(Instant now);  // polls at once, the grid goes on from where it was
  void line_lost();
  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  void poll_now(Instant now);   // beside the grid; joins a poll that is under way
  void retry_key(Instant now);  // asks for one more attempt with the key, and makes it
  // why: the place or the reason where the attempt is unrecorded.
  void answer_key(KeyPermission permission, Instant now, std::string why = {});
  // What registers of the meter that has just been identified were known to be, at that time.
  void remember(const Values& registers, Instant at) { plausibility_.begin_anew(registers, at); }
  // Part of any table, in the next pause that it fits in, or behind a poll that is made for it;
  // ends with TableAnswer, in the order of these calls. With a count of 0 all of it, where that
  // fits one answer. False where eight wait already: then it is not read. at_once: false waits for
  // the next poll where the session is not kept.
  bool read_table(const TableRead& what, Instant now, bool at_once = true);
  // Tables that are left out may be asked for again.
  void retry_tables() { reader_.plan().pauses().retry_tables(); }
  void set_quiet(bool quiet, Instant now);  // logs off and sends nothing, until it is false again
  void stop(Instant now);                   // logs off; ends with Stopped, soon

  // Outputs.
  [[nodiscard]] std::optional<MeterOutput> output() { return outputs_.pop(); }
  [[nodiscard]] std::optional<Instant> deadline() const {
    return earlier(reader_.deadline(), timers_.next());
  }

  // What is read at the slow pace, if at all.
  [[nodiscard]] const QuantitySet& slow() const { return reader_.plan().pauses().slow(); }
  [[nodiscard]] const LinkCounters& counters() const { return reader_.counters(); }
  // Bytes that the packet being received still lacks, 0 when none is: there is no need to look at
  // the line before they can have arrived.
  [[nodiscard]] std::size_t missing() const { return reader_.missing(); }

 private:
  struct NoLine {};
  struct Waiting {};  // for the next poll
  struct Polling {
    Instant since;
    std::uint64_t echoes;            // that were counted before
    std::optional<Failure> first{};  // of the first session; the present one is a fresh one then
  };
  struct Stopping {
    bool logged_off = false;  // only the last ACK may be missing
  };
  using State = std::variant<NoLine, Waiting, Polling, Stopping>;

  // No attempt until somebody asks, or until the time is over.
  struct Suspension {
    Failure failure;
    std::optional<Instant> until;
  };

  enum class Timer : std::uint8_t { poll, overdue, stop, count };

  void end_poll(PollEnded ended, const Polling& poll, Instant now);
  void allow_for_sleep(Instant now);
  void take_events(Instant now);
  void on(const Identity& identity, Instant now);
  void on(const AllRead&, Instant now);
  void on(const Failure& failure, Instant now);
  void on(const Closed& closed, Instant now);
  void on(const PauseReadEnded&, Instant now) { use_pause(now); }
  void on(const KeyQuestion& question, Instant) { outputs_.push(question); }
  void on(const KeyFact& fact, Instant) { outputs_.push(fact); }
  void on(const AllDetails&, Instant now);
  void take_news(Instant now);
  void use_pause(Instant now);
  void end_stop();
  [[nodiscard]] std::optional<Failure> reason_not_to_poll(Instant now);
  [[nodiscard]] bool keeps_session() const;

  MeterOptions options_;
  bool has_key_;
  Reader reader_;
  Plausibility plausibility_;
  std::string serial_number_;   // of the meter whose values plausibility_ knows
  bool details_begun_ = false;  // slow values of it were checked
  unsigned reads_left_ = 0;     // of reads_behind_poll

  State state_;
  bool quiet_ = false;
  std::optional<Suspension> suspension_;
  std::optional<PollGrid> grid_;  // from start() to stop()
  Timers<Timer> timers_;
  Queue<MeterOutput> outputs_;
};

}  // namespace irmeter
