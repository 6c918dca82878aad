// What is due in a pause, alone: how soon each table is read again, and what is said of it.
#include "lib/meter/pauses.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/failure.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using When = PlanRow::When;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

constexpr Duration pace_of_all = minutes(10);
constexpr Duration pace_of_one = minutes(7);
constexpr Duration a_day = hours(24);
constexpr std::size_t most_bytes = 108;

std::optional<TableRead> one_table(const PlanRow::Known&) {
  return TableRead{52, 0, 8};
}
std::optional<TableRead> other_table(const PlanRow::Known&) {
  return TableRead{55, 0, 9};
}
std::optional<TableRead> whole_of_one(const PlanRow::Known&) {
  return TableRead{52, 0, 0};
}
std::optional<Failure> refuse_table(ByteView, PlanRow::Known&) {
  return Failure{Fault::unexpected, "nonsense"};
}

std::string text_of(const PauseNews& news) {
  struct Text {
    std::string operator()(const TableBytes& table) const {
      return table_name(table.what.table) + " " + to_hex(table.bytes);
    }
    std::string operator()(const AllDetails&) const { return "details"; }
    std::string operator()(const LogNews&) const { return "log"; }
    std::string operator()(const TableLeftOut& table) const {
      return "without " + table_name(table.table) + ": " + to_text(table.failure);
    }
    std::string operator()(const TableAnswer& answer) const {
      const auto* const failure = std::get_if<Failure>(&answer.result);
      return table_name(answer.what.table) + ": " +
             (failure != nullptr ? to_text(*failure) : to_hex(std::get<Bytes>(answer.result)));
    }
  };
  return std::visit(Text{}, news);
}

class DuePauses {
 public:
  explicit DuePauses(std::vector<PlanRow> rows, std::optional<Duration> slow = pace_of_all)
      : rows_(std::move(rows)), pauses(rows_, {.slow_interval = slow}) {
    pauses.begin(most_bytes, now);
  }

 private:
  std::vector<PlanRow> rows_;

 public:
  Pauses pauses;
  PlanRow::Known known;
  Instant now{hours(1)};

  // Which read comes next in the pause behind a poll at this moment.
  std::string next_at(Instant at, std::size_t most = most_bytes) {
    now = at;
    pauses.restart(at);
    return next(most);
  }
  std::string next(std::size_t most = most_bytes, bool rows = true) {
    const auto read = pauses.next(known, most, rows);
    return read ? table_name(read->table) + " " + std::to_string(read->offset) + "+" +
                      std::to_string(read->count)
                : "";
  }
  void take(const Bytes& bytes) { pauses.take(bytes, known, now, now); }
  void fail(Fault fault) { pauses.fail_read({fault, "why"}, known); }
  std::string news() {
    std::string text;
    while (const auto one = pauses.news()) {
      text += (text.empty() ? "" : ", ") + text_of(*one);
    }
    return text;
  }
};

const PlanRow one_row{.when = When::each_period, .what = one_table};
const PlanRow other_row{.when = When::each_period, .what = other_table, .period = pace_of_one};

TEST(DuePauses, ReadATableAgainAfterItsOwnPeriodOrThatOfAll) {
  for (const auto& [row, name, size, period] :
       {std::tuple{one_row, "BT52 0+8", 8, pace_of_all}, {other_row, "BT55 0+9", 9, pace_of_one}}) {
    DuePauses meter({row});
    const Instant first = meter.now;
    EXPECT_EQ(meter.next(), name);
    EXPECT_EQ(meter.next(), name) << "there was no answer";
    meter.take(Bytes(static_cast<std::size_t>(size)));
    EXPECT_NE(meter.news(), "");
    EXPECT_EQ(meter.next(), "");
    EXPECT_EQ(meter.next_at(first + period - microseconds(1)), "");
    EXPECT_FALSE(meter.pauses.has_due(meter.known, first + period - microseconds(1)));
    EXPECT_TRUE(meter.pauses.has_due(meter.known, first + period));
    EXPECT_EQ(meter.next_at(first + period), name);
  }
}

TEST(DuePauses, ReadNoRowsWhereNoneAreWanted) {
  DuePauses meter({one_row}, std::nullopt);
  EXPECT_EQ(meter.next(), "");
  EXPECT_FALSE(meter.pauses.has_due(meter.known, meter.now));
  EXPECT_TRUE(meter.pauses.slow().none());
  EXPECT_TRUE(meter.pauses.ask({23, 0, 4}));
  EXPECT_EQ(meter.next(), "BT23 0+4");
  DuePauses other({one_row, other_row});
  EXPECT_EQ(other.next(most_bytes, false), "");
  EXPECT_EQ(other.next(), "BT52 0+8");
}

