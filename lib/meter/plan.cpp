#include "lib/meter/plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/meter/clock.hpp"

namespace irmeter {
namespace {

using Known = PlanRow::Known;
using When = PlanRow::When;
using IfRefused = PlanRow::IfRefused;

template <TableId table, std::uint16_t count>
std::optional<TableRead> beginning_of(const Known&) {
  return TableRead{table, 0, count};
}

// Of one meter, before another is read.
void forget_values(Known& known) {
  known.dimensions = {};
  known.values.clear();
  known.details.clear();
  known.flags.reset();
  known.refusal = 0;
}

// Nothing depends on it; it only tells meters that this plan is not for.
std::optional<Failure> take_configuration(ByteView table, Known&) {
  const auto usable = check_bt00(table);
  return usable ? std::nullopt : std::optional(Failure{Fault::refused, usable.error().what});
}

// Of a meter that is known: what tells it from another one, and from what it was before it got
// another firmware.
std::optional<TableRead> rest_of_bt01(const Known& known) {
  const bool known_before = !known.identity.serial_number.empty();
  return known_before ? std::optional(TableRead{bt01, bt01_rest, bt01_size - bt01_rest})
                      : std::nullopt;
}

std::optional<Failure> compare_identity(ByteView table, Known& known) {
  if (!is_of(known.identity, table)) {
    known.identity = {};
    forget_values(known);
  }
  return std::nullopt;
}

std::optional<TableRead> all_of_bt01(const Known& known) {
  return known.identity.serial_number.empty() ? std::optional(TableRead{bt01, 0, bt01_size})
                                              : std::nullopt;
}

std::optional<Failure> take_identity(ByteView table, Known& known) {
  known.identity = *decode_bt01(table);
  return std::nullopt;
}

std::optional<Failure> take_utility_serial(ByteView table, Known& known) {
  known.identity.utility_serial_number = decode_et03(table);
  return std::nullopt;
}

std::optional<Failure> use(const Dimensions& dimensions, Known& known) {
  if (known.dimensions != dimensions) {
    known.details.clear();
  }
  known.dimensions = dimensions;
  known.values.clear();
  const bool has_values = std::ranges::any_of(quantities, [&](const QuantityInfo& quantity) {
    return place_of(quantity, dimensions).has_value();
  });
  return has_values
             ? std::nullopt
             : std::optional(Failure{Fault::unexpected, "the meter says that it has no values"});
}

// A meter that has said where its values lie, and is the one it was, is not asked again.
std::optional<TableRead> unknown_dimensions(const Known& known) {
  const bool told = known.dimensions != Dimensions{} && !known.dimensions.assumed;
  return told ? std::nullopt : std::optional(TableRead{bt21, 0, dimensions_size});
}

std::optional<Failure> take_dimensions(ByteView table, Known& known) {
  return use(*decode_dimensions(table), known);
}

// BT20 tells the layout of a meter that has no BT21, and of no other: it has the largest numbers
// possible, BT21 the real ones.
std::optional<Failure> take_maxima(ByteView table, Known& known) {
  if (table.empty()) {
    return use(usual_dimensions, known);
  }
  if (static_cast<ResponseCode>(known.refusal) != ResponseCode::iar) {
    return Failure{Fault::refused, table_name(bt21) + ": " + describe(known.refusal)};
  }
  return take_dimensions(table, known);
}

// A table that the meter does not have, or does not give away, whatever the key.
bool says_it_lacks_it(std::uint8_t code) {
  return fault_of_refusal(code) == Fault::refused &&
         static_cast<ResponseCode>(code) != ResponseCode::isc;
}

// Power, currents and voltages are shown as those of one moment.
constexpr std::size_t ten_values = 10 * int32_size;

// A table of the pauses that nothing else depends on: what of it makes sense is told.
template <auto decode>
std::optional<Failure> check(ByteView table, Known&) {
  const auto decoded = decode(table);
  return decoded ? std::nullopt : std::optional(Failure{Fault::unexpected, decoded.error().what});
}

// A flag that has appeared is in the log, most likely.
std::optional<Failure> take_status(ByteView table, Known& known) {
  const auto flags = decode_bt03(table);
  if (!flags) {
    return Failure{Fault::unexpected, flags.error().what};
  }
  const StatusFlags before = std::exchange(known.flags, *flags);
  if ((*flags & ~before).any()) {
    known.log.look();
  }
  return std::nullopt;
}

constexpr std::array<PlanRow, 9> poll_rows{{
    {When::once, beginning_of<bt00, 0>, take_configuration, IfRefused::go_on, false},
    {When::each_session, rest_of_bt01, compare_identity},
    {When::each_session, all_of_bt01, take_identity},
    {When::once, beginning_of<et03, et03_size>, take_utility_serial, IfRefused::go_on},
    {When::each_session},  // the key
    {When::each_session, unknown_dimensions, take_dimensions, IfRefused::instead},
    {When::instead, beginning_of<bt20, dimensions_size>, take_maxima, IfRefused::lacking},
    {.when = When::each_poll, .values = bt23},
    {.when = When::each_poll, .values = bt28, .together = ten_values},
}};
constexpr std::array<PlanRow, 8> pause_rows{{
    {.when = When::each_period, .values = bt23},
    {.when = When::each_period, .values = bt28},
    {.when = When::each_period, .what = beginning_of<bt52, bt52_size>, .take = check<decode_bt52>},
    {.when = When::each_period, .what = beginning_of<bt55, bt55_size>, .take = check<decode_bt55>},
    {.when = When::each_period, .what = beginning_of<bt03, bt03_known_size>, .take = take_status},
    {.when = When::each_period,
     .what = beginning_of<bt71, bt71_size>,
     .take = [](ByteView table, Known& known) { return known.log.take_dimensions(table); },
     .period = std::chrono::hours(24)},
    {.when = When::each_period,
     .what = [](const Known& known) { return known.log.head(); },
     .take = [](ByteView table, Known& known) { return known.log.take_head(table); },
     .period = std::chrono::minutes(10)},
    {.when = When::as_wanted,
     .what = [](const Known& known) { return known.log.part(); },
     .take = [](ByteView table, Known& known) { return known.log.take_part(table); }},
}};
constexpr auto nes_rows = [] {
  std::array<PlanRow, poll_rows.size() + pause_rows.size()> rows;
  std::ranges::copy(pause_rows, std::ranges::copy(poll_rows, rows.begin()).out);
  return rows;
}();

constexpr std::size_t in_parts_of(std::size_t all, std::size_t part) {
  return (all + part - 1) / part;
}

bool is_key(const PlanRow& row) {
  return row.what == nullptr && !row.values;
}

bool is_of_pauses(const PlanRow& row) {
  return row.when == When::each_period || row.when == When::as_wanted;
}

// Those of BT23, and behind them those of BT28.
struct ByTable {
  std::array<Quantity, quantity_count> all{};
  std::size_t of_bt23 = 0;
  std::size_t of_both = 0;
};
constexpr ByTable by_table = [] {
  ByTable sorted;
  for (const TableId table : {bt23, bt28}) {
    for (const QuantityInfo& quantity : quantities) {
      if (table_of(quantity.source) == table) {
        sorted.all[sorted.of_both++] = quantity.id;
      }
    }
    sorted.of_bt23 = table == bt23 ? sorted.of_both : sorted.of_bt23;
  }
  return sorted;
}();
std::span<const Quantity> quantities_of(TableId table) {
  const std::span<const Quantity> both(by_table.all.data(), by_table.of_both);
  return table == bt23 ? both.first(by_table.of_bt23) : both.subspan(by_table.of_bt23);
}

// Where the first value that is wanted at or behind `from` begins, and where the last one ends that
// a read of so many bytes brings with it.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
std::optional<Span> first_span(TableId table, const QuantitySet& wanted,
                               const Dimensions& dimensions, std::uint32_t from, std::size_t most) {
  std::optional<Span> span;
  const auto each_place = [&](const auto& take) {
    for (const Quantity quantity : quantities_of(table)) {
      if (wanted.test(static_cast<std::size_t>(quantity))) {
        const auto place = place_of(info(quantity), dimensions);
        if (place && *place >= from) {
          take(*place);
        }
      }
    }
  };
  each_place([&](std::uint32_t place) { span = {std::min(place, span ? span->begin : place), 0}; });
  if (span) {
    each_place([&](std::uint32_t place) {
      const std::uint32_t end = place + int32_size;
      span->end = end - span->begin <= most ? std::max(span->end, end) : span->end;
    });
  }
  return span;
}

}  // namespace

std::span<const PlanRow> nes_plan() {
  return nes_rows;
}

std::span<const PlanRow> nes_polls() {
  return poll_rows;
}

Plan::Plan(std::span<const PlanRow> rows, const Pace& pace)
    : rows_(rows), pace_(pace), states_(rows.size()) {
  // What is computed is of one moment with the values that it is computed of.
  for (const Difference& difference : differences) {
    QuantitySet together;
    for (const Quantity quantity : {difference.is, difference.of, difference.less}) {
      together.set(static_cast<std::size_t>(quantity));
    }
    if ((pace_.fast & together).any()) {
      pace_.fast |= together;
    }
  }
  slow_ = pace_.slow_interval ? ~pace_.fast : QuantitySet{};
}

void Plan::begin(const Negotiated& limits, Instant now) {
  max_read_ = limits.max_read();
  if (silent_) {
    states_[silent_->row].left_out = now + pace_.leave_out;
    news_.push(std::move(silent_->what));
    silent_.reset();
  }
  forget(When::each_session);
  restart(now);
}

void Plan::restart(Instant now) {
  began_ = now;
  forget(When::each_poll);
  enter(0);
}

// What is left out stays so: it may well be the same meter.
void Plan::forget_meter() {
  for (RowState& state : states_) {
    state.done.reset();
  }
  known_.identity = {};
  forget_values(known_);
  told_ = {};
  silent_.reset();
  forget_pause();
}

void Plan::forget_pause() {
  slow_row_.reset();
  answer_.taken.clear();
  read_.reset();
  details_changed_ = false;
}

void Plan::forget(When when, std::size_t from) {
  for (std::size_t row = from; row < rows_.size(); ++row) {
    if (rows_[row].when == when) {
      states_[row].done.reset();
    }
  }
}

const QuantitySet& Plan::wanted(const PlanRow& row) const {
  return is_of_pauses(row) ? slow_ : pace_.fast;
}

bool Plan::has_part(const PlanRow& row) const {
  return row.values ? values_part(row, 0, max_read_).has_value()
                    : row.what == nullptr || row.what(known_);
}

bool Plan::due(std::size_t row) const {
  return rows_[row].when != When::instead && !is_of_pauses(rows_[row]) && !states_[row].done &&
         has_part(rows_[row]);
}

// This row, or the first one after it that is due. What a session does not need at its beginning it
// needs no more later on.
void Plan::enter(std::size_t row) {
  for (row_ = row; row_ < rows_.size() && !due(row_); ++row_) {
    if (rows_[row_].when == When::each_session) {
      states_[row_].done = began_;
    }
  }
  start(poll_, row_);
}

void Plan::start(Progress& progress, std::size_t row) const {
  const bool reads = row < rows_.size() && rows_[row].what != nullptr;
  progress.whole = reads ? *rows_[row].what(known_) : TableRead{};
  progress.from = 0;
  progress.taken.clear();
}

void Plan::leave() {
  states_[row_].done = began_;
  if (known_.identity != told_) {
    forget(When::once, row_ + 1);
  }
  enter(row_ + 1);
}

bool Plan::has_short_reads(Instant now) const {
  if (known_.identity.serial_number.empty() || !asked_.empty()) {
    return false;
  }
  const std::size_t most = Negotiated{}.max_read();
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (due_in_pause(row, now)) {
      return false;
    }
    if (rows_[row].values && !is_of_pauses(rows_[row])) {
      const auto first = values_part(rows_[row], 0, most);
      if (first && values_part(rows_[row], first->offset + first->count, most)) {
        return false;
      }
    }
  }
  return true;
}

