// What is read of a meter, how often and in which order: a table with a row for each read.
//
// A session makes the reads; the plan says which comes next and keeps what they bring. Some rows
// make a poll. The others fill the pauses between polls, one read at a time, and a meter may lack
// each of them: one that is refused, or that makes no sense, is left out for a day. A table that is
// read at a pace of its own is a row more; another kind of meter on the same link has other rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/event_log.hpp"
#include "lib/meter/status.hpp"
#include "lib/meter/tables.hpp"
#include "lib/queue.hpp"
#include "lib/time.hpp"

namespace irmeter {

struct PlanRow {
  // What the reads before it have brought.
  struct Known {
    Identity identity;
    Dimensions dimensions;
    Values values;
    Values details;  // the values of the pauses
    StatusFlags flags;
    EventLog log;              // stays while the meter is the same
    std::uint8_t refusal = 0;  // of the row before, the response code where there was one
  };

  enum class When : std::uint8_t {
    once,          // of each meter
    each_session,  // when it is opened
    each_poll,
    instead,      // of the row before, where that one asks for it
    each_period,  // in a pause
    as_wanted,    // in a pause, as long as `what` names a part
  };
  enum class IfRefused : std::uint8_t {
    fail,     // there is no doing without it
    go_on,    // without it
    lacking,  // without it where the meter lacks the table; else fail
    instead,  // with the next row where the meter lacks the table; else fail
  };

  When when = When::each_poll;
  // Which part of a table; nothing where there is none to be read. Null where it is a row of
  // values, and in the one row that is not a read: it shows the key.
  std::optional<TableRead> (*what)(const Known& known) = nullptr;
  // Takes the table's bytes, exactly as many as were asked for, or none where it was refused. A
  // Failure where the meter cannot be read as this plan would, or, in a pause, where they make no
  // sense. Null where nothing below depends on them.
  std::optional<Failure> (*take)(ByteView table, Known& known) = nullptr;
  // Not asked in a pause, where every row is done without.
  IfRefused refused = IfRefused::fail;
  bool lost_matters = true;            // false: the plan goes on without what was damaged
  std::optional<TableId> values = {};  // the values of this table that are wanted at this pace
  std::size_t together = 0;            // bytes from the start that one read is to bring
  Duration period{};                   // of each_period; 0: the interval of the slow values
};

// The rows of NES meters. Source: ANSI C12.19 and the OSGP Alliance's guide to the optical port;
// the order is ours.
[[nodiscard]] std::span<const PlanRow> nes_plan();
// Those of them that make a poll, for who reads nothing in the pauses.
[[nodiscard]] std::span<const PlanRow> nes_polls();

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
// The slow values, once all of them were read.
struct Details {
  Values values;
};
// A table is left out from now on. The context of the failure begins with its name.
struct TableLeftOut {
  TableId table = 0;
  Failure failure;
};
// What has come of Plan::ask().
struct TableAnswer {
  TableRead what;
  std::variant<Bytes, Failure> result;
};
using PauseNews = std::variant<TableBytes, Details, LogNews, TableLeftOut, TableAnswer>;

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
  [[nodiscard]] Reading reading() const { return {known_.values, known_.dimensions.assumed}; }

  // What is not read with each poll; nothing where no row is read in a pause.
  [[nodiscard]] const QuantitySet& slow() const { return slow_; }
  [[nodiscard]] std::size_t max_read() const { return max_read_; }
  // In a pause: the read that comes next, of so many bytes at most; nothing where none is due. What
  // was asked for comes first. rows: false leaves it at that.
  [[nodiscard]] std::optional<TableRead> next_in_pause(std::size_t most, bool rows);
  // What came of that read.
  void take_in_pause(ByteView bytes, Instant asked, Instant now);
  void fail_in_pause(Failure failure);
  [[nodiscard]] std::optional<PauseNews> news() { return news_.pop(); }

  // Any part of any table, to be read in a pause. With a count of 0 all of it, where that fits one
  // answer. False where so much is asked for already that it is not taken; what is taken is
  // answered in its order.
  bool ask(const TableRead& what);
  [[nodiscard]] bool asked() const { return !asked_.empty(); }
  // Nothing can be read at present: ends what was asked for.
  void fail(const Failure& failure);
  // The slow values are due at once.
  void repeat_details();
  // What is left out may be asked for again.
  void retry_tables();

 private:
  // How far a read of one row has come, of which more than one part may be needed.
  struct Progress {
    TableRead whole;         // nothing of a row of values
    std::uint32_t from = 0;  // of a row of values: the first byte that was not read yet
    Bytes taken;
  };
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

  void forget(PlanRow::When when, std::size_t from = 0);
  void forget_pause();
  void enter(std::size_t row);
  void leave();
  [[nodiscard]] bool due(std::size_t row) const;
  [[nodiscard]] bool due_in_pause(std::size_t row, Instant began) const;
  [[nodiscard]] bool has_part(const PlanRow& row) const;
  [[nodiscard]] Duration period_of(const PlanRow& row) const;
  [[nodiscard]] const QuantitySet& wanted(const PlanRow& row) const;
  void start(Progress& progress, std::size_t row) const;
  [[nodiscard]] TableRead part(const PlanRow& row, const Progress& progress,
                               std::size_t most) const;
  [[nodiscard]] std::optional<TableRead> values_part(const PlanRow& row, std::uint32_t from,
                                                     std::size_t most) const;
  bool take_part(const PlanRow& row, Progress& progress, std::uint32_t offset, ByteView bytes);
  void leave_out(Failure failure, TableId table);
  void tell_details();
  void end_asked(std::variant<Bytes, Failure> result);

  std::span<const PlanRow> rows_;
  Pace pace_;
  QuantitySet slow_;
  std::vector<RowState> states_;  // by row
  std::size_t max_read_ = 0;      // bytes that one read may bring
  Instant began_{};               // the poll
  PlanRow::Known known_;
  Identity told_;  // by identified()

  std::size_t row_ = 0;  // of the poll
  Progress poll_;

  Identity left_out_of_;                 // whose tables the states are of
  std::optional<std::size_t> slow_row_;  // of the pause, begun
  Progress pause_;
  std::optional<Silent> silent_;  // until the meter answers again, or fails to
  bool details_changed_ = false;
  std::vector<TableRead> asked_;   // the first one may have begun
  Progress answer_;                // to it
  std::optional<TableRead> read_;  // of the pause, under way
  bool reads_asked_ = false;       // it is of asked_
  Queue<PauseNews> news_;
};

}  // namespace irmeter
