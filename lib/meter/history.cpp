#include "lib/meter/history.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <string>

#include "lib/meter/register_unit.hpp"
#include "lib/meter/sources.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter {
namespace {

constexpr std::array<std::string_view, interval_mark_count> mark_names{
    "invalid",  "power_failed", "clock_changed", "overflow", "partial",
    "too_long", "skipped",      "test_mode",     "other"};

void set(IntervalMarks& marks, IntervalMark mark, bool value = true) {
  marks.set(static_cast<std::size_t>(mark), marks.test(static_cast<std::size_t>(mark)) || value);
}

IntervalMark mark_of(ChannelStatus status) {
  switch (status) {
    case ChannelStatus::overflow:
      return IntervalMark::overflow;
    case ChannelStatus::partial:
      return IntervalMark::partial;
    case ChannelStatus::long_interval:
      return IntervalMark::too_long;
    case ChannelStatus::skipped:
      return IntervalMark::skipped;
    case ChannelStatus::test:
      return IntervalMark::test_mode;
    case ChannelStatus::ok:
      break;
  }
  return IntervalMark::other;
}

// The register is what it was at the end, however long the interval.
bool has_register(ChannelStatus status) {
  return status == ChannelStatus::ok || status == ChannelStatus::partial ||
         status == ChannelStatus::long_interval;
}

bool same(const ProfileHead& one, const ProfileHead& other) {
  return one.valid_blocks == other.valid_blocks && one.last_block == other.last_block &&
         one.last_sequence == other.last_sequence && one.valid_intervals == other.valid_intervals;
}

}  // namespace

std::vector<std::string_view> names_of(const IntervalMarks& marks) {
  std::vector<std::string_view> names;
  for (std::size_t mark = 0; mark < mark_names.size(); ++mark) {
    if (marks.test(mark)) {
      names.push_back(mark_names[mark]);
    }
  }
  return names;
}

std::optional<Failure> HistoryReader::begin_anew() {
  constexpr unsigned most = 3;
  if (begun_++ == most) {
    return Failure{Fault::busy, table_name(bt64) + ": it changes while it is read"};
  }
  // It is the newest block that has changed, so there is nothing of the others yet.
  head_.reset();
  block_.reset();
  read_.clear();
  ask(Part::dimensions, 0, bt61_size);
  ask(Part::index, 0, bt63_size);
  return std::nullopt;
}

void HistoryReader::ask(Part part, std::uint32_t offset, std::size_t count) {
  constexpr std::array<TableId, 5> tables{bt61, bt62, bt63, bt64, bt64};
  reads_.push_back(
      {tables[static_cast<std::size_t>(part)], offset, static_cast<std::uint16_t>(count)});
  parts_.push_back(part);
}

std::optional<Failure> HistoryReader::take(ByteView bytes) {
  const TableId table = reads_[taken_].table;
  if (const auto error = take_part(parts_[taken_++], bytes)) {
    return Failure{Fault::unexpected, table_name(table) + ": " + error->what};
  }
  if (taken_ < reads_.size()) {
    return std::nullopt;
  }
  taken_ = 0;
  reads_.clear();
  parts_.clear();
  return go_on();
}

std::optional<Error> HistoryReader::take_part(Part part, ByteView bytes) {
  switch (part) {
    case Part::dimensions: {
      const auto dimensions = decode_bt61(bytes);
      if (!dimensions) {
        return dimensions.error();
      }
      dimensions_ = *dimensions;
      const std::size_t all = dimensions_.intervals * dimensions_.interval_size();
      return all <= std::numeric_limits<std::uint16_t>::max()
                 ? std::nullopt
                 : std::optional(Error{"its blocks are too large"});
    }
    case Part::sources: {
      const auto sources = decode_bt62(bytes, dimensions_);
      if (!sources) {
        return sources.error();
      }
      sources_ = *sources;
      return std::nullopt;
    }
    case Part::index: {
      const auto head = decode_bt63(bytes, dimensions_);
      if (!head) {
        return head.error();
      }
      after_ = *head;
      return std::nullopt;
    }
    case Part::head:
      return take_head(bytes);
    case Part::intervals:
      break;
  }
  return take_intervals(bytes);
}