Plan::Next Plan::next() const {
  if (row_ == rows_.size()) {
    return Complete{};
  }
  if (is_key(rows_[row_])) {
    return ShowKey{};
  }
  return part(rows_[row_], poll_, max_read_);
}

// Evenly rather than full reads and a rest: with the values and packets of today reads in a row
// then differ in size, so that a late answer cannot pass for the next one.
TableRead Plan::part(const PlanRow& row, const Progress& progress, std::size_t most) const {
  if (row.values) {
    return *values_part(row, progress.from, most);
  }
  TableRead read = progress.whole;
  if (read.count > 0) {
    const std::size_t left = read.count - progress.taken.size();
    const std::size_t values = in_parts_of(left, int32_size);
    const std::size_t reads = in_parts_of(values, most / int32_size);
    read.offset += static_cast<std::uint32_t>(progress.taken.size());
    read.count =
        static_cast<std::uint16_t>(std::min(in_parts_of(values, reads) * int32_size, left));
  }
  return read;
}

// As few reads as possible; likewise evenly.
std::optional<TableRead> Plan::values_part(const PlanRow& row, std::uint32_t from,
                                           std::size_t most) const {
  const auto span_from = [&](std::uint32_t begin, std::size_t size) {
    return first_span(*row.values, wanted(row), known_.dimensions, begin, size);
  };
  std::optional<Span> span = span_from(from, most);
  if (!span) {
    return std::nullopt;
  }
  std::size_t reads = 1;
  std::uint32_t end = span->end;
  for (auto next = span_from(end, most); next; next = span_from(end, most)) {
    end = next->end;
    ++reads;
  }
  const std::size_t even =
      in_parts_of(in_parts_of(end - span->begin, int32_size), reads) * int32_size;
  const std::size_t together = from == 0 && row.together <= most ? row.together : 0;
  span = span_from(from, std::min(std::max(even, together), most));
  return TableRead{*row.values, span->begin, static_cast<std::uint16_t>(span->end - span->begin)};
}

