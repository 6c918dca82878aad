#include "common/config/quiet_hours.hpp"

#include <algorithm>
#include <ctime>

namespace irmeterd {
namespace {

using std::chrono::minutes;
using std::chrono::system_clock;

std::tm local_time(std::time_t time) {
  std::tm local{};
  localtime_r(&time, &local);
  return local;
}

bool is_quiet_at(std::span<const QuietHours> hours, const std::tm& local) {
  const minutes time = std::chrono::hours(local.tm_hour) + minutes(local.tm_min);
  return std::any_of(hours.begin(), hours.end(), [time](const QuietHours& range) {
    return range.begin < range.end ? range.begin <= time && time < range.end
                                   : range.begin <= time || time < range.end;
  });
}

}  // namespace

bool is_quiet(std::span<const QuietHours> hours, system_clock::time_point now) {
  return is_quiet_at(hours, local_time(system_clock::to_time_t(now)));
}

std::optional<system_clock::time_point> next_change(std::span<const QuietHours> hours,
                                                    system_clock::time_point now) {
  if (hours.empty()) {
    return std::nullopt;
  }
  // Minute by minute, for any of them may be the one that daylight saving time leaves out, repeats
  // or moves into a range. Two days see every time of the day, and one that was left out again.
  constexpr std::time_t two_days = std::chrono::seconds(std::chrono::days(2)).count();
  std::time_t time = system_clock::to_time_t(now);
  const std::time_t end = time + two_days;
  std::tm local = local_time(time);
  const bool quiet_now = is_quiet_at(hours, local);
  while (time < end) {
    time += std::max(1, 60 - local.tm_sec);  // 60 in a leap second
    local = local_time(time);
    if (is_quiet_at(hours, local) != quiet_now) {
      return system_clock::from_time_t(time);
    }
  }
  return std::nullopt;
}

}  // namespace irmeterd
