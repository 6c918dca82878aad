#include "lib/meter/plan.hpp"

#include <algorithm>
#include <array>

namespace irmeter {
namespace {

using Known = PlanRow::Known;
using When = PlanRow::When;
using IfRefused = PlanRow::IfRefused;

template <TableId table, std::uint16_t count>
std::optional<TableRead> beginning_of(const Known&) {
  return TableRead{table, 0, count};
}

// Nothing depends on it; it only tells meters that this plan is not for.
std::optional<Failure> take_configuration(ByteView table, Known&) {
  const auto usable = check_bt00(table);
  return usable ? std::nullopt : std::optional(Failure{Fault::refused, usable.error().what});
}

std::optional<Failure> take_identity(ByteView table, Known& known) {
  Identity identity = *decode_bt01(table);
  identity.utility_serial_number = known.identity.utility_serial_number;
  if (identity != known.identity) {  // another meter under the same probe
    identity.utility_serial_number.clear();
    known = {.identity = std::move(identity), .dimensions = {}, .values = {}};
  }
  return std::nullopt;
}

std::optional<Failure> take_utility_serial(ByteView table, Known& known) {
  known.identity.utility_serial_number = decode_et03(table);
  return std::nullopt;
}

std::optional<Failure> use(const Dimensions& dimensions, Known& known) {
  known.dimensions = dimensions;
  known.values = {};
  if (wanted_values(Source::bt23, known.dimensions.summations) +
          wanted_values(Source::bt28, known.dimensions.present_values) ==
      0) {
    return Failure{Fault::unexpected, "the meter says that it has no values"};
  }
  return std::nullopt;
}

std::optional<Failure> take_dimensions(ByteView table, Known& known) {
  return use(*decode_dimensions(table), known);
}

// BT20 tells the layout of a meter that has no BT21, and of no other: it has the largest numbers
// possible, BT21 the real ones. Where neither can be read, what the meter once said of itself goes
// on being true.
std::optional<Failure> take_maxima(ByteView table, Known& known) {
  if (table.empty()) {
    const bool told = known.dimensions != Dimensions{};
    return use(told ? known.dimensions : usual_dimensions, known);
  }
  if (static_cast<ResponseCode>(known.refusal) != ResponseCode::iar) {
    return Failure{Fault::refused, table_name(bt21) + ": " + describe(known.refusal)};
  }
  return take_dimensions(table, known);
}

std::optional<TableRead> values_of(Source source, TableRead read, std::size_t available) {
  read.count = static_cast<std::uint16_t>(wanted_values(source, available) * int32_size);
  return read.count == 0 ? std::nullopt : std::optional(read);
}

std::optional<TableRead> summations(const Known& known) {
  return values_of(Source::bt23, {bt23, known.dimensions.summations_offset},
                   known.dimensions.summations);
}

std::optional<TableRead> present_values(const Known& known) {
  return values_of(Source::bt28, {bt28, known.dimensions.present_values_offset},
                   known.dimensions.present_values);
}

template <Source source>
std::optional<Failure> take_values(ByteView table, Known& known) {
  decode_values(source, table, known.values);
  return std::nullopt;
}

// A table that the meter does not have, or does not give away, whatever the key.
bool says_it_lacks_it(std::uint8_t code) {
  return fault_of_refusal(code) == Fault::refused &&
         static_cast<ResponseCode>(code) != ResponseCode::isc;
}

// Power, currents and voltages are shown as those of one moment.
constexpr std::size_t ten_values = 10 * int32_size;

constexpr std::array<PlanRow, 8> nes_rows{{
    {When::once, beginning_of<bt00, 0>, take_configuration, IfRefused::go_on, false},
    {When::each_session, beginning_of<bt01, bt01_size>, take_identity},
    {When::once, beginning_of<et03, et03_size>, take_utility_serial, IfRefused::go_on},
    {When::each_session},  // the key
    {When::each_session, beginning_of<bt21, dimensions_size>, take_dimensions, IfRefused::instead},
    {When::instead, beginning_of<bt20, dimensions_size>, take_maxima, IfRefused::lacking},
    {When::each_poll, summations, take_values<Source::bt23>},
    {.when = When::each_poll,
     .what = present_values,
     .take = take_values<Source::bt28>,
     .together = ten_values},
}};

}  // namespace

std::span<const PlanRow> nes_plan() {
  return nes_rows;
}

void Plan::begin(const Negotiated& limits, Instant now) {
  max_read_ = limits.max_read();
  forget(When::each_session);
  restart(now);
}

void Plan::restart(Instant now) {
  began_ = now;
  forget(When::each_poll);
  enter(0);
}

void Plan::forget_meter() {
  std::ranges::fill(done_, std::nullopt);
  known_ = {};
  told_ = {};
}

void Plan::forget(When when, std::size_t from) {
  for (std::size_t row = from; row < rows_.size(); ++row) {
    if (rows_[row].when == when) {
      done_[row].reset();
    }
  }
}

bool Plan::due(std::size_t row) const {
  const PlanRow& wanted = rows_[row];
  if (wanted.when == When::instead || (wanted.what != nullptr && !wanted.what(known_))) {
    return false;
  }
  return !done_[row] || (wanted.when == When::each_period && began_ - *done_[row] >= wanted.period);
}

// This row, or the first one after it that is due.
void Plan::enter(std::size_t row) {
  row_ = row;
  taken_.clear();
  while (row_ < rows_.size() && !due(row_)) {
    ++row_;
  }
}

void Plan::leave() {
  done_[row_] = began_;
  if (known_.identity != told_) {
    forget(When::once, row_ + 1);
  }
  enter(row_ + 1);
}

// Evenly rather than full reads and a rest: with the values and packets of today reads in a row
// then differ in size, so that a late answer cannot pass for the next one.
Plan::Next Plan::next() const {
  if (row_ == rows_.size()) {
    return Complete{};
  }
  if (rows_[row_].what == nullptr) {
    return ShowKey{};
  }
  TableRead read = *rows_[row_].what(known_);
  if (read.count > 0) {
    const auto in_parts_of = [](std::size_t all, std::size_t part) {
      return (all + part - 1) / part;
    };
    const std::size_t values = in_parts_of(read.count - taken_.size(), int32_size);
    const std::size_t reads = in_parts_of(values, max_read_ / int32_size);
    const std::size_t left = read.count - taken_.size();
    std::size_t bytes = std::min(in_parts_of(values, reads) * int32_size, left);
    if (taken_.empty() && rows_[row_].together <= max_read_) {
      bytes = std::min(std::max(bytes, rows_[row_].together), left);
    }
    read.offset += static_cast<std::uint32_t>(taken_.size());
    read.count = static_cast<std::uint16_t>(bytes);
  }
  return read;
}

std::optional<Failure> Plan::take(ByteView table) {
  const PlanRow& row = rows_[row_];
  const std::size_t wanted = row.what(known_)->count;
  taken_.insert(taken_.end(), table.begin(), table.end());
  if (taken_.size() < wanted) {
    return std::nullopt;
  }
  auto failure = row.take(taken_, known_);
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
    done_[row_++] = began_;
    taken_.clear();
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
  const bool complete = row_ < rows_.size() && rows_[row_].what == nullptr;
  if (!complete || told_ == known_.identity) {
    return std::nullopt;
  }
  return told_ = known_.identity;
}

}  // namespace irmeter