// What is read behind a head that makes no sense is older still: it ends there, but for the newest.
std::optional<Error> HistoryReader::take_head(ByteView bytes) {
  if (bytes.size() < dimensions_.head_size()) {
    return Error{"a block is too short"};
  }
  const auto back = static_cast<std::uint16_t>(block_ ? block_->back + 1 : 0);
  const auto end = decode_time(bytes.first(short_time_size));
  if (!end) {
    return back == 0 ? std::optional(end.error()) : std::nullopt;
  }
  Block block{.back = back, .end = *end};
  std::size_t intervals = back == 0 ? head_->valid_intervals : dimensions_.intervals;
  const auto valid = [&bytes](std::size_t interval) {
    return (bytes[short_time_size + interval / 8] & 1U << interval % 8) != 0;
  };
  while (back != 0 && intervals > 0 && !valid(intervals - 1)) {
    --intervals;
  }
  if (intervals > 0 && !span_) {
    span_ = {*end - dimensions_.interval, *end};
  }
  for (std::size_t i = 0; i < intervals; ++i) {
    block.valid.push_back(valid(i));
    const MeterTime ends = *end - dimensions_.interval * static_cast<int>(intervals - 1 - i);
    // The one in front of the span as well: the first difference is to that.
    if (ends > span_->from - dimensions_.interval && ends <= span_->to) {
      block.first = block.wanted == 0 ? static_cast<std::uint16_t>(i) : block.first;
      ++block.wanted;
    }
    block.reaches_back = i == 0 ? ends > span_->from : block.reaches_back;
  }
  next_ = std::move(block);
  return std::nullopt;
}

std::optional<Error> HistoryReader::take_intervals(ByteView bytes) {
  const std::size_t size = dimensions_.interval_size();
  for (std::size_t i = block_->wanted; i-- > 0;) {
    const auto decoded =
        decode_interval(bytes.subspan(std::min(i * size, bytes.size())), dimensions_);
    if (!decoded) {
      return decoded.error();
    }
    const std::size_t place = block_->first + i;
    const bool valid = block_->valid[place];
    HistoryInterval interval{
        block_->end - dimensions_.interval * static_cast<int>(block_->valid.size() - 1 - place),
        dimensions_.interval,
        {},
        {}};
    set(interval.marks, IntervalMark::invalid, !valid);
    set(interval.marks, IntervalMark::power_failed, valid && decoded->power_failed);
    set(interval.marks, IntervalMark::clock_changed, valid && decoded->clock_changed);
    for (std::size_t channel = 0; channel < dimensions_.channels; ++channel) {
      const ChannelStatus status = decoded->status[channel];
      if (valid && status != ChannelStatus::ok) {
        set(interval.marks, mark_of(status));
      }
      if (const auto quantity = quantity_of_source(sources_[channel])) {
        const bool known = valid && has_register(status) && decoded->registers[channel] >= 0;
        interval.channels.push_back(
            {*quantity, known ? std::optional(in_its_unit(
                                    info(*quantity), decoded->registers[channel], register_unit_))
                              : std::nullopt});
      }
    }
    read_.push_back(std::move(interval));
  }
  return std::nullopt;
}

// All that was asked for is there.
std::optional<Failure> HistoryReader::go_on() {
  if (!head_) {
    head_ = after_;
    if (head_->valid_blocks == 0) {
      return std::nullopt;
    }
    ask(Part::sources, 0, bt62_size(dimensions_));
    ask_for_head(0);
    return std::nullopt;
  }
  if (!read_.empty()) {
    const std::uint32_t moved = after_.last_sequence - head_->last_sequence;
    const bool intact =
        block_->back == 0 ? same(after_, *head_) : moved + block_->back < dimensions_.blocks;
    if (!intact && block_->back == 0) {
      return begin_anew();
    }
    if (!intact) {
      finish();
      return std::nullopt;
    }
    std::ranges::move(std::exchange(read_, {}), std::back_inserter(intervals_));
  }
  block_ = std::exchange(next_, std::nullopt);
  if (!block_) {
    finish();
    return std::nullopt;
  }
  if (block_->wanted > 0) {
    ask(Part::intervals,
        static_cast<std::uint32_t>(
            dimensions_.interval_offset(place_of(block_->back), block_->first)),
        block_->wanted * dimensions_.interval_size());
    ask(Part::index, 0, bt63_size);
  }
  if (block_->reaches_back && block_->back + 1 < head_->valid_blocks) {
    ask_for_head(static_cast<std::uint16_t>(block_->back + 1));
  }
  if (reads_.empty()) {
    finish();
  }
  return std::nullopt;
}

std::uint16_t HistoryReader::place_of(std::uint16_t back) const {
  return static_cast<std::uint16_t>((head_->last_block + dimensions_.blocks - back) %
                                    dimensions_.blocks);
}

void HistoryReader::ask_for_head(std::uint16_t back) {
  ask(Part::head, static_cast<std::uint32_t>(dimensions_.block_offset(place_of(back))),
      dimensions_.head_size());
}

void HistoryReader::finish() {
  std::ranges::reverse(intervals_);
  for (std::size_t i = 1; i < intervals_.size(); ++i) {
    const HistoryInterval& before = intervals_[i - 1];
    HistoryInterval& interval = intervals_[i];
    if (interval.end - before.end != interval.length) {
      continue;
    }
    for (std::size_t channel = 0; channel < interval.channels.size(); ++channel) {
      const auto& from = before.channels[channel].at_end;
      const auto& to = interval.channels[channel].at_end;
      if (from && to && *to >= *from) {
        interval.channels[channel].consumed = *to - *from;
      }
    }
  }
  std::erase_if(intervals_,
                [this](const HistoryInterval& each) { return each.end <= span_->from; });
}

}  // namespace irmeter
