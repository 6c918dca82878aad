// What the simulated meter keeps: its log, its load profile and its self-reads.
//
// All of it is brought up to date when somebody reads. The load profile and the self-reads follow
// from the household alone, before the start as after it, so that they agree with the registers to
// the Wh; the log has what happens to this meter since it was switched on.
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
inline constexpr std::uint16_t invalid_password = 72;
}  // namespace event

inline constexpr std::uint16_t no_user = 0xFFFF;

struct LoggedEvent {
  std::chrono::sys_seconds time;  // of the meter's clock
  std::uint32_t sequence = 0;
  std::uint16_t user = no_user;  // of the log-on, or no_user
  std::uint16_t id = 0;
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
  static constexpr std::chrono::minutes interval{15};
  static constexpr std::size_t intervals_per_block = 96;
  static constexpr std::size_t blocks = 6;
  static constexpr std::size_t self_reads = 12;

  // zone: how far the household's clock is ahead of UTC.
  MeterMemory(const HouseholdSettings& household, std::chrono::minutes zone);

  // clock: what the meter's shows, for the time stamps of the log.
  void log(std::uint16_t id, std::chrono::sys_seconds clock, std::uint16_t user = no_user);
  // Logs the flags that have come since the last time.
  void notice_flags(const Status& status, std::chrono::sys_seconds clock);
  // Logs that another tier counts than the last time.
  void notice_tier(unsigned tier, std::chrono::sys_seconds clock);

  // The newest log_entries, oldest first.
  [[nodiscard]] const std::deque<LoggedEvent>& events() const { return events_; }
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
  std::deque<LoggedEvent> events_;
  std::uint32_t sequence_ = 4'710;  // of the last event
  Status noticed_;
  std::optional<unsigned> tier_;
  std::deque<Interval> intervals_;
  std::deque<SelfRead> months_;
};

}  // namespace irmetersim
