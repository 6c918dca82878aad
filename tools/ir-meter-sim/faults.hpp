// The faults that are switched on, and the decision whether one of them strikes now.
//
// Every place where something can go wrong (line, session, values, endpoint) asks here at each of
// its occasions. Nothing is decided by a clock or a random device: the same faults, asked in the
// same order, strike at the same moments.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <random>
#include <string_view>

#include "tools/ir-meter-sim/fault.hpp"

namespace irmetersim {

class Faults {
 public:
  // A fault that is switched on.
  struct Active {
    Fault fault;
    Instant since;  // when it was switched on
    std::mt19937_64 random;
    std::uint64_t occasions = 0;
    std::uint64_t struck = 0;

    // 0 <= result < count.
    [[nodiscard]] std::size_t below(std::size_t count) {
      return static_cast<std::size_t>(random() % count);
    }
    [[nodiscard]] bool on(Instant now) const;
  };

  // Switches a fault on; its window in time begins now.
  void add(const Fault& fault, Instant now);
  // As on the command line. Throws std::invalid_argument for a spec that does not parse.
  void add(std::string_view spec, Instant now);
  // All faults are over at once, with everything they have brought about.
  void end() { active_.clear(); }

  // An occasion for this kind of fault, a read with the table that is read: who strikes, or nobody.
  // Valid until end().
  [[nodiscard]] Active* strike(FaultKind kind, Instant now,
                               std::optional<std::uint16_t> table = {});
  // Somebody who would, at the right occasion.
  [[nodiscard]] const Active* find(FaultKind kind, Instant now) const;
  // When find() may next change its answer by the time alone.
  [[nodiscard]] std::optional<Instant> next_change(FaultKind kind, Instant now) const;
  [[nodiscard]] bool none() const { return active_.empty(); }

  // How often this kind has struck, also after end().
  [[nodiscard]] std::uint64_t struck(FaultKind kind) const {
    return struck_[static_cast<std::size_t>(kind)];
  }
  // Is told of every strike.
  void set_observer(std::function<void(FaultKind)> observer) { observer_ = std::move(observer); }

 private:
  std::list<Active> active_;
  std::array<std::uint64_t, fault_count> struck_{};
  std::function<void(FaultKind)> observer_;
};

}  // namespace irmetersim
