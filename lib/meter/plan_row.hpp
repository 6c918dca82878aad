// One read of a table: when it is made, what it brings, and what it means where that fails.
//
// A table that is read at a pace of its own is a row more; another kind of meter on the same link
// has other rows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lib/fault.hpp"
#include "lib/meter/event_log.hpp"
#include "lib/meter/mbus.hpp"
#include "lib/meter/mbus_reads.hpp"
#include "lib/meter/status.hpp"
#include "lib/meter/tables.hpp"
#include "lib/meter/transformers.hpp"
#include "lib/time.hpp"

namespace irmeter {

struct PlanRow {
  // What the reads before it have brought.
  struct Known {
    Identity identity;
    Firmware firmware{};
    Dimensions dimensions;
    Values values;
    Values details;  // the values of the pauses
    StatusFlags flags;
    // BT74, ET79, ET81; they stay while the meter is the same.
    std::array<EventLog, has_pauses ? 3 : 0> logs;
    std::uint8_t refusal = 0;       // of the row before, the response code where there was one
    std::uint8_t most_tariffs = 0;  // that BT20 has room for; 0: not told
    Ratios ratios;
    MbusDimensions mbus;
    bool gives_mbus = false;  // what its M-Bus devices have sent
    [[no_unique_address]] MbusReads mbus_reads;

    // There is a new entry, by what the meter says elsewhere.
    void look_at_logs() {
      for (EventLog& log : logs) {
        log.look();
      }
    }
    // Before another meter is read.
    void forget_values() {
      dimensions = {};
      values.clear();
      details.clear();
      flags.reset();
      refusal = 0;
      most_tariffs = 0;
      ratios = {};
      mbus = {};
      gives_mbus = false;
      mbus_reads = {};
    }
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

[[nodiscard]] constexpr bool is_key(const PlanRow& row) {
  return row.what == nullptr && !row.values;
}
[[nodiscard]] constexpr bool is_of_pauses(const PlanRow& row) {
  return row.when == PlanRow::When::each_period || row.when == PlanRow::When::as_wanted;
}

}  // namespace irmeter