// True when it was the last part.
bool Plan::take_part(const PlanRow& row, Progress& progress, std::uint32_t offset, ByteView bytes) {
  if (row.values) {
    decode_values(*row.values, known_.dimensions, offset, bytes, wanted(row),
                  is_of_pauses(row) ? known_.details : known_.values);
    progress.from = offset + static_cast<std::uint32_t>(bytes.size());
    return !values_part(row, progress.from, max_read_);
  }
  progress.taken.insert(progress.taken.end(), bytes.begin(), bytes.end());
  return progress.taken.size() >= progress.whole.count;
}

std::optional<Failure> Plan::take(ByteView table) {
  const PlanRow& row = rows_[row_];
  if (!take_part(row, poll_, part(row, poll_, max_read_).offset, table)) {
    return std::nullopt;
  }
  auto failure = row.take != nullptr ? row.take(poll_.taken, known_) : std::nullopt;
  if (!failure) {
    leave();
  }
  return failure;
}

bool Plan::take_refusal(std::uint8_t code) {
  const PlanRow& row = rows_[row_];
  if (row.refused == IfRefused::fail || fault_of_refusal(code) == Fault::session_lost) {
    return false;
  }
  if (row.refused != IfRefused::go_on && !says_it_lacks_it(code)) {
    return false;
  }
  if (row.refused == IfRefused::instead) {
    known_.refusal = code;
    states_[row_++].done = began_;
    start(poll_, row_);
    return true;
  }
  (void)row.take({}, known_);
  leave();
  return true;
}