TEST(DuePauses, ReadOneTableAfterTheOther) {
  DuePauses meter({one_row, other_row});
  EXPECT_EQ(meter.next(), "BT52 0+8");
  meter.take(from_hex("01 02 03 04 05 06 07 08"));
  EXPECT_EQ(meter.news(), "BT52 01 02 03 04 05 06 07 08");
  EXPECT_EQ(meter.next(), "BT55 0+9");
  meter.take(Bytes(9));
  EXPECT_EQ(meter.news(), "BT55 00 00 00 00 00 00 00 00 00");
  EXPECT_EQ(meter.next(), "");
}

TEST(DuePauses, ReadATableInPartsOfWholeWords) {
  for (const std::size_t most : {0U, 3U}) {
    DuePauses meter({one_row});
    EXPECT_EQ(meter.next(most), "") << most;
  }
  for (const std::size_t most : {4U, 7U}) {
    DuePauses meter({one_row});
    EXPECT_EQ(meter.next(most), "BT52 0+4");
    meter.take(from_hex("01 02 03 04"));
    EXPECT_EQ(meter.news(), "");
    EXPECT_EQ(meter.next(most), "BT52 4+4");
    meter.take(from_hex("05 06 07 08"));
    EXPECT_EQ(meter.news(), "BT52 01 02 03 04 05 06 07 08");
  }
  DuePauses meter({one_row});
  EXPECT_EQ(meter.next(8), "BT52 0+8");
}

TEST(DuePauses, ReadTheWholeOfATableOnlyWhereThePauseIsLongEnoughForAny) {
  DuePauses meter({{.when = When::each_period, .what = whole_of_one}});
  EXPECT_EQ(meter.next(most_bytes - 1), "");
  EXPECT_EQ(meter.next(most_bytes), "BT52 0+0");
}

// After what a table is left out, for how long, and whether that is said: of one that has never
// been read, and of one that was there before, the first and the second time.
TEST(DuePauses, LeaveATableOutAsLongAsTheFaultMayLast) {
  const struct {
    Fault fault;
    Duration never_read;
    Duration read_once;
    Duration read_again;
  } cases[] = {{Fault::refused, a_day, pace_of_all, a_day},
               {Fault::unexpected, a_day, pace_of_all, a_day},
               {Fault::session_lost, pace_of_all, pace_of_all, a_day},
               {Fault::busy, pace_of_all, pace_of_all, pace_of_all},
               {Fault::damaged, pace_of_all, pace_of_all, pace_of_all},
               {Fault::overdue, pace_of_all, pace_of_all, pace_of_all},
               {Fault::no_response, pace_of_all, pace_of_all, pace_of_all}};
  const auto expect_left_out = [](DuePauses& meter, Fault fault, Duration time) {
    const Instant since = meter.now;
    ASSERT_EQ(meter.next(), "BT52 0+8");
    meter.fail(fault);
    EXPECT_EQ(meter.news(), time == a_day ? "without BT52: " + to_text(Failure{fault, "why"}) : "");
    EXPECT_EQ(meter.next_at(since + time - microseconds(1)), "");
    EXPECT_EQ(meter.next_at(since + time), "BT52 0+8");
  };
  for (const auto& [fault, never_read, read_once, read_again] : cases) {
    SCOPED_TRACE(info(fault).name);
    DuePauses without({one_row});
    expect_left_out(without, fault, never_read);
    DuePauses with({one_row});
    ASSERT_EQ(with.next(), "BT52 0+8");
    with.take(Bytes(8));
    EXPECT_NE(with.news(), "");
    ASSERT_EQ(with.next_at(with.now + pace_of_all), "BT52 0+8");
    expect_left_out(with, fault, read_once);
    expect_left_out(with, fault, read_again);
  }
}

TEST(DuePauses, LeaveATableOutThatMakesNoSense) {
  DuePauses meter({{.when = When::each_period, .what = one_table, .take = refuse_table}});
  EXPECT_EQ(meter.next(), "BT52 0+8");
  meter.take(Bytes(8));
  EXPECT_EQ(meter.news(), "without BT52: unexpected (nonsense)");
  EXPECT_EQ(meter.next_at(meter.now + pace_of_all), "");
  meter.pauses.retry_tables();
  EXPECT_EQ(meter.next(), "BT52 0+8");
}

