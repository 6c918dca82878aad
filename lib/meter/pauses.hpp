// What is read in the pauses between polls: what somebody has asked for, and rows of the plan with
// a period of their own, one read at a time.
//
// A meter may lack each table. One that is refused, or that makes no sense, is left out for a day.
#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "lib/meter/plan_row.hpp"
#include "lib/meter/row_read.hpp"
#include "lib/queue.hpp"

namespace irmeter {

// What is read beside the polls.
struct Pace {
  QuantitySet fast = usual_quantities();  // with each poll; the others are slow values
  // Of slow values, and of rows that have no period of their own. Nothing: no row is read in a
  // pause.
  std::optional<Duration> slow_interval;
  // How long a table is left out that is refused, or that makes no sense.
  Duration leave_out = std::chrono::hours(24);
};

// A table was read in a pause. Up to 128 bytes of it need no memory.
struct TableBytes {
  TableRead what;
  Bytes bytes;
  Instant asked;     // when its last part was asked for
  Instant answered;  // when all of it was there
};
// All slow values were read: PlanRow::Known::details.
struct AllDetails {};
// A table is left out from now on. The context of the failure begins with its name.
struct TableLeftOut {
  TableId table = 0;
  Failure failure;
};
// What has come of Pauses::ask().
struct TableAnswer {
  TableRead what;
  std::variant<Bytes, Failure> result;
  // Of a failure: the table that is to blame; nothing where the meter could not be read.
  std::optional<TableId> blamed = std::nullopt;
};
using PauseNews = std::variant<TableBytes, AllDetails, LogNews, TableLeftOut, TableAnswer>;

class Pauses {
 public:
  // rows outlive this.
  Pauses(std::span<const PlanRow> rows, const Pace& pace);

  // A poll in a new session, of so many bytes in a read at most, or in the one there is: what is
  // due is so by then.
  void begin(std::size_t max_read, Instant now);
  void restart(Instant now) { began_ = now; }
  // The poll has brought a reading. line_is_good: without noise, and nothing was sent twice.
  void polled(bool line_is_good);
  // The meter was identified.
  void identified(PlanRow::Known& known);
  // Another meter may be at the end of the next line.
  void forget_meter();

  // What is not read with each poll; nothing where no row is read in a pause.
  [[nodiscard]] const QuantitySet& slow() const { return slow_; }
  [[nodiscard]] bool has_due(const PlanRow::Known& known, Instant now) const;

  // The read that comes next, of so many bytes at most; nothing where none is due. What was asked
  // for comes first. rows: false leaves it at that.
  [[nodiscard]] std::optional<TableRead> next(const PlanRow::Known& known, std::size_t most,
                                              bool rows);
  // What came of that read.
  void take(ByteView bytes, PlanRow::Known& known, Instant asked, Instant now);
  void fail_read(Failure failure, PlanRow::Known& known);
  // A poll came before the answer to that read. What somebody has asked for is then read anew,
  // once; false where it is not.
  [[nodiscard]] bool put_off_read();
  [[nodiscard]] std::optional<PauseNews> news() { return has_pauses ? news_.pop() : std::nullopt; }

  // Any part of any table. With a count of 0 all of it, where that fits one answer. False where so
  // much is asked for already that it is not taken; what is taken is answered in its order.
  bool ask(const TableRead& what);
  [[nodiscard]] bool asked() const { return !asked_.empty(); }
  // Nothing can be read at present: ends what was asked for.
  void fail(const Failure& failure);
  // The slow values are due at once.
  void repeat_details();
  // What is left out may be asked for again.
  void retry_tables();

 private:
  struct RowState {
    std::optional<Instant> done;      // since when it needs no read
    std::optional<Instant> left_out;  // until then
    bool answered = false;            // by this meter, once
    bool failed = false;              // the last time, although it has been answered before
  };
  struct Silent {
    std::size_t row;
    TableLeftOut what;
  };

  void forget_reads();
  [[nodiscard]] Wanted wanted(const PlanRow::Known& known) const {
    return {slow_, known.dimensions};
  }
  [[nodiscard]] bool due(std::size_t row, const PlanRow::Known& known, Instant began) const;
  [[nodiscard]] Duration period_of(const PlanRow& row) const;
  void leave_out(Failure failure, TableId table, PlanRow::Known& known);
  void tell_details(PlanRow::Known& known);
  void end_asked(std::variant<Bytes, Failure> result, std::optional<TableId> blamed = {});

  std::span<const PlanRow> rows_;  // those of the polls, too
  Pace pace_;
  QuantitySet slow_;
  std::vector<RowState> states_;  // by row; of no row where none is read in a pause
  std::size_t max_read_ = 0;      // bytes that one read may bring
  Instant began_{};               // the poll before the pause

  // Whose tables the states are of.
  std::string serial_number_;
  Firmware firmware_{};
  std::optional<std::size_t> row_;  // begun
  RowRead read_of_row_;
  std::optional<Silent> silent_;  // until the meter answers again, or fails to
  bool details_changed_ = false;
  std::vector<TableRead> asked_;   // the first one may have begun
  RowRead answer_;                 // to it
  std::optional<TableRead> read_;  // under way
  bool reads_asked_ = false;       // it is of asked_
  bool put_off_ = false;           // the first of asked_, once
  Queue<PauseNews> news_;
};

}  // namespace irmeter