bool Plan::take_loss() {
  if (rows_[row_].lost_matters) {
    return false;
  }
  leave();
  return true;
}

std::optional<Identity> Plan::identified() {
  const bool complete = row_ < rows_.size() && is_key(rows_[row_]);
  if (!complete || told_ == known_.identity) {
    return std::nullopt;
  }
  // What one meter lacks another may have, and one that was given another firmware as well.
  if (known_.identity.serial_number != left_out_of_.serial_number ||
      known_.identity.firmware_version != left_out_of_.firmware_version) {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (is_of_pauses(rows_[row])) {
        states_[row] = {};
      }
    }
    left_out_of_ = known_.identity;
    known_.log = {};
    forget_pause();
  }
  return told_ = known_.identity;
}

// The moment is that of the poll before the pause, so that what is due with every sixth poll is not
// put off to the seventh for its being a little late.
bool Plan::due_in_pause(std::size_t number, Instant began) const {
  const PlanRow& row = rows_[number];
  const RowState& state = states_[number];
  if (!pace_.slow_interval || !is_of_pauses(row) || (state.left_out && began < *state.left_out)) {
    return false;
  }
  const bool is_time =
      row.when == When::as_wanted || !state.done || began - *state.done >= period_of(row);
  return is_time && has_part(row);
}

Duration Plan::period_of(const PlanRow& row) const {
  return row.period != Duration{} ? row.period : *pace_.slow_interval;
}

