// One meter at the end of one line: the type the daemon drives.
//
// Polls on a grid, keeps or opens sessions, tries once more where a fresh session may help, and
// says how each poll ended. Sans I/O: feed it the inputs below with the moment they happen; after
// each input take output() until it is empty, then wait for bytes or for deadline(). Spurious
// calls of timeout() do no harm.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/meter/grid.hpp"
#include "lib/meter/plausibility.hpp"
#include "lib/session/session.hpp"

namespace irmeter {

struct MeterOptions {
  Duration interval = std::chrono::seconds(10);
  enum class SessionMode : std::uint8_t {
    automatic,  // kept where polls come within keep_up_to, else one per poll
    keep,
    each,
  } session = SessionMode::automatic;
  // The longest interval at which a session is kept without being asked to; a meter ends sessions
  // after 6 s of silence.
  Duration keep_up_to = std::chrono::seconds(4);
  // A stop() is over after this, logged off or not.
  Duration stop_within = std::chrono::milliseconds(1200);
  // A poll without a key goes as far as the meter needs none, to find out what else is wrong;
  // otherwise nothing is sent.
  bool ask_without_key = false;
  MainFuse main_fuse;
  LinkTiming link;
  SessionTiming timing;
};

// Bytes for the line, now.
struct Transmit {
  Bytes bytes;
  bool secret;  // holds the key: not for any log
};

// The meter said who it is, or turned out to be another one.
struct Identified {
  Identity identity;
};

// A poll has ended.
struct PollEnded {
  std::variant<Reading, Failure> result;
  Duration duration{};  // from its start to the last byte of its result
  bool echo = false;    // the probe has heard itself
  // Of a reading: what was read and cannot be true, and what is published all the same.
  QuantitySet withheld{};
  std::vector<Plausibility::Accepted> accepted{};

  [[nodiscard]] const Reading* reading() const { return std::get_if<Reading>(&result); }
};

// The answer to stop(): nothing more will be sent.
struct Stopped {};

// A KeyFact is to be remembered before the Transmit behind it is carried out; see keep_key_back().
using MeterOutput = std::variant<KeyFact, Transmit, Identified, PollEnded, Stopped>;

class Meter {
 public:
  // known: the KeyFacts of this key, from the meter's outputs before.
  Meter(const MeterOptions& options, const std::optional<Key>& key,
        std::vector<KeyFact> known = {});

  // Inputs.
  void start(Instant now);       // polls from now on, whenever there is a line
  void line_ready(Instant now);  // polls at once, the grid goes on from where it was
  void line_lost();
  void receive(ByteView bytes, Instant now);
  void timeout(Instant now);
  void poll_now(Instant now);   // beside the grid; joins a poll that is under way
  void retry_key(Instant now);  // allows one more attempt with a rejected key, and makes it
  // The KeyFact that was output last could not be remembered. A key that was to be shown now stays
  // here, so that no wrong one is shown again after a restart.
  void keep_key_back(Instant now);
  void set_quiet(bool quiet, Instant now);  // logs off and sends nothing, until it is false again
  void stop(Instant now);                   // logs off; ends with Stopped, soon

  // Outputs.
  [[nodiscard]] std::optional<MeterOutput> output();
  [[nodiscard]] std::optional<Instant> deadline() const;

  [[nodiscard]] const LinkCounters& counters() const { return session_.counters(); }
  // Bytes that the packet being received still lacks, 0 when none is: there is no need to look at
  // the line before they can have arrived.
  [[nodiscard]] std::size_t missing() const { return session_.missing(); }

 private:
  void begin_poll(Instant now);
  void read(Instant now);
  void compare_first_values();
  void end_poll(PollEnded ended, Instant now);
  void on_reading(const Reading& reading, Instant now);
  void take_events(Instant now);
  void end_stop();
  void on_failure(const Failure& failure, Instant now);
  [[nodiscard]] bool keeps_session() const;

  MeterOptions options_;
  bool has_key_;
  Session session_;
  std::deque<MeterOutput> outputs_;

  bool line_ = false;
  std::optional<PollGrid> grid_;
  std::optional<Instant> next_poll_;
  bool quiet_ = false;
  bool polling_ = false;
  bool retried_ = false;  // the poll under way is in its second session
  Instant poll_started_{};
  std::uint64_t echoes_before_ = 0;  // the poll
  std::optional<Failure> held_;      // no attempt until somebody asks, or until then:
  std::optional<Instant> held_until_;
  Plausibility plausibility_;
  std::string serial_number_;
  std::optional<Instant> stop_by_;
  bool logged_off_ = false;  // by stop(); only the last ACK may be missing
};

}  // namespace irmeter
