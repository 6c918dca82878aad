// Whether a value can be true.
//
// NES meters are known to jump by more than 1000 kWh and to fall back, with every checksum right. A
// value that cannot be true is therefore withheld until several readings in a row agree on it
// (another meter, a roll-over). A register waits for minutes of them and keeps the last value that
// was published meanwhile, as it still counts at least that much; a momentary value is absent, for
// two readings at most. The first value of a register could be anything, so the next one has to
// agree with it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/meter/reading.hpp"
#include "lib/time.hpp"

namespace irmeter {

// What the connection carries at most. The registers of a meter behind current transformers count
// the primary side, so its fuse is the one to give.
struct MainFuse {
  unsigned phases = 3;    // 1 or 3
  unsigned amperes = 63;  // per phase, 1..4'000

  friend bool operator==(const MainFuse&, const MainFuse&) = default;
};

struct PlausibilityOptions {
  MainFuse main_fuse;
  // How long readings must agree on a new level of a register, 0 to 24 h.
  Duration jump_after = std::chrono::minutes(10);

  friend bool operator==(const PlausibilityOptions&, const PlausibilityOptions&) = default;
};

class Plausibility {
 public:
  // The first level of a register is published with the second reading in a row that agrees on it,
  // a new one of any quantity accepted with the third at the earliest.
  static constexpr unsigned first_agreeing_readings = 2;
  static constexpr unsigned agreeing_readings = 3;

  // A value that breaks the rules and is published all the same.
  struct Accepted {
    Quantity quantity{};
    std::optional<std::int64_t> before;  // the last one published, absent if there was none
    std::int64_t now = 0;

    friend bool operator==(const Accepted&, const Accepted&) = default;
  };

  struct Checked {
    // Registers that are withheld have the value published last, if there was one; what else is
    // withheld is absent, and so is what was computed from it.
    Reading reading;
    QuantitySet withheld;  // what was read and cannot be true
    std::vector<Accepted> accepted;
  };

  explicit Plausibility(const PlausibilityOptions& options) : options_(options) {}

  // now: when the reading was complete, never earlier than the time before. A quantity the reading
  // lacks changes nothing.
  [[nodiscard]] Checked check(const Reading& read, Instant now);
  // What comes next is the first: another meter. published: what its registers were known to be, at
  // that time, which it is compared with.
  void begin_anew(const Values& published = {}, Instant at = {});
  // A reading was checked, with which the next one can be compared.
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  struct Sample {
    std::int64_t value = 0;
    Instant at = Instant::min();  // where there is none

    [[nodiscard]] bool is_there() const { return at != Instant::min(); }
  };
  // Values that were read since the published one and could not be true.
  struct Doubt {
    Quantity quantity{};
    unsigned agreeing = 0;  // so many in a row
    Instant since{};        // the first of them
    Sample latest;
  };

  [[nodiscard]] Doubt* doubt_of(Quantity quantity);
  [[nodiscard]] bool plausible(const QuantityInfo& quantity, const Sample& before,
                               const Sample& now) const;
  [[nodiscard]] bool agreed(const Doubt& doubt) const;
  [[nodiscard]] bool in_range(const QuantityInfo& quantity, std::int64_t value) const;
  [[nodiscard]] std::int64_t most_power() const;
  [[nodiscard]] std::int64_t most_rise(Duration elapsed) const;

  PlausibilityOptions options_;
  bool begun_ = false;
  std::array<Sample, quantity_count> published_{};  // what was published last
  std::vector<Doubt> doubts_;                       // takes memory while there are any
};

}  // namespace irmeter