// Whether silence is of the table, the next poll in a new session tells.
TEST(DuePauses, LeaveASilentTableOutForADayWhereTheLineTurnsOutToBeGood) {
  const auto is_left_out = [](bool line_is_good, void (*meanwhile)(DuePauses&)) {
    DuePauses meter({one_row});
    EXPECT_EQ(meter.next(), "BT52 0+8");
    meter.fail(Fault::no_response);
    meanwhile(meter);
    const Instant polled = meter.now + minutes(1);
    meter.pauses.begin(most_bytes, polled);
    meter.pauses.polled(line_is_good);
    const std::string news = meter.news();
    EXPECT_EQ(meter.next_at(polled + a_day), "BT52 0+8");
    const bool left_out = meter.next_at(polled + a_day - microseconds(1)).empty();
    EXPECT_EQ(news, left_out ? "without BT52: no-response (why)" : "");
    return left_out;
  };
  EXPECT_FALSE(is_left_out(false, [](DuePauses&) {}));
  EXPECT_FALSE(is_left_out(true, [](DuePauses& meter) { meter.pauses.fail({Fault::silent, ""}); }));
  EXPECT_FALSE(is_left_out(true, [](DuePauses& meter) { meter.pauses.polled(false); }));
  EXPECT_FALSE(is_left_out(true, [](DuePauses& meter) { meter.pauses.forget_meter(); }));
  EXPECT_FALSE(is_left_out(true, [](DuePauses& meter) { meter.pauses.retry_tables(); }));
}

TEST(DuePauses, BeginAnewWithAnotherMeterOrAnotherFirmware) {
  DuePauses meter({one_row});
  meter.known.identity.serial_number = "1";
  meter.known.firmware = Firmware{1};
  meter.pauses.identified(meter.known);
  const auto is_begun_anew = [&] {
    meter.pauses.identified(meter.known);
    const bool anew = meter.next() == "BT52 0+8";
    if (anew) {
      meter.take(Bytes(8));
    }
    return anew;
  };
  EXPECT_TRUE(is_begun_anew());
  EXPECT_FALSE(is_begun_anew());
  meter.known.firmware = Firmware{2};
  EXPECT_TRUE(is_begun_anew());
  EXPECT_FALSE(is_begun_anew());
  meter.known.identity.serial_number = "2";
  EXPECT_TRUE(is_begun_anew());
  EXPECT_FALSE(is_begun_anew());
  meter.pauses.forget_meter();  // what was read is due again
  EXPECT_TRUE(is_begun_anew());
  EXPECT_EQ(meter.next(), "");
  // What was left out stays so.
  EXPECT_EQ(meter.next_at(meter.now + pace_of_all), "BT52 0+8");
  meter.fail(Fault::refused);
  EXPECT_EQ(meter.next_at(meter.now + pace_of_all), "BT52 0+8");
  meter.fail(Fault::refused);
  meter.pauses.forget_meter();
  EXPECT_EQ(meter.next_at(meter.now + pace_of_all), "");
}

TEST(DuePauses, TakeUpToEightQuestionsAndAnswerEachOnce) {
  DuePauses meter({one_row});
  for (std::uint16_t table = 20; table < 28; ++table) {
    EXPECT_TRUE(meter.pauses.ask({table, 0, 4}));
  }
  EXPECT_FALSE(meter.pauses.ask({28, 0, 4}));
  EXPECT_EQ(meter.next(), "BT20 0+4");
  meter.take(Bytes(4));
  EXPECT_EQ(meter.news(), "BT20: 00 00 00 00");
  EXPECT_TRUE(meter.pauses.ask({28, 0, 4}));
  EXPECT_EQ(meter.next(), "BT21 0+4");
  meter.fail(Fault::refused);
  EXPECT_EQ(meter.news(), "BT21: refused (why)");
  EXPECT_EQ(meter.next(), "BT22 0+4");
  meter.pauses.fail({Fault::silent, ""});
  EXPECT_EQ(meter.news(),
            "BT22: silent (), BT23: silent (), BT24: silent (), BT25: silent (), BT26: silent (), "
            "BT27: silent (), BT28: silent ()");
  EXPECT_FALSE(meter.pauses.asked());
  EXPECT_EQ(meter.next(), "BT52 0+8");
}

TEST(DuePauses, PutAQuestionOffOnceAndARowNever) {
  DuePauses meter({one_row});
  EXPECT_EQ(meter.next(), "BT52 0+8");
  EXPECT_FALSE(meter.pauses.put_off_read());
  for (int question = 0; question < 2; ++question) {
    EXPECT_TRUE(meter.pauses.ask({23, 0, 12}));
    EXPECT_EQ(meter.next(8), "BT23 0+8");
    meter.take(Bytes(8));
    EXPECT_EQ(meter.next(8), "BT23 8+4");
    EXPECT_TRUE(meter.pauses.put_off_read());
    EXPECT_EQ(meter.next(8), "BT23 0+8") << "from the beginning";
    EXPECT_FALSE(meter.pauses.put_off_read());
    meter.fail(Fault::overdue);
    EXPECT_EQ(meter.news(), "BT23: overdue (why)");
  }
}

}  // namespace
}  // namespace irmeter::testing
