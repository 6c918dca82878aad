#include "tools/ir-meter-sim/meter_memory.hpp"

#include <algorithm>

namespace irmetersim {
namespace {

using std::chrono::days;
using std::chrono::seconds;

// Local midnight at the end of the month so many months from that of the time.
std::chrono::local_seconds end_of_month(std::chrono::local_seconds time, int months) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  const auto month = date.year() / date.month() + std::chrono::months(months + 1);
  return std::chrono::local_days(month / std::chrono::day(1));
}

bool is_of_quality(std::uint16_t id) {
  return id == event::phase_loss || id == event::power_quality;
}

}  // namespace

MeterMemory::MeterMemory(const HouseholdSettings& household, std::chrono::minutes zone,
                         bool other_log)
    : settings_(household),
      zone_(zone),
      profile_household_(household),
      month_household_(household),
      has_other_log_(other_log) {
  const std::chrono::sys_seconds start(settings_.start.time_since_epoch() - zone_);
  constexpr days ago(12);
  constexpr std::chrono::minutes outage(90);  // what the registers have counted
  if (has_other_log_) {
    log(event::power_quality, start - ago - outage - std::chrono::seconds(2));
  }
  log_outage(start - ago - outage, start - ago);
}

seconds MeterMemory::since_start(std::chrono::sys_seconds time) const {
  return time.time_since_epoch() + zone_ - settings_.start.time_since_epoch();
}

void MeterMemory::log(std::uint16_t id, std::chrono::sys_seconds clock, std::uint16_t user) {
  const bool other = has_other_log_ && is_of_quality(id);
  auto& log = other ? other_events_ : events_;
  const std::size_t room = other ? other_log_entries : log_entries;
  const auto place = static_cast<std::uint16_t>(log.empty() ? 0 : (log.back().place + 1U) % room);
  log.push_back({clock, ++sequence_, user, id, place});
  if (log.size() > room) {
    log.pop_front();
  }
}

void MeterMemory::log_outage(std::chrono::sys_seconds begin, std::chrono::sys_seconds end) {
  log(event::power_down, begin);
  log(event::power_up, end);
  const auto local = [&](std::chrono::sys_seconds time) {
    return std::chrono::local_seconds(time.time_since_epoch() + zone_);
  };
  outages_.push_back({local(begin), local(end)});
  if (outages_.size() > outage_entries) {
    outages_.pop_front();
  }
  ++last_outage_;
}

void MeterMemory::notice_flags(const Status& status, std::chrono::sys_seconds clock) {
  const Status come = status & ~noticed_;
  for (std::size_t bit = 0; bit < come.size(); ++bit) {
    const std::uint16_t id = event_of_flag(bit);
    // That of a wrong key names its user and was logged with it.
    if (come.test(bit) && id != 0 && id != event::invalid_password) {
      log(id, clock);
    }
  }
  noticed_ = status;
}

void MeterMemory::notice_tier(unsigned tier, std::chrono::sys_seconds clock) {
  if (tier_ && tier_ != tier) {
    log(event::tier_switch, clock);
  }
  tier_ = tier;
}

const std::deque<Interval>& MeterMemory::intervals(seconds since) {
  const std::chrono::sys_seconds now(settings_.start.time_since_epoch() - zone_ + since);
  auto end = intervals_.empty() ? std::chrono::floor<days>(now) - days(1) + seconds(interval)
                                : intervals_.back().end + interval;
  for (; end <= now; end += interval) {
    const MeterValues values = profile_household_.values(since_start(end));
    intervals_.push_back(
        {end, {values.summations[summation::forward], values.summations[summation::reverse]}});
  }
  while (std::chrono::floor<days>(intervals_.back().end - seconds(1)) -
             std::chrono::floor<days>(intervals_.front().end - seconds(1)) >=
         days(blocks)) {
    intervals_.erase(intervals_.begin(), intervals_.begin() + intervals_per_block);
  }
  return intervals_;
}

const std::deque<SelfRead>& MeterMemory::months(seconds since) {
  constexpr std::int32_t daily_forward_wh = 9'000;
  constexpr std::int32_t daily_reverse_wh = 6'000;
  if (months_.empty()) {
    const MeterValues at_start = Household(settings_).values(seconds(0));
    for (int ago = static_cast<int>(self_reads); ago > 0; --ago) {
      SelfRead read{end_of_month(settings_.start, -ago), at_start};
      const auto before =
          static_cast<std::int32_t>(std::chrono::floor<days>(settings_.start - read.time).count());
      auto& sums = read.values.summations;
      sums[summation::forward] = std::max(0, sums[summation::forward] - before * daily_forward_wh);
      sums[summation::reverse] = std::max(0, sums[summation::reverse] - before * daily_reverse_wh);
      for (std::size_t tier = 0; tier < settings_.tariffs; ++tier) {
        for (const std::size_t i : {summation::forward, summation::reverse}) {
          read.values.tiers[tier][i] = sums[i] / static_cast<std::int32_t>(settings_.tariffs);
        }
      }
      months_.push_back(read);
    }
  }
  const auto now = settings_.start + since;
  for (auto next = end_of_month(months_.back().time, 0); next <= now;
       next = end_of_month(next, 0)) {
    months_.push_back({next, month_household_.values(next - settings_.start)});
  }
  while (months_.size() > self_reads) {
    months_.pop_front();
  }
  return months_;
}

}  // namespace irmetersim
