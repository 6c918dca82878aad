#include "lib/meter/pauses.hpp"

#include <algorithm>
#include <utility>

namespace irmeter {

using Known = PlanRow::Known;

Pauses::Pauses(std::span<const PlanRow> rows, const Pace& pace)
    : rows_(rows), pace_(pace), slow_(pace.slow_interval ? ~pace.fast : QuantitySet{}) {
  if (std::ranges::any_of(rows_, is_of_pauses)) {
    states_.resize(rows_.size());
  }
}

void Pauses::begin(std::size_t max_read, Instant now) {
  max_read_ = max_read;
  began_ = now;
}

void Pauses::polled(bool line_is_good) {
  if (silent_ && line_is_good) {
    states_[silent_->row].left_out = began_ + pace_.leave_out;
    news_.push(std::move(silent_->what));
  }
  silent_.reset();
}

// What one meter lacks another may have, and one that was given another firmware as well.
void Pauses::identified(Known& known) {
  const std::string& serial_number = known.identity.serial_number;
  if (serial_number == serial_number_ && known.firmware == firmware_) {
    return;
  }
  serial_number_ = serial_number;
  firmware_ = known.firmware;
  states_.assign(states_.size(), {});
  known.logs = {};
  forget_reads();
}

// What is left out stays so: it may well be the same meter.
void Pauses::forget_meter() {
  for (RowState& state : states_) {
    state.done.reset();
  }
  silent_.reset();
  forget_reads();
}

void Pauses::forget_reads() {
  row_.reset();
  answer_.begin({});
  read_.reset();
  details_changed_ = false;
}

bool Pauses::has_due(const Known& known, Instant now) const {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (due(row, known, now)) {
      return true;
    }
  }
  return false;
}

// The moment is that of the poll before the pause, so that what is due with every sixth poll is not
// put off to the seventh for its being a little late.
bool Pauses::due(std::size_t number, const Known& known, Instant began) const {
  const PlanRow& row = rows_[number];
  if (!pace_.slow_interval || !is_of_pauses(row)) {
    return false;
  }
  const RowState& state = states_[number];
  const bool is_left_out = state.left_out && began < *state.left_out;
  const bool is_time =
      row.when == PlanRow::When::as_wanted || !state.done || began - *state.done >= period_of(row);
  return !is_left_out && is_time && has_part(row, wanted(known), known);
}

Duration Pauses::period_of(const PlanRow& row) const {
  return row.period != Duration{} ? row.period : *pace_.slow_interval;
}

std::optional<TableRead> Pauses::next(const Known& known, std::size_t most, bool rows) {
  if (!has_pauses) {
    return std::nullopt;
  }
  read_.reset();
  most = std::min(most, max_read_) / int32_size * int32_size;
  if (most == 0) {
    return std::nullopt;
  }
  reads_asked_ = !asked_.empty();
  if (reads_asked_) {
    if (answer_.bytes().empty()) {
      answer_.begin(asked_.front());
    }
    read_ = answer_.part({}, wanted(known), most);
  } else if (rows) {
    // With other dimensions than those it was begun with, nothing of it may be left.
    if (row_ && rows_[*row_].values && !read_of_row_.has_values(rows_[*row_], wanted(known))) {
      row_.reset();
    }
    for (std::size_t row = 0; row < rows_.size() && !row_; ++row) {
      if (due(row, known, began_)) {
        row_ = row;
        read_of_row_.begin(rows_[row], known);
      }
    }
    if (row_) {
      read_ = read_of_row_.part(rows_[*row_], wanted(known), most);
    }
  }
  if (read_ && read_->count == 0 && most < max_read_ / int32_size * int32_size) {
    read_.reset();  // there is no telling how long it takes
  }
  return read_;
}

