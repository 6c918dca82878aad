// How far a meter's clock is ahead of this machine's, from answers that show whole seconds.
#pragma once

#include <chrono>
#include <optional>

namespace irmeterd {

// The kernel's word for it: a time service keeps this machine's clock right.
[[nodiscard]] bool clock_is_synchronised();

// The meter's clock showed `shown` at some moment between `asked` and `answered`, so it was within
// the second from there. Of all offsets that are possible then the one that is nearest to the one
// before, in the middle where there is none: what has not changed stays what it was.
[[nodiscard]] std::chrono::milliseconds clock_offset(
    std::chrono::sys_seconds shown, std::chrono::system_clock::time_point asked,
    std::chrono::system_clock::time_point answered,
    std::optional<std::chrono::milliseconds> before);

// How far a meter's local clock, which is set once a minute, is ahead of the one that shows UTC:
// quarters of an hour. `later`: how long after the other one it was read. Nothing where the two
// differ by what no zone has.
[[nodiscard]] std::optional<std::chrono::minutes> zone_of(std::chrono::sys_seconds utc,
                                                          std::chrono::sys_seconds local,
                                                          std::chrono::seconds later);

}  // namespace irmeterd
