// What is read of a meter, how often and in which order: a table with a row for each read.
//
// A session makes the reads; the plan says which comes next and keeps what they bring. A table that
// is read at a pace of its own is a row more; another kind of meter on the same link has other
// rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/tables.hpp"
#include "lib/time.hpp"

namespace irmeter {

struct PlanRow {
  // What the reads before it have brought.
  struct Known {
    Identity identity;
    Dimensions dimensions;
    Values values;
    std::uint8_t refusal = 0;  // of the row before, the response code where there was one
  };

  enum class When : std::uint8_t {
    once,          // of each meter
    each_session,  // when it is opened
    each_poll,
    each_period,
    instead,  // of the row before, where that one asks for it
  };
  enum class IfRefused : std::uint8_t {
    fail,     // there is no doing without it
    go_on,    // without it
    lacking,  // without it where the meter lacks the table; else fail
    instead,  // with the next row where the meter lacks the table; else fail
  };

  When when = When::each_poll;
  // Which part of a table; nothing where there is none to be read. Null in the one row that is not
  // a read: it shows the key.
  std::optional<TableRead> (*what)(const Known& known) = nullptr;
  // Takes the table's bytes, exactly as many as were asked for, or none where it was refused. A
  // Failure where the meter cannot be read as this plan would.
  std::optional<Failure> (*take)(ByteView table, Known& known) = nullptr;
  IfRefused refused = IfRefused::fail;
  bool lost_matters = true;                 // false: the plan goes on without what was damaged
  std::size_t together = 0;                 // bytes from the start that one read is to bring
  Duration period = std::chrono::hours(1);  // of each_period, and more than 0
};

// The rows of NES meters. Source: ANSI C12.19 and the OSGP Alliance's guide to the optical port;
// the order is ours.
[[nodiscard]] std::span<const PlanRow> nes_plan();

class Plan {
 public:
  struct Complete {};
  struct ShowKey {};
  using Next = std::variant<Complete, TableRead, ShowKey>;

  explicit Plan(std::span<const PlanRow> rows = nes_plan()) : rows_(rows), done_(rows.size()) {}

  // A poll in a new session, or in the one there is: whatever is due by now.
  void begin(const Negotiated& limits, Instant now);
  void restart(Instant now);
  // Another meter may be at the end of the next line.
  void forget_meter();

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
  [[nodiscard]] Reading reading() const { return {known_.values, known_.dimensions.assumed}; }

 private:
  void forget(PlanRow::When when, std::size_t from = 0);
  void enter(std::size_t row);
  void leave();
  [[nodiscard]] bool due(std::size_t row) const;

  std::span<const PlanRow> rows_;
  std::vector<std::optional<Instant>> done_;  // since when a row needs no read; by row
  std::size_t row_ = 0;                       // the present one
  Bytes taken_;                               // of its table
  std::size_t max_read_ = 0;                  // bytes that one read may bring
  Instant began_{};                           // the poll
  PlanRow::Known known_;
  Identity told_;  // by identified()
};

}  // namespace irmeter
