// The log of a meter: each entry once, whatever the meter does to the log while it is read.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "lib/meter/event_log.hpp"
#include "lib/meter/pauses.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

constexpr std::uint16_t room = 20;

void put(Bytes& bytes, std::size_t at, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }
}

// A log with room for 20 records without arguments, as BT74 shows it.
class Table {
 public:
  void log(std::uint16_t id, std::uint32_t skipped = 0) {
    sequence_ += 1 + skipped;
    last_ = static_cast<std::uint16_t>((last_ + 1) % room);
    valid_ = static_cast<std::uint16_t>(std::min(valid_ + 1, int{room}));
    const std::size_t at = bt74_head_size + last_ * std::size_t{12};
    const Bytes time{25, 1, 15, 12, 30, 5};
    std::copy(time.begin(), time.end(), bytes_.begin() + at);
    put(bytes_, at + 6, sequence_, 2);
    put(bytes_, at + 8, no_user, 2);
    put(bytes_, at + 10, id, 2);
    put(bytes_, 1, valid_, 2);
    put(bytes_, 3, last_, 2);
    put(bytes_, 5, sequence_, 4);
  }
  void overwrite(std::size_t record, std::uint8_t value) {
    const auto begin = bytes_.begin() + bt74_head_size + static_cast<std::ptrdiff_t>(record * 12);
    std::fill(begin, begin + 12, value);
  }
  void begin_anew() { *this = Table(); }
  // So many of the newest are left.
  void shorten(std::uint16_t records) {
    valid_ = records;
    put(bytes_, 1, valid_, 2);
  }
  [[nodiscard]] ByteView read(const TableRead& what) const {
    return ByteView(bytes_).subspan(what.offset, what.count);
  }

 private:
  Bytes bytes_ = Bytes(bt74_head_size + room * std::size_t{12});
  std::uint32_t sequence_ = 70'000;
  std::uint16_t last_ = 6;
  std::uint16_t valid_ = 0;
};

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() { log_.use(LogDimensions{0, room}); }

  // The ids of the entries that a look brings; between: called behind each read.
  std::vector<std::uint16_t> look(const std::function<void()>& between = [] {}) {
    std::vector<std::uint16_t> ids;
    const auto take_news = [&](const std::optional<Failure>& failure) {
      failure_ = failure ? failure : failure_;
      ++reads_;
      if (const auto news = log_.news()) {
        for (std::size_t i = 0; i < news->count; ++i) {
          ids.push_back(news->entries[i].id);
          sequences_.push_back(news->entries[i].sequence);
        }
      }
    };
    take_news(log_.take_head(table_.read(*log_.head())));
    between();
    while (const auto part = log_.part()) {
      take_news(log_.take_part(table_.read(*part)));
      between();
    }
    return ids;
  }
  void log_many(std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
      table_.log(++id_);
    }
  }
  // 1, 2, 3, ...
  static std::vector<std::uint16_t> ids(std::uint16_t first, std::uint16_t last) {
    std::vector<std::uint16_t> all(last - first + 1U);
    std::iota(all.begin(), all.end(), first);
    return all;
  }

  Table table_;
  EventLog log_;
  std::uint16_t id_ = 0;
  std::optional<Failure> failure_;
  unsigned reads_ = 0;
  std::vector<std::uint32_t> sequences_;
};

