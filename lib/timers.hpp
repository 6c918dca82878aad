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
  void set(Name timer, std::optional<Instant> at) { at_[index(timer)] = at; }
  // To this moment, unless it is set to a later one already.
  void put_off(Name timer, Instant at) {
    std::optional<Instant>& old = at_[index(timer)];
    old = old ? std::max(*old, at) : at;
  }
  void stop(Name timer) { at_[index(timer)].reset(); }
  void stop_all() { at_.fill(std::nullopt); }
  [[nodiscard]] bool running(Name timer) const { return at_[index(timer)].has_value(); }

  // True once when its moment has come; the timer has stopped then.
  [[nodiscard]] bool expired(Name timer, Instant now) {
    std::optional<Instant>& at = at_[index(timer)];
    if (!at || now < *at) {
      return false;
    }
    at.reset();
    return true;
  }

  // When the first of them expires; nothing while all are stopped.
  [[nodiscard]] std::optional<Instant> next() const {
    std::optional<Instant> first;
    for (const std::optional<Instant>& at : at_) {
      first = earlier(first, at);
    }
    return first;
  }

 private:
  static constexpr std::size_t index(Name timer) { return static_cast<std::size_t>(timer); }
  std::array<std::optional<Instant>, index(Name::count)> at_{};
};

}  // namespace irmeter
