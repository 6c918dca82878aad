#include "lib/meter/plan.hpp"

#include <algorithm>

namespace irmeter {
namespace {

using When = PlanRow::When;
using IfRefused = PlanRow::IfRefused;

// A table that the meter does not have, or does not give away, whatever the key.
bool says_it_lacks_it(std::uint8_t code) {
  return fault_of_refusal(code) == Fault::refused &&
         static_cast<ResponseCode>(code) != ResponseCode::isc;
}

// What is computed is of one moment with the values that it is computed of.
QuantitySet with_differences(QuantitySet fast) {
  for (const Difference& difference : differences) {
    QuantitySet together;
    for (const Quantity quantity : {difference.is, difference.of, difference.less}) {
      together.set(static_cast<std::size_t>(quantity));
    }
    if ((fast & together).any()) {
      fast |= together;
    }
  }
  return fast;
}

}  // namespace

Plan::Plan(std::span<const PlanRow> rows, const Pace& pace)
    : rows_(rows),
      fast_(with_differences(pace.fast)),
      pauses_(rows, {fast_, pace.slow_interval, pace.leave_out}),
      done_(rows.size()) {}

void Plan::begin(const Negotiated& limits, Instant now) {
  max_read_ = limits.max_read();
  pauses_.begin(max_read_, now);
  forget(When::each_session);
  restart(now);
}

void Plan::restart(Instant now) {
  pauses_.restart(now);
  forget(When::each_poll);
  enter(0);
}

void Plan::forget_meter() {
  done_.assign(rows_.size(), false);
  known_.identity = {};
  known_.forget_values();
  told_ = {};
  pauses_.forget_meter();
}

void Plan::forget(When when, std::size_t from) {
  for (std::size_t row = from; row < rows_.size(); ++row) {
    if (rows_[row].when == when) {
      done_[row] = false;
    }
  }
}

bool Plan::due(std::size_t row) const {
  return rows_[row].when != When::instead && !is_of_pauses(rows_[row]) && !done_[row] &&
         has_part(rows_[row], wanted(), known_);
}

// This row, or the first one after it that is due. What a session does not need at its beginning it
// needs no more later on.
void Plan::enter(std::size_t row) {
  for (row_ = row; row_ < rows_.size() && !due(row_); ++row_) {
    if (rows_[row_].when == When::each_session) {
      done_[row_] = true;
    }
  }
  if (row_ < rows_.size() && !is_key(rows_[row_])) {
    start();
  }
}

void Plan::start() {
  read_.begin(rows_[row_], known_);
  part_ = read_.part(rows_[row_], wanted(), max_read_);
}

void Plan::leave() {
  done_[row_] = true;
  if (known_.identity != told_) {
    forget(When::once, row_ + 1);
  }
  enter(row_ + 1);
}

bool Plan::has_short_reads(Instant now) const {
  if (known_.identity.serial_number.empty() || pauses_.asked() || pauses_.has_due(known_, now)) {
    return false;
  }
  const std::size_t most = Negotiated{}.max_read();
  return std::ranges::none_of(rows_, [&](const PlanRow& row) {
    if (!row.values || is_of_pauses(row)) {
      return false;
    }
    const auto first = values_part(row, wanted(), 0, most);
    return first && values_part(row, wanted(), first->offset + first->count, most);
  });
}

Plan::Next Plan::next() const {
  if (row_ == rows_.size()) {
    return Complete{};
  }
  if (is_key(rows_[row_])) {
    return ShowKey{};
  }
  return part_;
}

std::optional<Failure> Plan::take(ByteView table) {
  const PlanRow& row = rows_[row_];
  if (!read_.take(row, wanted(), part_, table, known_.values)) {
    part_ = read_.part(row, wanted(), max_read_);
    return std::nullopt;
  }
  auto failure = row.take != nullptr ? row.take(read_.bytes(), known_) : std::nullopt;
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
    done_[row_++] = true;
    start();
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
  pauses_.identified(known_);
  return told_ = known_.identity;
}

}  // namespace irmeter
