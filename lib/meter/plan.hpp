// What comes next in a poll, by the rows of a plan, and what has come of it.
//
// A session makes the reads; the plan says which comes next and keeps what they bring. Some rows
// make a poll; the others are left to the pauses behind it.
#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/nes_plan.hpp"
#include "lib/meter/pauses.hpp"
#include "lib/meter/row_read.hpp"

namespace irmeter {

class Plan {
 public:
  struct Complete {};
  struct ShowKey {};
  using Next = std::variant<Complete, TableRead, ShowKey>;

  explicit Plan(std::span<const PlanRow> rows = nes_plan(), const Pace& pace = {});

  // A poll in a new session, or in the one there is: whatever is due by now.
  void begin(const Negotiated& limits, Instant now);
  void restart(Instant now);
  // Another meter may be at the end of the next line.
  void forget_meter();

  // Whether all that a session is for which begins now fits answers of one packet each, as far as
  // the meter is known.
  [[nodiscard]] bool has_short_reads(Instant now) const;
  [[nodiscard]] Next next() const;

  // What came of the read that next() names.
  [[nodiscard]] std::optional<Failure> take(ByteView table);
  // False where there is no doing without it.
  [[nodiscard]] bool take_refusal(std::uint8_t code);
  [[nodiscard]] bool take_loss();
  // The key was shown.
  void take_key() { leave(); }

  // The meter was identified; once for each time it was, or is another.
  [[nodiscard]] std::optional<Identity> identified();
  // Of the meter that is read, once it was identified.
  [[nodiscard]] const std::string& serial_number() const { return known_.identity.serial_number; }
  // Only when the plan is complete.
  [[nodiscard]] Reading reading() const {
    return {known_.values, known_.dimensions.assumed, known_.dimensions.register_unit};
  }

  [[nodiscard]] std::size_t max_read() const { return max_read_; }
  // What the reads have brought, those of the pauses too.
  [[nodiscard]] PlanRow::Known& known() { return known_; }
  [[nodiscard]] Pauses& pauses() { return pauses_; }
  [[nodiscard]] const Pauses& pauses() const { return pauses_; }

 private:
  void forget(PlanRow::When when, std::size_t from = 0);
  void enter(std::size_t row);
  void start();
  void leave();
  [[nodiscard]] bool due(std::size_t row) const;
  [[nodiscard]] Wanted wanted() const { return {fast_, known_.dimensions}; }

  std::span<const PlanRow> rows_;
  QuantitySet fast_;
  PlanRow::Known known_;
  Pauses pauses_;
  std::vector<std::uint8_t> done_;  // by row: it needs no read
  std::size_t max_read_ = 0;        // bytes that one read may bring
  Identity told_;                   // by identified()
  std::size_t row_ = 0;
  RowRead read_;
  TableRead part_;  // of it, that comes next
};

}  // namespace irmeter
