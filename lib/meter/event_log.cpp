#include "lib/meter/event_log.hpp"

#include <algorithm>
#include <utility>

#include "lib/meter/little_endian.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter {
namespace {

// A log that has moved so often while it was read is left alone until it is due again.
constexpr unsigned most_moves = 3;

}  // namespace

void EventLog::use(const std::optional<LogDimensions>& dimensions) {
  if (!dimensions || dimensions->entries == 0) {
    dimensions_.reset();
  } else if (dimensions_ != dimensions) {
    *this = {};
    dimensions_ = dimensions;
  }
}

std::optional<TableRead> EventLog::head() const {
  return dimensions_ ? std::optional(TableRead{dimensions_->table, 0, dimensions_->head_size()})
                     : std::nullopt;
}

std::optional<Failure> EventLog::take_head(ByteView bytes) {
  const auto head = decode_log_head(bytes, *dimensions_);
  look_ = false;
  const std::optional<Batch> batch = std::exchange(batch_, std::nullopt);
  if (!head) {
    left_ = 0;
    return Failure{Fault::unexpected, head.error().what};
  }
  const bool moved = head_ && (head_->last_sequence != head->last_sequence ||
                               head_->last != head->last || head_->valid != head->valid);
  const bool batch_moved = batch && moved;
  if (batch && !moved && !batch->in_order) {
    left_ = 0;
    return Failure{Fault::unexpected,
                   table_name(dimensions_->table) + " has records that make no sense"};
  }
  head_ = *head;
  news_ = LogNews{.table = dimensions_->table, .newest = head->last_sequence};
  if (batch && !moved) {
    news_->count = batch->count;
    news_->entries = batch->entries;
    left_ = static_cast<std::uint16_t>(left_ - batch->records);
    if (batch->count > 0) {
      read_to_ = batch->entries[batch->count - 1].sequence;
    }
  } else if (read_to_ && head->last_sequence >= *read_to_) {
    left_ = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(head->valid, head->last_sequence - *read_to_));
  } else {
    read_to_.reset();
    left_ = std::min(head->valid, most_at_first);
  }
  if (left_ == 0) {
    read_to_ = head->last_sequence;
  }
  moves_ = batch_moved ? moves_ + 1 : 0;
  if (moves_ == most_moves) {
    left_ = 0;
  }
  return std::nullopt;
}

std::uint16_t EventLog::next_index() const {
  return static_cast<std::uint16_t>((head_->last + dimensions_->entries - (left_ - 1)) %
                                    dimensions_->entries);
}

// Of one piece of the table, and no more than one read brings.
std::uint16_t EventLog::batch_size() const {
  constexpr std::size_t bytes = 112;
  const std::size_t fit =
      std::clamp<std::size_t>(bytes / dimensions_->record_size(), 1, LogNews::most);
  return static_cast<std::uint16_t>(
      std::min({fit, std::size_t{left_}, std::size_t{dimensions_->entries} - next_index()}));
}

std::optional<TableRead> EventLog::part() const {
  if (!dimensions_) {
    return std::nullopt;
  }
  if (look_ || batch_) {
    return head();
  }
  if (left_ == 0) {
    return std::nullopt;
  }
  return TableRead{dimensions_->table,
                   static_cast<std::uint32_t>(dimensions_->offset(next_index())),
                   static_cast<std::uint16_t>(batch_size() * dimensions_->record_size())};
}

std::optional<Failure> EventLog::take_part(ByteView bytes) {
  if (look_ || batch_) {
    return take_head(bytes);
  }
  take_records(bytes);
  return std::nullopt;
}

// One of the records that are read now. Those of outages have no numbers, only places.
std::optional<LogEntry> EventLog::entry_of(ByteView record, std::size_t number) const {
  if (dimensions_->of_outages()) {
    const auto outage = decode_outage(record);
    const auto behind = static_cast<std::uint32_t>(left_ - 1U - number);
    return outage ? std::optional(LogEntry{outage->begin, head_->last_sequence - behind, no_user,
                                           outage_event, outage->lasted, et81})
                  : std::nullopt;
  }
  const auto decoded = decode_log_record(record);
  if (!decoded) {
    return std::nullopt;
  }
  const auto behind = static_cast<std::uint16_t>(head_->last_sequence - decoded->sequence);
  return LogEntry{decoded->time,     head_->last_sequence - behind, decoded->user, decoded->id, {},
                  dimensions_->table};
}

// A record that makes no sense, as of a meter that did not know the time, is left out by itself.
void EventLog::take_records(ByteView bytes) {
  Batch batch{.records = batch_size()};
  bool rising = true;
  std::optional<std::uint32_t> last;
  for (std::size_t i = 0; i < batch.records; ++i) {
    const auto entry =
        entry_of(bytes.subspan(i * dimensions_->record_size(), dimensions_->record_size()), i);
    if (!entry) {
      continue;
    }
    rising = rising && entry->sequence <= head_->last_sequence;
    rising = rising && (!last || entry->sequence > *last);
    last = entry->sequence;
    if (!read_to_ || entry->sequence > *read_to_) {
      batch.entries[batch.count++] = *entry;
    }
  }
  batch.in_order = rising && (last || batch.records == 1);
  batch_ = batch;
}

std::optional<LogNews> EventLog::news() {
  return std::exchange(news_, std::nullopt);
}

}  // namespace irmeter
