// Which part of one of a meter's logs (BT74, ET79, ET81) is read next, and what of it is new.
//
// The meter goes on writing while it is read. So the head is read again behind each batch of
// records: where it has moved meanwhile the batch is dropped, and read anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/fault.hpp"
#include "lib/meter/events.hpp"
#include "lib/session/service.hpp"

namespace irmeter {

// An entry of the log, as it is told.
struct LogEntry {
  MeterTime time;              // UTC, by the meter's clock; of an outage its begin, local in ET81
  std::uint32_t sequence = 0;  // counted since the meter was made, outages by themselves
  std::uint16_t user = no_user;
  std::uint16_t id = 0;
  std::chrono::duration<std::uint32_t> lasted{0};  // of an outage
  TableId table = bt74;                            // that it is in

  [[nodiscard]] bool is_outage() const { return table == et81; }
  // Outages have their own numbers.
  [[nodiscard]] bool is_same(const LogEntry& other) const {
    return is_outage() == other.is_outage() && sequence == other.sequence;
  }
  [[nodiscard]] bool is_before(const LogEntry& other) const {
    return is_outage() || other.is_outage() ? time < other.time : sequence < other.sequence;
  }
  // It happened in a session of this library, or of another reader with the same user id.
  [[nodiscard]] bool own() const { return user == request::user_id; }

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// What a look at the log has brought, oldest first; nothing where it has no new entries.
struct LogNews {
  static constexpr std::size_t most = 6;

  TableId table = bt74;
  std::uint32_t newest = 0;  // of all that are in the log; smaller than before: it begins anew
  std::size_t count = 0;
  std::array<LogEntry, most> entries{};
};

class EventLog {
 public:
  // How far back the first look goes.
  static constexpr std::uint16_t most_at_first = 100;

  // Nothing, or no room: there is no such log.
  void use(const std::optional<LogDimensions>& dimensions);
  [[nodiscard]] const std::optional<LogDimensions>& dimensions() const { return dimensions_; }
  // The head, once the dimensions are known.
  [[nodiscard]] std::optional<TableRead> head() const;
  // A part makes no sense: a Failure.
  [[nodiscard]] std::optional<Failure> take_head(ByteView bytes);
  // What else is wanted now: records, or the head once more.
  [[nodiscard]] std::optional<TableRead> part() const;
  [[nodiscard]] std::optional<Failure> take_part(ByteView bytes);
  // There is a new entry, by what the meter says elsewhere.
  void look() { look_ = true; }

  // The part that was taken has brought entries.
  [[nodiscard]] bool has_news() const { return news_ && news_->count > 0; }
  // Once for each head that was taken.
  [[nodiscard]] std::optional<LogNews> news();

 private:
  // Records that the head is to vouch for.
  struct Batch {
    std::uint16_t records = 0;
    bool in_order = false;  // and not several that are all nonsense
    std::size_t count = 0;
    std::array<LogEntry, LogNews::most> entries{};
  };

  [[nodiscard]] std::uint16_t next_index() const;
  [[nodiscard]] std::uint16_t batch_size() const;
  [[nodiscard]] std::optional<LogEntry> entry_of(ByteView record, std::size_t number) const;
  void take_records(ByteView bytes);

  std::optional<LogDimensions> dimensions_;
  std::optional<LogHead> head_;
  std::optional<std::uint32_t> read_to_;  // the number of the newest entry that was told
  std::uint16_t left_ = 0;                // records still to be read, up to the newest
  std::optional<Batch> batch_;
  unsigned moves_ = 0;  // in a row
  bool look_ = false;   // the head is to be read
  std::optional<LogNews> news_;
};

}  // namespace irmeter
