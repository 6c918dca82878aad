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

}  // namespace irmeterd
