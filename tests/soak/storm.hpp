// A reader and its meter in bad weather, drawn by seed: faults of every kind, alone and together,
// that come and go, a line that is lost and found again, a machine that falls asleep, quiet hours,
// somebody who asks for readings, and a reader that is started anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/moving_truth.hpp"
#include "tests/support/pair.hpp"

namespace irmeter::testing {

class Storm {
 public:
  Storm(const Bench& bench, std::uint64_t seed);

  // Bad weather that changes every few seconds or minutes, for so long.
  void rage(Duration time);
  // The sun comes out: every fault is over.
  void clear_up();
  // Goes on as it is, until the condition holds; false if that takes longer.
  bool run_until(const std::function<bool()>& condition, Duration within);
  void run_for(Duration time);
  // Somebody does what the state asks for, where only a person can.
  void ask_again();

  // Since the beginning.
  struct Totals {
    std::uint64_t polls = 0;
    std::uint64_t readings = 0;
    std::uint64_t held = 0;         // values
    std::uint64_t extra = 0;        // occasions on which a poll may begin or end beside the grid
    std::vector<std::string> lies;  // readings that were not true, and when
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }
  // The latest poll; nothing after ask_again() has helped it.
  [[nodiscard]] const std::optional<PollEnded>& latest() const { return latest_; }
  // Values that the meter has shown and not measured.
  [[nodiscard]] std::uint64_t false_values();

  SimulatedPair pair;

 private:
  void change();
  void add_fault();
  void add_false_values();
  void disturb_wires();
  void incident(Duration rest);
  void lose_line(Duration time);
  void restart();
  void tell(void (Meter::*what)(Instant));
  void set_quiet(bool quiet);
  void take_polls();
  // 0 <= result < count.
  [[nodiscard]] std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(random_() % count);
  }
  [[nodiscard]] bool one_in(std::size_t count) { return below(count) == 0; }

  Bench bench_;
  std::mt19937_64 random_;
  MovingTruth truth_;
  Totals totals_;
  std::optional<PollEnded> latest_;
  bool shows_false_values_ = false;
  bool is_clean_ = false;  // the reader has a true value of everything
  std::string forecast_;   // what is wrong now, for who has to find out
};

}  // namespace irmeter::testing
