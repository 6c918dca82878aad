// A table of timers: each is a name and the moment it was set to, or it is stopped.
//
// Whoever waits sleeps until next(); whoever is woken asks each timer whether it has expired. So a
// timer that is set is also waited for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "lib/time.hpp"

namespace irmeter {

// The earlier of two moments, of which either may be missing.
[[nodiscard]] inline std::optional<Instant> earlier(std::optional<Instant> one,
                                                    std::optional<Instant> other) {
  return one && other ? std::min(*one, *other) : one ? one : other;
}

// Name: an enum class whose last value is `count`.
template <typename Name>
class Timers {
 public:
  Timers() { stop_all(); }

  void set(Name timer, std::optional<Instant> at) { at_[index(timer)] = at.value_or(never); }
  // To this moment, unless it is set to a later one already.
  void put_off(Name timer, Instant at) {
    set(timer, running(timer) ? std::max(at_[index(timer)], at) : at);
  }
  void stop(Name timer) { at_[index(timer)] = never; }
  void stop_all() { at_.fill(never); }
  [[nodiscard]] bool running(Name timer) const { return at_[index(timer)] != never; }

  // True once when its moment has come; the timer has stopped then.
  [[nodiscard]] bool expired(Name timer, Instant now) {
    if (!running(timer) || now < at_[index(timer)]) {
      return false;
    }
    stop(timer);
    return true;
  }

  // When the first of them expires; nothing while all are stopped.
  [[nodiscard]] std::optional<Instant> next() const {
    const Instant first = *std::ranges::min_element(at_);
    return first == never ? std::nullopt : std::optional(first);
  }

 private:
  static constexpr std::size_t index(Name timer) { return static_cast<std::size_t>(timer); }
  static constexpr Instant never = Instant::max();  // of one that is stopped
  std::array<Instant, index(Name::count)> at_{};
};

}  // namespace irmeter
