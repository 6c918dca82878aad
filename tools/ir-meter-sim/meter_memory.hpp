// What the simulated meter keeps: its logs, its load profile and its self-reads.
//
// All of it is brought up to date when somebody reads. The load profile and the self-reads follow
// from the household alone, before the start as after it, so that they agree with the registers to
// the Wh; the logs have what happens to this meter since it was switched on.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "tools/ir-meter-sim/household.hpp"
#include "tools/ir-meter-sim/status_flags.hpp"

namespace irmetersim {

namespace event {
inline constexpr std::uint16_t power_down = 1;
inline constexpr std::uint16_t power_up = 2;
inline constexpr std::uint16_t tier_switch = 27;
inline constexpr std::uint16_t phase_loss = 68;
inline constexpr std::uint16_t invalid_password = 72;
inline constexpr std::uint16_t power_quality = 91;
}  // namespace event

inline constexpr std::uint16_t no_user = 0xFFFF;

struct LoggedEvent {
  std::chrono::sys_seconds time;  // of the meter's clock
  std::uint32_t sequence = 0;
  std::uint16_t user = no_user;  // of the log-on, or no_user
  std::uint16_t id = 0;
  std::uint16_t place = 0;  // in its log
};

struct Outage {
  std::chrono::local_seconds begin;
  std::chrono::local_seconds end;
};

// An interval of the load profile: what the registers showed at its end.
struct Interval {
  std::chrono::sys_seconds end;
  std::array<std::int32_t, 2> registers{};  // forward, reverse
};

// At the end of a month.
struct SelfRead {
  std::chrono::local_seconds time;
  MeterValues values;
};

class MeterMemory {
 public:
  static constexpr std::size_t log_entries = 100;
  static constexpr std::size_t other_log_entries = 20;
  static constexpr std::size_t outage_entries = 10;
  static constexpr std::chrono::minutes interval{15};
  static constexpr std::size_t intervals_per_block = 96;
  static constexpr std::size_t blocks = 6;
  static constexpr std::size_t self_reads = 12;

  // zone: how far the household's clock is ahead of UTC. other_log: it has a second one, for what
  // concerns the quality of the power.
  MeterMemory(const HouseholdSettings& household, std::chrono::minutes zone,
              bool other_log = false);

  // clock: what the meter's shows, for the time stamps of the log.
  void log(std::uint16_t id, std::chrono::sys_seconds clock, std::uint16_t user = no_user);
  // The power failed, and came back.
  void log_outage(std::chrono::sys_seconds begin, std::chrono::sys_seconds end);
  // Logs the flags that have come since the last time.
  void notice_flags(const Status& status, std::chrono::sys_seconds clock);
  // Logs that another tier counts than the last time.
  void notice_tier(unsigned tier, std::chrono::sys_seconds clock);

  // The newest log_entries, oldest first.
  [[nodiscard]] const std::deque<LoggedEvent>& events() const { return events_; }
  // Likewise.
  [[nodiscard]] const std::deque<LoggedEvent>& other_events() const { return other_events_; }
  [[nodiscard]] const std::deque<Outage>& outages() const { return outages_; }
  // How many there have been.
  [[nodiscard]] std::uint16_t last_outage() const { return last_outage_; }
  // From the midnight (UTC) before last on, as far as the blocks go, oldest first.
  [[nodiscard]] const std::deque<Interval>& intervals(std::chrono::seconds since_start);
  // Those of the months before the start are guessed from a straight line; oldest first.
  [[nodiscard]] const std::deque<SelfRead>& months(std::chrono::seconds since_start);

 private:
  [[nodiscard]] std::chrono::seconds since_start(std::chrono::sys_seconds time) const;

  HouseholdSettings settings_;
  std::chrono::minutes zone_;
  Household profile_household_;
  Household month_household_;
  bool has_other_log_;
  std::deque<LoggedEvent> events_;
  std::deque<LoggedEvent> other_events_;
  std::uint32_t sequence_ = 4'710;  // of the last event, in whichever log
  std::deque<Outage> outages_;
  std::uint16_t last_outage_ = 16;
  Status noticed_;
  std::optional<unsigned> tier_;
  std::deque<Interval> intervals_;
  std::deque<SelfRead> months_;
};

}  // namespace irmetersim