TEST_F(EventLogTest, IsReadFromItsOldestEntryOnAndEachOnce) {
  EXPECT_TRUE(look().empty());
  log_many(3);
  EXPECT_EQ(look(), ids(1, 3));
  EXPECT_EQ(sequences_, (std::vector<std::uint32_t>{70'001, 70'002, 70'003}));
  EXPECT_TRUE(look().empty());
  log_many(17);  // over the end of the table
  EXPECT_EQ(look(), ids(4, 20));
  log_many(90);  // more than it holds
  EXPECT_EQ(look(), ids(91, 110));
  reads_ = 0;
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(reads_, 1U);
}

TEST_F(EventLogTest, MayLackNumbersThatAnotherLogHas) {
  (void)look();
  table_.log(1, 7);
  table_.log(2, 1);
  EXPECT_EQ(look(), ids(1, 2));
  table_.log(3, 50);
  EXPECT_EQ(look(), ids(3, 3));
  EXPECT_EQ(sequences_, (std::vector<std::uint32_t>{70'008, 70'010, 70'061}));
}

TEST_F(EventLogTest, ThatMovesWhileItIsReadIsReadAgain) {
  for (unsigned moment = 0; moment < 8; ++moment) {
    log_many(18);
    const auto first = static_cast<std::uint16_t>(id_ - 17);
    unsigned reads = 0;
    auto seen = look([&] {
      if (reads++ == moment) {
        log_many(1);
      }
    });
    const auto rest = look();
    seen.insert(seen.end(), rest.begin(), rest.end());
    EXPECT_EQ(seen, ids(first, id_)) << moment;
    EXPECT_FALSE(failure_);
  }
}

TEST_F(EventLogTest, ThatIsShortenedWhileItIsReadIsReadAgain) {
  log_many(5);
  unsigned reads = 0;
  const auto seen = look([&] {
    if (reads++ == 1) {
      table_.shorten(2);
    }
  });
  EXPECT_EQ(seen, ids(4, 5));
}

TEST_F(EventLogTest, ThatNeverRestsIsLeftUntilTheNextLook) {
  log_many(5);
  EXPECT_TRUE(look([&] { log_many(1); }).empty());
  EXPECT_EQ(reads_, 7U) << "the head, and three times records and head";
  EXPECT_FALSE(failure_);
  EXPECT_EQ(look(), ids(1, id_));
}

TEST_F(EventLogTest, ThatHasBegunAnewIsReadAgain) {
  log_many(5);
  EXPECT_EQ(look().size(), 5U);
  table_.begin_anew();
  log_many(2);
  EXPECT_EQ(look(), ids(6, 7));
}

TEST_F(EventLogTest, LeavesOutARecordWithoutATime) {
  log_many(3);
  table_.overwrite(8, 0);  // the second one
  EXPECT_EQ(look(), (std::vector<std::uint16_t>{1, 3}));
  EXPECT_FALSE(failure_);
  log_many(1);
  table_.overwrite(10, 0);
  EXPECT_TRUE(look().empty());
  EXPECT_FALSE(failure_);
  reads_ = 0;
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(reads_, 1U) << "it was read";
}

TEST_F(EventLogTest, OfNonsenseIsAFailure) {
  log_many(4);
  table_.overwrite(7, 0);
  table_.overwrite(8, 0);
  table_.overwrite(9, 0);
  table_.overwrite(10, 0);
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(failure_, (Failure{Fault::unexpected, "BT74 has records that make no sense"}));
  table_.overwrite(8, 1);  // one with a number of its own
  table_.overwrite(9, 1);  // and twice
  failure_.reset();
  EXPECT_TRUE(look().empty());
  EXPECT_TRUE(failure_);
  EXPECT_TRUE(log_.take_head(Bytes(bt74_head_size, 0xFF)));
  log_.use(std::nullopt);
  EXPECT_FALSE(log_.head());
}

TEST_F(EventLogTest, IsReadAnewOnceItIsAnotherOne) {
  log_many(3);
  EXPECT_EQ(look(), ids(1, 3));
  log_.use(LogDimensions{0, room});
  EXPECT_TRUE(look().empty()) << "the same one";
  log_.use(std::nullopt);
  log_.look();
  EXPECT_FALSE(log_.part());
  log_.use(LogDimensions{0, room});
  EXPECT_FALSE(log_.part());
  EXPECT_EQ(look(), ids(1, 3));
  log_.use(LogDimensions{0, room, et79});
  EXPECT_EQ(look(), ids(1, 3));
}

TEST_F(EventLogTest, IsLookedAtWhenItIsSaidToHaveMore) {
  log_many(1);
  EXPECT_EQ(look(), ids(1, 1));
  log_.look();
  EXPECT_EQ(log_.part(), log_.head());
  EXPECT_FALSE(log_.take_part(table_.read(*log_.head())));
  EXPECT_FALSE(log_.part());
  EXPECT_FALSE(log_.has_news());
  EXPECT_EQ(log_.news()->newest, 70'001U);
  EXPECT_FALSE(log_.news()) << "once for each head";
  log_many(1);
  log_.look();
  EXPECT_FALSE(log_.take_part(table_.read(*log_.part())));
  EXPECT_FALSE(log_.has_news());
  EXPECT_FALSE(log_.take_part(table_.read(*log_.part())));
  EXPECT_FALSE(log_.take_part(table_.read(*log_.part())));
  EXPECT_TRUE(log_.has_news());
  EXPECT_EQ(log_.news()->entries[0].id, 2);
}

TEST_F(EventLogTest, TellsWhatIsInARecordAndWhereItStands) {
  log_.use(LogDimensions{0, room, et79});
  log_many(1);
  EXPECT_FALSE(log_.take_head(table_.read(*log_.head())));
  EXPECT_FALSE(log_.take_part(table_.read(*log_.part())));
  EXPECT_FALSE(log_.take_part(table_.read(*log_.part())));
  const auto news = log_.news();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->table, et79);
  EXPECT_EQ(news->newest, 70'001U);
  ASSERT_EQ(news->count, 1U);
  const MeterTime time = std::chrono::sys_days(std::chrono::January / 15 / 2025) +
                         std::chrono::seconds(12 * 3600 + 30 * 60 + 5);
  EXPECT_EQ(news->entries[0], (LogEntry{time, 70'001, no_user, 1, {}, et79}));
}

// A head with these numbers; its flags and what is unread do not matter.
Bytes log_head(std::uint16_t valid, std::uint16_t last, std::uint32_t sequence) {
  Bytes head(bt74_head_size, 0xFF);
  put(head, 1, valid, 2);
  put(head, 3, last, 2);
  put(head, 5, sequence, 4);
  return head;
}

TEST(EventLogParts, AreOfAsManyRecordsAsAReadBrings) {
  const std::vector<std::pair<std::uint8_t, unsigned>> records{
      {0, 6},  {6, 6},  {7, 5},  {10, 5}, {11, 4}, {16, 4}, {17, 3},
      {25, 3}, {26, 2}, {44, 2}, {45, 1}, {64, 1}, {255, 1}};
  for (const auto& [argument, count] : records) {
    EventLog log;
    log.use(LogDimensions{argument, 200});
    EXPECT_FALSE(log.take_head(log_head(150, 149, 1'000)));
    EXPECT_EQ(log.part()->offset, 11U + 50U * (12U + argument)) << "of the newest hundred";
    EXPECT_EQ(log.part()->count, count * (12U + argument)) << +argument;
  }
}

TEST(EventLogParts, BeginWithTheOldestAndEndWithTheTable) {
  const struct {
    std::uint16_t valid;
    std::uint16_t last;
    unsigned first;
    unsigned count;
  } examples[]{{200, 199, 100, 6}, {100, 199, 100, 6}, {99, 199, 101, 6}, {101, 99, 0, 6},
               {100, 98, 199, 1},  {100, 93, 194, 6},  {100, 94, 195, 5}, {3, 10, 8, 3},
               {1, 0, 0, 1},       {2, 0, 199, 1}};
  for (const auto& [valid, last, first, count] : examples) {
    EventLog log;
    log.use(LogDimensions{0, 200});
    EXPECT_FALSE(log.take_head(log_head(valid, last, 1'000)));
    EXPECT_EQ(log.part(),
              (TableRead{bt74, 11 + 12 * first, static_cast<std::uint16_t>(12 * count)}))
        << valid << " " << last;
  }
}

// One record of a log with room for 20, whose head is read again behind it.
class EventLogRecord : public ::testing::Test {
 protected:
  static Bytes record(std::uint16_t sequence) {
    Bytes bytes = from_hex("19 01 0F 0C 1E 05 00 00 FF FF 48 00");
    put(bytes, 6, sequence, 2);
    return bytes;
  }
  // So many entries are told.
  std::size_t told(const Bytes& records, const Bytes& before, const Bytes& behind) {
    EventLog log;
    log.use(LogDimensions{0, room});
    EXPECT_FALSE(log.take_head(before));
    (void)log.news();
    EXPECT_FALSE(log.take_part(records));
    failure_ = log.take_part(behind);
    if (failure_) {
      EXPECT_FALSE(log.part());
      EXPECT_FALSE(log.news());
      return 0;
    }
    return log.news()->count;
  }
  std::optional<Failure> failure_;
};

TEST_F(EventLogRecord, CountsOnceItsHeadHasStayedTheSame) {
  EXPECT_EQ(told(record(5), log_head(1, 3, 5), log_head(1, 3, 5)), 1U);
  EXPECT_EQ(told(record(5), log_head(1, 3, 5), log_head(2, 3, 5)), 0U);
  EXPECT_EQ(told(record(5), log_head(1, 3, 5), log_head(1, 4, 5)), 0U);
  EXPECT_EQ(told(record(5), log_head(1, 3, 5), log_head(1, 3, 6)), 0U);
  EXPECT_FALSE(failure_);
  EXPECT_EQ(told(record(5), log_head(1, 3, 5), Bytes(bt74_head_size, 0xFF)), 0U);
  EXPECT_EQ(failure_, (Failure{Fault::unexpected, "BT74 has impossible counts"}));
}

TEST_F(EventLogRecord, HasTheLowerHalfOfItsNumber) {
  EXPECT_EQ(told(record(0xFFFF), log_head(1, 3, 0xFFFF), log_head(1, 3, 0xFFFF)), 1U);
  EXPECT_EQ(told(record(0), log_head(1, 3, 0x10000), log_head(1, 3, 0x10000)), 1U);
  EXPECT_EQ(told(record(0xFFFF), log_head(1, 3, 0x10000), log_head(1, 3, 0x10000)), 1U);
  EXPECT_EQ(told(record(6), log_head(1, 3, 5), log_head(1, 3, 5)), 0U);
  EXPECT_EQ(failure_, (Failure{Fault::unexpected, "BT74 has records that make no sense"}));
}

TEST_F(EventLogRecord, HasAGreaterNumberThanTheOneBefore) {
  const auto told_of = [&](std::uint16_t first, std::uint16_t second) {
    Bytes both = record(first);
    const Bytes next = record(second);
    both.insert(both.end(), next.begin(), next.end());
    return told(both, log_head(2, 3, 9), log_head(2, 3, 9));
  };
  EXPECT_EQ(told_of(8, 9), 2U);
  EXPECT_EQ(told_of(1, 9), 2U);
  EXPECT_EQ(told_of(9, 9), 0U);
  EXPECT_TRUE(failure_);
  EXPECT_EQ(told_of(9, 8), 0U);
  EXPECT_TRUE(failure_);
  EXPECT_EQ(told_of(8, 10), 0U);
  EXPECT_TRUE(failure_);
}

TEST(EventLogParts, AreNoneBehindAHeadThatMakesNoSense) {
  EventLog log;
  log.use(LogDimensions{0, room});
  EXPECT_FALSE(log.take_head(log_head(5, 7, 30)));
  EXPECT_TRUE(log.part());
  (void)log.news();
  EXPECT_TRUE(log.take_head(Bytes(bt74_head_size, 0xFF)));
  EXPECT_FALSE(log.part());
  EXPECT_FALSE(log.news());
}

// ET81 with room for 7; its records have no numbers.
class OutageTable {
 public:
  void log(std::uint8_t second) {
    last_ = static_cast<std::uint8_t>((last_ + 1) % 7);
    const std::size_t at = et81_head_size + last_ * std::size_t{12};
    const Bytes times{25, 1, 15, 12, 30, second, 25, 1, 15, 13, 30, second};
    std::copy(times.begin(), times.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    bytes_[1] = static_cast<std::uint8_t>(std::min(bytes_[1] + 1, 7));
    bytes_[2] = last_;
    put(bytes_, 3, ++sequence_, 2);
  }
  [[nodiscard]] ByteView read(const TableRead& what) const {
    EXPECT_EQ(what.table, et81);
    return ByteView(bytes_).subspan(what.offset, what.count);
  }

 private:
  Bytes bytes_ = Bytes(et81_head_size + 7 * std::size_t{12});
  std::uint32_t sequence_ = 300;
  std::uint8_t last_ = 2;
};

TEST(OutageLog, IsReadFromItsOldestEntryOnAndEachOnce) {
  OutageTable table;
  EventLog log;
  log.use(LogDimensions{0, 7, et81});
  std::uint8_t logged = 0;
  std::uint32_t seen = 300;
  for (const unsigned more : {0U, 2U, 1U, 5U, 7U}) {
    for (unsigned i = 0; i < more; ++i) {
      table.log(++logged);
    }
    ASSERT_FALSE(log.take_head(table.read(*log.head())));
    for (bool moved = false;;) {
      if (const auto news = log.news()) {
        for (const LogEntry& entry : std::span(news->entries).first(news->count)) {
          EXPECT_EQ(entry.sequence, ++seen);
          EXPECT_EQ(entry.time.time_since_epoch().count() % 60, entry.sequence - 300);
          EXPECT_EQ(entry.lasted, std::chrono::hours(1));
          EXPECT_EQ(entry.id, outage_event);
          EXPECT_TRUE(entry.is_outage());
          EXPECT_FALSE(entry.own());
        }
      }
      const auto part = log.part();
      if (!part) {
        break;
      }
      ASSERT_FALSE(log.take_part(table.read(*part)));
      if (more == 5 && !std::exchange(moved, true)) {
        table.log(++logged);
      }
    }
    EXPECT_EQ(seen, 300U + logged);
  }
  log.use(LogDimensions{0, 0, et81});
  EXPECT_FALSE(log.head());
  EXPECT_FALSE(log.part());
}

// Another meter's log may look the same, and that of another firmware.
TEST(LogOfAMeter, IsForgottenWithAnotherMeterOrFirmware) {
  PlanRow::Known known;
  Pauses pauses({}, {});
  const auto heads = [&] {
    return std::ranges::count_if(known.logs,
                                 [](const EventLog& log) { return log.head().has_value(); });
  };
  known.identity.serial_number = "1";
  known.firmware = firmware_since(3, 70);
  pauses.identified(known);
  for (const bool other_meter : {true, false}) {
    for (EventLog& log : known.logs) {
      log.use(LogDimensions{0, room});
    }
    pauses.identified(known);
    EXPECT_EQ(heads(), 3);
    if (other_meter) {
      known.identity.serial_number = "2";
    } else {
      known.firmware = firmware_since(4, 0);
    }
    pauses.identified(known);
    EXPECT_EQ(heads(), 0);
  }
}

}  // namespace
}  // namespace irmeter::testing