void Pauses::take(ByteView bytes, Known& known, Instant asked, Instant now) {
  const TableRead read = *std::exchange(read_, std::nullopt);
  if (reads_asked_) {
    if (answer_.take({}, wanted(known), read, bytes, known.details)) {
      end_asked(answer_.bytes());
    }
    return;
  }
  const std::size_t number = *row_;
  const PlanRow& row = rows_[number];
  if (!read_of_row_.take(row, wanted(known), read, bytes, known.details)) {
    return;
  }
  if (row.take != nullptr) {
    if (auto failure = row.take(read_of_row_.bytes(), known)) {
      leave_out(std::move(*failure), read.table, known);
      return;
    }
  }
  for (EventLog& log : known.logs) {
    if (const auto news = log.news()) {
      news_.push(*news);
    }
  }
  states_[number] = {};
  states_[number].done = began_;
  states_[number].answered = true;
  row_.reset();
  if (row.values) {
    details_changed_ = true;
    tell_details(known);
  } else {
    news_.push(TableBytes{read_of_row_.whole(), read_of_row_.bytes(), asked, now});
  }
}

void Pauses::fail_read(Failure failure, Known& known) {
  const TableRead read = *std::exchange(read_, std::nullopt);
  if (reads_asked_) {
    end_asked(std::move(failure), read.table);
  } else {
    leave_out(std::move(failure), read.table, known);
  }
}

bool Pauses::put_off_read() {
  if (!reads_asked_ || std::exchange(put_off_, true)) {
    return false;
  }
  read_.reset();
  answer_.begin({});
  return true;
}

// A table that was once there is left out no longer than until it is due again; the first time, as
// with one that finds the session lost. So is, each time, one that the meter is too busy for, or
// that the line has damaged. Silence costs the session, so a table that has never answered gets no
// second time; but silence is of the table only where the meter is then read in a new session over
// a good line.
void Pauses::leave_out(Failure failure, TableId table, Known& known) {
  const std::size_t number = *std::exchange(row_, std::nullopt);
  const PlanRow& row = rows_[number];
  RowState& state = states_[number];
  const bool silent = failure.fault == Fault::no_response;
  const bool may_pass = state.answered || failure.fault == Fault::session_lost;
  const bool of_the_line = failure.fault == Fault::damaged || failure.fault == Fault::overdue;
  const bool passes = of_the_line || failure.fault == Fault::busy ||
                      (may_pass && !std::exchange(state.failed, true));
  const bool for_once = silent || passes;
  state.left_out = began_ + (for_once ? period_of(row) : pace_.leave_out);
  if (silent && !passes) {
    silent_ = {number, {table, std::move(failure)}};
  } else if (!for_once) {
    news_.push(TableLeftOut{table, std::move(failure)});
  }
  if (row.values) {
    for (const QuantityInfo& quantity : quantities) {
      if (table_of(quantity.source) == row.values) {
        known.details.set(quantity.id, std::nullopt);
      }
    }
    compute_differences(known.details);
    tell_details(known);
  }
}

// Once all of them are of today.
void Pauses::tell_details(Known& known) {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].values && due(row, known, began_)) {
      return;
    }
  }
  if (std::exchange(details_changed_, false)) {
    compute_primaries(known.ratios, known.dimensions, known.values, known.details);
    news_.push(AllDetails{});
  }
}

bool Pauses::ask(const TableRead& what) {
  constexpr std::size_t most = 8;
  if (asked_.size() == most) {
    return false;
  }
  asked_.push_back(what);
  return true;
}

void Pauses::end_asked(std::variant<Bytes, Failure> result, std::optional<TableId> blamed) {
  news_.push(TableAnswer{asked_.front(), std::move(result), blamed});
  asked_.erase(asked_.begin());
  answer_.begin({});
  put_off_ = false;
}

void Pauses::fail(const Failure& failure) {
  silent_.reset();
  while (!asked_.empty()) {
    end_asked(failure);
  }
}

void Pauses::repeat_details() {
  for (std::size_t row = 0; row < states_.size(); ++row) {
    if (rows_[row].values) {
      states_[row].done.reset();
    }
  }
}

void Pauses::retry_tables() {
  for (RowState& state : states_) {
    state.left_out.reset();
    state.failed = false;
  }
  silent_.reset();
}

}  // namespace irmeter
