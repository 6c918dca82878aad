#include "lib/meter/plan.hpp"

#include <array>
#include <utility>

namespace irmeter {

struct Plan::Row {
  Item item{};
  TableRead read;  // nothing for the key; the values have a list of their own
  Item next{};
  std::optional<Item> if_refused;            // nothing: there is no doing without it
  std::optional<ResponseCode> refused_with;  // only then; nothing: whatever the meter says
  std::optional<Item> if_lost;
};

const Plan::Row& Plan::row(Item item) {
  static constexpr std::array<Row, 7> rows{{
      // Nothing depends on it; it only tells meters that this plan is not for.
      {Item::configuration, {bt00, 0, 0}, Item::identity, Item::identity, {}, Item::identity},
      {Item::identity, {bt01, 0, bt01_size}, Item::utility_serial, {}, {}, {}},
      {Item::utility_serial, {et03, 0, et03_size}, Item::key, Item::key, {}, {}},
      {Item::key, {}, Item::dimensions, {}, {}, {}},
      {Item::dimensions,
       {bt21, 0, dimensions_size},
       Item::values,
       Item::maxima,
       ResponseCode::iar,
       {}},
      {Item::maxima, {bt20, 0, dimensions_size}, Item::values, {}, {}, {}},
      {Item::values, {}, Item::values, {}, {}, {}},
  }};
  static_assert([] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (static_cast<std::size_t>(rows[i].item) != i) {
        return false;
      }
    }
    return true;
  }());
  return rows[static_cast<std::size_t>(item)];
}

void Plan::begin(const Negotiated& limits) {
  max_read_ = limits.max_read();
  go(identity_ ? Item::identity : Item::configuration);
}

void Plan::restart() {
  done_ = 0;
  summations_.clear();
  present_values_.clear();
}

void Plan::go(Item item) {
  if (item == Item::key && item_ == Item::utility_serial) {
    identity_ = candidate_;
    news_ = candidate_;
  }
  item_ = item;
}

Plan::Next Plan::next() const {
  if (item_ == Item::key) {
    return ShowKey{};
  }
  if (item_ != Item::values) {
    return row(item_).read;
  }
  return done_ < reads_.size() ? Next(reads_[done_]) : Next(Complete{});
}

std::optional<Failure> Plan::take(ByteView table) {
  switch (item_) {
    case Item::configuration:
      if (const auto usable = check_bt00(table); !usable) {
        return Failure{Fault::refused, usable.error().what};
      }
      break;
    case Item::identity:
      take_identity(table);
      return std::nullopt;
    case Item::utility_serial:
      candidate_.utility_serial_number = decode_et03(table);
      break;
    case Item::dimensions:
    case Item::maxima:
      return take_dimensions(table);
    case Item::values: {
      Bytes& bytes = reads_[done_].table == bt23 ? summations_ : present_values_;
      bytes.insert(bytes.end(), table.begin(), table.end());
      ++done_;
      return std::nullopt;
    }
    case Item::key:
      break;
  }
  go(row(item_).next);
  return std::nullopt;
}

bool Plan::take_refusal(std::uint8_t code) {
  const Row& refused = row(item_);
  const bool session_lost = fault_of_refusal(code) == Fault::session_lost;
  if (!refused.if_refused || session_lost ||
      (refused.refused_with && *refused.refused_with != static_cast<ResponseCode>(code))) {
    return false;
  }
  go(*refused.if_refused);
  return true;
}

bool Plan::take_loss() {
  if (const auto& instead = row(item_).if_lost) {
    go(*instead);
    return true;
  }
  return false;
}

void Plan::take_key() {
  go(row(Item::key).next);
}

std::optional<Identity> Plan::identified() {
  return std::exchange(news_, std::nullopt);
}

Reading Plan::reading() const {
  return decode_reading(summations_, present_values_);
}

// The utility's number is read once of each meter.
void Plan::take_identity(ByteView table) {
  candidate_ = *decode_bt01(table);
  if (identity_) {
    candidate_.utility_serial_number = identity_->utility_serial_number;
    if (candidate_ == *identity_) {
      go(Item::key);
      return;
    }
    // Another meter under the same probe.
    candidate_.utility_serial_number.clear();
  }
  go(row(Item::identity).next);
}

std::optional<Failure> Plan::take_dimensions(ByteView table) {
  const Dimensions dimensions = *decode_dimensions(table);
  reads_.clear();
  restart();
  add_reads(bt23, dimensions.summations_offset, wanted_summations(dimensions));
  add_reads(bt28, dimensions.present_values_offset, wanted_present_values(dimensions));
  if (reads_.empty()) {
    return Failure{Fault::unexpected, "the meter says that it has no values"};
  }
  go(row(item_).next);
  return std::nullopt;
}

// Evenly rather than full ones and a rest: with the values and packets of today reads in a row then
// differ in size, so that a late answer cannot pass for the next one.
void Plan::add_reads(TableId table, std::uint32_t offset, std::size_t values) {
  const std::size_t fitting = max_read_ / int32_size;
  for (std::size_t reads = (values + fitting - 1) / fitting; reads > 0; --reads) {
    const std::size_t now = (values + reads - 1) / reads;
    reads_.push_back({table, offset, static_cast<std::uint16_t>(now * int32_size)});
    offset += static_cast<std::uint32_t>(now * int32_size);
    values -= now;
  }
}

}  // namespace irmeter