std::optional<TableRead> Plan::next_in_pause(std::size_t most, bool rows) {
  read_.reset();
  most = std::min(most, max_read_) / int32_size * int32_size;
  if (most == 0) {
    return std::nullopt;
  }
  reads_asked_ = !asked_.empty();
  if (reads_asked_) {
    answer_.whole = asked_.front();
    read_ = part({}, answer_, most);
  } else if (rows) {
    // With other dimensions than those it was begun with, nothing of it may be left.
    if (slow_row_ && rows_[*slow_row_].values &&
        !values_part(rows_[*slow_row_], pause_.from, most)) {
      slow_row_.reset();
    }
    for (std::size_t row = 0; row < rows_.size() && !slow_row_; ++row) {
      if (due_in_pause(row, began_)) {
        slow_row_ = row;
        start(pause_, row);
      }
    }
    if (slow_row_) {
      read_ = part(rows_[*slow_row_], pause_, most);
    }
  }
  if (read_ && read_->count == 0 && most < max_read_ / int32_size * int32_size) {
    read_.reset();  // there is no telling how long it takes
  }
  return read_;
}

void Plan::take_in_pause(ByteView bytes, Instant asked, Instant now) {
  const TableRead read = *std::exchange(read_, std::nullopt);
  if (reads_asked_) {
    if (take_part({}, answer_, read.offset, bytes)) {
      end_asked(answer_.taken);
    }
    return;
  }
  const std::size_t number = *slow_row_;
  const PlanRow& row = rows_[number];
  if (!take_part(row, pause_, read.offset, bytes)) {
    return;
  }
  if (row.take != nullptr) {
    if (auto failure = row.take(pause_.taken, known_)) {
      leave_out(std::move(*failure), read.table);
      return;
    }
  }
  if (const auto log = known_.log.news()) {
    news_.push(*log);
  }
  states_[number] = {};
  states_[number].done = began_;
  states_[number].answered = true;
  slow_row_.reset();
  if (row.values) {
    details_changed_ = true;
    tell_details();
  } else {
    news_.push(TableBytes{pause_.whole, pause_.taken, asked, now});
  }
}

void Plan::fail_in_pause(Failure failure) {
  const TableRead read = *std::exchange(read_, std::nullopt);
  if (reads_asked_) {
    end_asked(std::move(failure));
  } else {
    leave_out(std::move(failure), read.table);
  }
}

// A table that was once there, or that the meter is too busy for, is left out no longer than until
// it is due again; the first time, as with one that finds the session lost. Silence costs the
// session, so there is no second time; but it is of the table only where the meter then answers in
// a new session.
void Plan::leave_out(Failure failure, TableId table) {
  const std::size_t number = *std::exchange(slow_row_, std::nullopt);
  const PlanRow& row = rows_[number];
  RowState& state = states_[number];
  const bool silent = failure.fault == Fault::no_response;
  const bool may_pass = state.answered || failure.fault == Fault::session_lost;
  const bool for_once = silent || failure.fault == Fault::busy || failure.fault == Fault::overdue ||
                        (may_pass && !std::exchange(state.failed, true));
  state.left_out = began_ + (for_once ? period_of(row) : pace_.leave_out);
  if (silent) {
    silent_ = {number, {table, std::move(failure)}};
  } else if (!for_once) {
    news_.push(TableLeftOut{table, std::move(failure)});
  }
  if (row.values) {
    for (const QuantityInfo& quantity : quantities) {
      if (table_of(quantity.source) == row.values) {
        known_.details.set(quantity.id, std::nullopt);
      }
    }
    compute_differences(known_.details);
    tell_details();
  }
}

// Once all of them are of today.
void Plan::tell_details() {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].values && due_in_pause(row, began_)) {
      return;
    }
  }
  if (std::exchange(details_changed_, false)) {
    news_.push(Details{known_.details});
  }
}

bool Plan::ask(const TableRead& what) {
  constexpr std::size_t most = 8;
  if (asked_.size() == most) {
    return false;
  }
  asked_.push_back(what);
  return true;
}

void Plan::end_asked(std::variant<Bytes, Failure> result) {
  news_.push(TableAnswer{asked_.front(), std::move(result)});
  asked_.erase(asked_.begin());
  answer_.taken.clear();
}

void Plan::fail(const Failure& failure) {
  silent_.reset();
  while (!asked_.empty()) {
    end_asked(failure);
  }
}

void Plan::repeat_details() {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].values && is_of_pauses(rows_[row])) {
      states_[row].done.reset();
    }
  }
}

void Plan::retry_tables() {
  for (RowState& state : states_) {
    state.left_out.reset();
    state.failed = false;
  }
  silent_.reset();
}

}  // namespace irmeter
