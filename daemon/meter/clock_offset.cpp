#include "daemon/meter/clock_offset.hpp"

#include <sys/timex.h>

#include <algorithm>

namespace irmeterd {

using std::chrono::milliseconds;

bool clock_is_synchronised() {
  timex state{};
  return ::adjtimex(&state) >= 0 && (static_cast<unsigned>(state.status) & STA_UNSYNC) == 0;
}

milliseconds clock_offset(std::chrono::sys_seconds shown,
                          std::chrono::system_clock::time_point asked,
                          std::chrono::system_clock::time_point answered,
                          std::optional<milliseconds> before) {
  constexpr std::chrono::seconds resolution(1);
  const auto least = std::chrono::floor<milliseconds>(shown - answered);
  const auto most = std::chrono::ceil<milliseconds>(shown + resolution - asked);
  return std::clamp(before.value_or((least + most) / 2), least, std::max(least, most));
}

std::optional<std::chrono::minutes> zone_of(std::chrono::sys_seconds utc,
                                            std::chrono::sys_seconds local,
                                            std::chrono::seconds later) {
  using Quarters = std::chrono::duration<int, std::ratio<900>>;
  constexpr std::chrono::seconds half_a_minute(30);  // it is behind by, on average
  const std::chrono::seconds ahead = local + half_a_minute - utc - later;
  const auto zone = std::chrono::round<Quarters>(ahead);
  constexpr std::chrono::hours most(14);
  constexpr std::chrono::minutes doubt(3);
  return std::chrono::abs(ahead - zone) > doubt || std::chrono::abs(zone) > most
             ? std::nullopt
             : std::optional(std::chrono::minutes(zone));
}

}  // namespace irmeterd
