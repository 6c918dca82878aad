// Every fault that a reader has to get over, or to name: one table.
//
// A scenario says which faults of the simulated meter make the fault, what is to be seen while
// they last, and how soon it is over after they end. Tests of the protocol core in virtual time and
// tests of the daemon in real time run through the same table.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "lib/fault.hpp"
#include "lib/state.hpp"
#include "lib/time.hpp"

namespace irmeter::testing {

enum class Seen : std::uint8_t { may, must, must_not };

struct Scenario {
  std::string name{};

  // What the simulated meter is told with --fault, for virtual time and for the daemon.
  std::vector<std::string> faults{};
  std::vector<std::string> daemon{};
  bool over_tcp = false;   // the daemon's needs a TCP server, the others have a pseudo-terminal
  bool wrong_key = false;  // the reader has another key than the meter
  bool kept = false;       // only where sessions are kept
  bool in_new_sessions = false;  // the faults pass by a session that has begun before them

  // While the faults last, of every poll that has begun since.
  std::optional<Fault> fault{};  // none: with exactly the reading it would have without them
  std::string context{};         // stands in that of the failure
  Seen echoes = Seen::must_not;  // counted since then
  Seen retries = Seen::may;
  Seen crc_errors = Seen::may;
  bool same_session = false;  // each poll gets its reading in the session that it has begun with
  Duration longest_poll = std::chrono::seconds(12);
  unsigned sets_in = 1;  // this poll is the first that has to show the state

  // After they have ended a reading comes within one interval and longest_poll...
  bool recovers = true;   // ... by itself; otherwise somebody has to do something
  bool hold_off = false;  // ... and SessionTiming::hold_off

  [[nodiscard]] State state() const { return fault ? info(*fault).state : State::online; }
  [[nodiscard]] bool in_virtual_time() const { return !faults.empty() || wrong_key; }
  [[nodiscard]] bool in_the_daemon() const { return !daemon.empty() || wrong_key; }
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

// For test names and messages.
std::ostream& operator<<(std::ostream& out, const Scenario& scenario);

}  // namespace irmeter::testing
