#include "tests/scenarios/scenario.hpp"

#include <ostream>

namespace irmeter::testing {
namespace {

using std::chrono::seconds;

// What the standard's NAKs and repetitions get over: the same answer a moment later.
Scenario repeated(const std::string& name, const std::string& fault, const std::string& daemon) {
  Scenario scenario{.name = name, .faults = {fault}, .daemon = {daemon}};
  scenario.retries = Seen::must;
  scenario.same_session = true;
  return scenario;
}

// What does not even need that.
Scenario unharmed(const std::string& name, const std::string& fault) {
  Scenario scenario{.name = name, .faults = {fault}, .daemon = {fault}};
  scenario.retries = scenario.crc_errors = Seen::must_not;
  scenario.same_session = true;
  return scenario;
}

// A matter of whole sessions.
Scenario toggle(const std::string& name, const std::string& fault) {
  Scenario scenario = unharmed(name, fault);
  scenario.in_new_sessions = true;
  return scenario;
}

// Five are as many as a reader waits for.
Scenario busy(const std::string& name, const std::string& fault) {
  Scenario scenario{.name = name, .faults = {fault + ":times=5"}, .daemon = {fault + ":times=2"}};
  scenario.retries = scenario.crc_errors = Seen::must_not;
  scenario.same_session = true;
  return scenario;
}

// The session is gone: one more in the same poll.
Scenario restarted(const std::string& name, const std::string& fault) {
  return {.name = name,
          .faults = {fault + ":times=1"},
          .daemon = {fault + ":times=1"},
          .longest_poll = seconds(20)};
}

std::vector<Scenario> table() {
  return {
      unharmed("FirstPacketRefused", "first-nak"),
      unharmed("FirstPacketLost", "first-lost"),

      {.name = "Echo",
       .faults = {"echo"},
       .daemon = {"echo"},
       .echoes = Seen::must,
       .retries = Seen::must_not,
       .crc_errors = Seen::must_not,
       .same_session = true},
      {.name = "DamagedEcho",
       .faults = {"echo-damaged"},
       .daemon = {"echo-damaged"},
       .echoes = Seen::must,
       .retries = Seen::may,
       .same_session = true},
      {.name = "OnlyEcho",
       .faults = {"echo-only"},
       .daemon = {"echo-only"},
       .fault = Fault::echo,
       .echoes = Seen::must},
      {.name = "OnlyDamagedEcho",
       .faults = {"echo-only-damaged"},
       .daemon = {"echo-only-damaged"},
       .fault = Fault::echo,
       .echoes = Seen::must},

      {.name = "Silence", .faults = {"silent"}, .daemon = {"silent"}, .fault = Fault::silent},

      {.name = "Chatter", .faults = {"chatter"}, .daemon = {"chatter"}, .same_session = true},
      repeated("ChatterInsideAnswers", "chatter-inside:every=2", "chatter-inside:every=5,times=4"),
      {.name = "Noise", .faults = {"noise"}, .daemon = {"noise"}, .fault = Fault::garbled},
      {.name = "NoiseNowAndThen",
       .faults = {"noise:every=5"},
       .daemon = {"noise:every=5,times=3"},
       .same_session = true},

      unharmed("AckLost", "ack-lost"),
      unharmed("AckSeenAsZero", "ack-zero"),
      unharmed("AckTwice", "ack-twice"),
      repeated("StartByteLost", "ee-lost:every=2", "ee-lost:every=5,times=3"),
      repeated("AnswerTruncated", "truncated:every=2", "truncated:every=5,times=3"),
      repeated("WrongBit", "crc:every=2", "crc:every=3"),
      repeated("WrongChecksum", "checksum:every=2", "checksum:every=3"),
      repeated("WrongCount", "count:every=2", "count:every=3"),
      unharmed("AnswerTwice", "repeated"),
      toggle("ToggleCopied", "toggle-copy"),
      toggle("ToggleAlwaysZero", "toggle-zero"),
      toggle("ToggleAlwaysOne", "toggle-one"),
      toggle("ToggleStartsWithOne", "toggle-from-one"),
      {.name = "SlowBytes",
       .faults = {"slow:pause=0.025"},
       .daemon = {"slow:after=2,times=1,pause=0.2"},
       .retries = Seen::must_not,
       .crc_errors = Seen::must_not,
       .same_session = true,
       .longest_poll = seconds(15)},
      {.name = "BytesTooSlowForAPoll",
       .faults = {"slow"},
       .daemon = {},
       .fault = Fault::overdue,
       .longest_poll = seconds(30)},  // the meter's answer under way ends first
      {.name = "DamagedAnswers",
       .faults = {"crc"},
       .daemon = {"crc"},
       .fault = Fault::damaged,
       .retries = Seen::must,
       .crc_errors = Seen::must},
      {.name = "TruncatedAnswers",
       .faults = {"truncated"},
       .daemon = {},
       .fault = Fault::damaged,
       .retries = Seen::must},

      busy("Busy", "bsy"),
      busy("DataNotReady", "dnr"),
      busy("DataLocked", "dlk"),
      {.name = "BusyForEver",
       .faults = {"bsy"},
       .daemon = {},
       .fault = Fault::busy,
       .context = "bsy",
       .longest_poll = seconds(20)},

      restarted("Renegotiation", "rno"),
      restarted("InvalidSequenceState", "isss"),
      restarted("SessionLost", "session-loss"),
      restarted("SessionLostInSilence", "session-silent"),
      restarted("Reset", "reset"),

      {.name = "SessionsRefused",
       .faults = {"session-limit-err:limit=2"},
       .daemon = {"session-limit-err:limit=1,pause=1000"},
       .kept = true,
       .fault = Fault::locked_out,
       .sets_in = 3,
       .hold_off = true},

      {.name = "WrongKey", .wrong_key = true, .fault = Fault::key_rejected, .recovers = false},
      {.name = "ReadsRefused",
       .faults = {"reads-refused"},
       .daemon = {"reads-refused"},
       .fault = Fault::key_rejected,
       .recovers = false},

      {.name = "Unplugged",
       .daemon = {"unplug:after=300,times=1,pause=1000"},
       .fault = Fault::no_device,
       .sets_in = 10},
      {.name = "Missing",
       .daemon = {"missing"},
       .fault = Fault::no_device,
       .context = "No such file or directory"},
      {.name = "ServerRefuses", .daemon = {"missing"}, .over_tcp = true, .fault = Fault::no_server},
      {.name = "ServerDrops",
       .daemon = {"unplug:after=300,times=1,pause=1000"},
       .over_tcp = true,
       .fault = Fault::no_server,
       .sets_in = 10},
      {.name = "ServerStalls",
       .daemon = {"stall:after=300,times=1,pause=1000"},
       .over_tcp = true,
       .fault = Fault::silent,
       .sets_in = 10},
      {.name = "ServerHasABannerAndTheMeterIsSilent",
       .daemon = {"banner", "silent"},
       .over_tcp = true,
       .fault = Fault::silent},
      {.name = "ServerSpeaksTelnet",
       .daemon = {"telnet"},
       .over_tcp = true,
       .fault = Fault::telnet},
      {.name = "ServerResets",
       .daemon = {"rst:after=300"},
       .over_tcp = true,
       .fault = Fault::no_server,
       .sets_in = 10},
  };
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = table();
  return all;
}

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) {
  return out << scenario.name;
}

}  // namespace irmeter::testing
