// A reader alone, whose meter is the test: what it makes of the key, and of the time of a pause.
#include "lib/meter/reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/failure.hpp"
#include "tests/unit/answered_line.hpp"

namespace irmeter::testing {
namespace {

using When = PlanRow::When;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string shown_key = "0123456789ABCDEF0123";
const Bytes not_allowed{0x03};

// A table to be read with each poll, behind the key or without one; and one for the pauses.
constexpr std::uint16_t slow_count = 40;
std::optional<TableRead> read_live(const PlanRow::Known&) {
  return TableRead{23, 0, 2};
}
std::optional<TableRead> read_slow(const PlanRow::Known&) {
  return TableRead{52, 0, slow_count};
}
const std::vector<PlanRow> open_plan{{.when = When::each_poll, .what = read_live},
                                     {.when = When::each_period, .what = read_slow}};
const std::vector<PlanRow> key_plan{{.when = When::each_session},
                                    {.when = When::each_poll, .what = read_live}};

std::string text_of(const ReaderEvent& event) {
  struct Text {
    std::string operator()(const Closed&) const { return "closed"; }
    std::string operator()(const Identity&) const { return "identified"; }
    std::string operator()(const KeyQuestion& question) const {
      return question.retry ? "once more?" : "may it?";
    }
    std::string operator()(const KeyFact& fact) const {
      switch (fact.trust) {
        case KeyTrust::proven:
          return "proven";
        case KeyTrust::put_off:
          return "put off";
        case KeyTrust::rejected:
          return "rejected";
        default:
          return "nothing";
      }
    }
    std::string operator()(const AllRead&) const { return "read"; }
    std::string operator()(const Failure& failure) const { return to_text(failure); }
    std::string operator()(const PauseReadEnded&) const { return "pause read"; }
  };
  return std::visit(Text{}, event);
}

class AnsweredReader : public AnsweredLine<Reader> {
 public:
  explicit AnsweredReader(const std::vector<PlanRow>& plan)
      : AnsweredLine(reader),
        reader({}, {}, plan, {.slow_interval = seconds(10)}, Key::from_text(shown_key)) {}

  Reader reader;

  std::string told() {
    std::string text;
    while (const auto event = reader.event()) {
      text += (text.empty() ? "" : ", ") + text_of(*event);
    }
    return text;
  }
  void open() {
    reader.read(now, true);
    for (const Bytes& payload : {identification, limits_granted, all_right}) {
      answer(payload);
    }
    sent();
  }
  // As far as the key is shown.
  void show(KeyPermission permission) {
    open();
    ASSERT_EQ(told(), "may it?");
    reader.answer(permission, "", now);
    ASSERT_EQ(asked(), "security");
  }
  // As far as the first values are read.
  void read_open_plan() {
    open();
    answer(whole_table({1, 2}));
    ASSERT_EQ(told(), "read");
  }
};

constexpr KeyPermission permissions[] = {KeyPermission::proven, KeyPermission::granted,
                                         KeyPermission::last};

TEST(Reader, LearnsOfAKeyWhatAReadTells) {
  for (const KeyPermission permission : permissions) {
    const bool proven = permission == KeyPermission::proven;
    AnsweredReader meter(key_plan);
    meter.show(permission);
    meter.answer(all_right);
    EXPECT_EQ(meter.told(), "");
    meter.answer(whole_table({1, 2}));
    EXPECT_EQ(meter.told(), proven ? "read" : "proven, read");
    // Not twice.
    meter.reader.read(meter.now, true);
    meter.answer(whole_table({1, 2}));
    EXPECT_EQ(meter.told(), "read");
  }
}

TEST(Reader, TakesARefusedKeyForRejected) {
  for (const KeyPermission permission : permissions) {
    AnsweredReader meter(key_plan);
    meter.show(permission);
    meter.answer(not_allowed);
    EXPECT_EQ(meter.told(),
              "rejected, key-rejected (Security: isc (insufficient security clearance))");
    EXPECT_EQ(meter.asked(), "log off");
  }
}

TEST(Reader, PutsAKeyOffOnceThatABusyMeterHasNotLookedAt) {
  for (const auto& [permission, said] :
       {std::pair{KeyPermission::granted, "put off, busy (Security: bsy (device busy))"},
        {KeyPermission::last, "key-unanswered (Security: bsy (device busy))"}}) {
    AnsweredReader meter(key_plan);
    meter.show(permission);
    meter.answer(busy_now);
    EXPECT_EQ(meter.told(), said);
    EXPECT_EQ(meter.asked(), "log off");
  }
}

// What the first read is refused with tells of the key only where the meter has seen it.
TEST(Reader, BlamesTheKeyForTheFirstReadIfTheMeterHasTakenIt) {
  const Bytes damaged = from_hex("06 EE 00 00 00 00 01 00 11 30");
  const Bytes stray = [] {
    Bytes bytes = encode({.multi = true, .sequence = 0, .payload = {0x00}});
    bytes.insert(bytes.begin(), ack_byte);
    return bytes;
  }();
  const std::pair<Bytes, bool> answers[] = {
      {Bytes{ack_byte}, true}, {damaged, true}, {stray, true}, {{}, false}, {{0xFF}, false}};
  for (const auto& [bytes, taken] : answers) {
    for (const KeyPermission permission : permissions) {
      SCOPED_TRACE(to_hex(bytes));
      AnsweredReader meter(key_plan);
      meter.show(permission);
      for (std::string asked; asked != "BT23 0+2"; asked = meter.asked()) {
        if (asked == "security" || meter.latest_packet[6] == 0x51) {
          meter.receive(bytes);
          meter.pass(milliseconds(400));
        }
        ASSERT_LT(meter.now, Instant{hours(2)});
      }
      EXPECT_EQ(meter.told(), "");
      meter.answer(not_allowed);
      const std::string context = "(BT23: isc (insufficient security clearance))";
      const bool good_before = permission == KeyPermission::proven;
      EXPECT_EQ(meter.told(), good_before ? "session-lost " + context
                              : taken     ? "rejected, key-rejected " + context
                                          : "key-unanswered " + context);
    }
  }
}

// A key that opens one table and not the next, with and without an answer to itself.
TEST(Reader, TakesAKeyForRejectedThatOpensNotAllOfTheFirstReading) {
  const std::vector<PlanRow> plan{{.when = When::each_session},
                                  {.when = When::each_poll, .what = read_live},
                                  {.when = When::each_poll, .what = [](const PlanRow::Known&) {
                                     return std::optional(TableRead{28, 0, 2});
                                   }}};
  for (const bool answered : {false, true}) {
    AnsweredReader meter(plan);
    meter.show(KeyPermission::granted);
    meter.answer(answered ? all_right : whole_table({1, 2}));
    meter.answer(whole_table({1, 2}));
    meter.answer(not_allowed);
    EXPECT_EQ(meter.told(),
              "proven, rejected, key-rejected (BT28: isc (insufficient security clearance))");
  }
}

// One answer that is more than "ok" is to something else.
TEST(Reader, WaitsForTheFirstReadWhereTheAnswerToTheKeyIsAnothers) {
  for (const bool proven : {false, true}) {
    AnsweredReader meter(key_plan);
    meter.show(proven ? KeyPermission::proven : KeyPermission::granted);
    meter.answer(whole_table({1, 2}));
    meter.answer(not_allowed);
    const std::string context = "(BT23: isc (insufficient security clearance))";
    EXPECT_EQ(meter.told(),
              proven ? "session-lost " + context : "rejected, key-rejected " + context);
  }
}

TEST(Reader, BlamesNoKeyThatWasGoodEnoughBefore) {
  for (const KeyPermission permission : permissions) {
    AnsweredReader meter(key_plan);
    meter.show(permission);
    meter.answer(all_right);
    meter.answer(whole_table({1, 2}));
    meter.told();
    meter.reader.read(meter.now, true);
    meter.answer(not_allowed);
    EXPECT_EQ(meter.told(), "session-lost (BT23: isc (insufficient security clearance))");
  }
}

// A key that nothing was read with is not to be shown again by another session.
TEST(Reader, LeavesAKeyUnansweredWhateverEndsTheSession) {
  for (const KeyPermission permission : permissions) {
    const bool proven = permission == KeyPermission::proven;
    AnsweredReader meter(key_plan);
    meter.show(permission);
    meter.answer(all_right);
    meter.answer(no_session);
    const std::string context = " (BT23: isss (invalid service sequence state))";
    EXPECT_EQ(meter.told(), (proven ? "session-lost" : "key-unanswered") + context);
    EXPECT_EQ(meter.asked(), proven ? "BT23 0+2" : "BT23 0+2, log off");
  }
}

TEST(Reader, AsksAsARetryOnce) {
  AnsweredReader meter(key_plan);
  meter.reader.allow_retry();
  meter.open();
  EXPECT_EQ(meter.told(), "once more?");
  meter.reader.answer(KeyPermission::unrecorded, "a full disk", meter.now);
  EXPECT_EQ(meter.told(), "key-unremembered (a full disk)");
  EXPECT_EQ(meter.asked(), "log off");
  meter.reader.reset();
  meter.open();
  EXPECT_EQ(meter.told(), "may it?");
  meter.reader.answer(KeyPermission::rejected, "", meter.now);
  EXPECT_EQ(meter.told(), "key-rejected ()");
  EXPECT_EQ(meter.asked(), "log off");
  meter.reader.reset();
  meter.open();
  meter.reader.answer(KeyPermission::unanswered, "", meter.now);
  EXPECT_EQ(meter.told(), "may it?, key-unanswered ()");
  EXPECT_EQ(meter.asked(), "log off");
}

TEST(Reader, TakesNoAnswerAboutTheKeyThatItHasNotAskedFor) {
  AnsweredReader meter(key_plan);
  meter.reader.answer(KeyPermission::rejected, "", meter.now);
  EXPECT_EQ(meter.told(), "");
  meter.show(KeyPermission::granted);
  meter.reader.answer(KeyPermission::rejected, "", meter.now);
  EXPECT_EQ(meter.told(), "");
  meter.answer(all_right);
  meter.reader.answer(KeyPermission::rejected, "", meter.now);
  meter.answer(whole_table({1, 2}));
  meter.reader.answer(KeyPermission::rejected, "", meter.now);
  EXPECT_EQ(meter.told(), "proven, read");
}

// Request, ACK, packets of 64 bytes at most, each with the 4 bytes beside a table's only once, our
// ACKs, the standard's three turn-arounds to a packet, and the gap in front of the request.
Duration time_of_slow_read() {
  constexpr std::size_t bytes = 16 + 1 + (8 + 4 + slow_count) + 1;
  return LinkTiming{}.air_time(bytes) + milliseconds(1) + 3 * microseconds(175);
}

TEST(Reader, LeavesTimeToLogOff) {
  AnsweredReader meter(open_plan);
  const Duration exchange =
      LinkTiming{}.air_time(16 + 1 + 4 + 8 + 1) + milliseconds(1) + 3 * microseconds(175);
  EXPECT_EQ(meter.reader.closing_time(), 2 * exchange);
}

TEST(Reader, ReadsInAPauseWhatFitsBesideTheTimeAMeterThinks) {
  constexpr Duration thinks = milliseconds(100);
  for (const bool fits : {false, true}) {
    AnsweredReader meter(open_plan);
    meter.read_open_plan();
    const Duration pause = thinks + time_of_slow_read() - (fits ? Duration{} : moment);
    EXPECT_TRUE(meter.reader.read_in_pause(meter.now, meter.now + pause, true));
    EXPECT_EQ(meter.asked(), fits ? "BT23 0+2, BT52 0+40" : "BT23 0+2, BT52 0+20");
  }
  AnsweredReader meter(open_plan);
  meter.read_open_plan();
  EXPECT_FALSE(meter.reader.read_in_pause(meter.now, meter.now + thinks, true));
  EXPECT_FALSE(meter.reader.read_in_pause(meter.now, meter.now, true));
  EXPECT_FALSE(meter.reader.reads_in_pause());
}

// Packets of 56 bytes, of which the first table bytes share theirs with 4 others.
TEST(Reader, CountsThePacketsOfALongRead) {
  static std::uint16_t count = 0;
  const std::vector<PlanRow> plan{{.when = When::each_poll, .what = read_live},
                                  {.when = When::each_period, .what = [](const PlanRow::Known&) {
                                     return std::optional(TableRead{52, 0, count});
                                   }}};
  for (const auto& [bytes, packets] :
       {std::pair<std::uint16_t, std::size_t>{52, 1}, {56, 2}, {108, 2}}) {
    count = bytes;
    const Duration time =
        milliseconds(100) + LinkTiming{}.air_time(16 + 1 + bytes + 4 + packets * 9) +
        milliseconds(1) + static_cast<std::int64_t>(packets) * 3 * microseconds(175);
    for (const bool fits : {false, true}) {
      AnsweredReader meter(plan);
      meter.read_open_plan();
      meter.sent();
      EXPECT_TRUE(meter.reader.read_in_pause(
          meter.now, meter.now + time - (fits ? Duration{} : moment), true));
      EXPECT_EQ(meter.asked() == "BT52 0+" + std::to_string(bytes), fits) << bytes;
    }
  }
}

TEST(Reader, LearnsHowLongAMeterThinks) {
  const std::pair<Duration, Duration> times[] = {
      {milliseconds(10), milliseconds(100)},
      {milliseconds(101), milliseconds(101)},
      {milliseconds(800) - moment, milliseconds(800) - moment},
      {milliseconds(800), milliseconds(100)}};
  for (const auto& [thinks, expected] : times) {
    AnsweredReader meter(open_plan);
    meter.read_open_plan();
    const Instant asked = meter.now;
    ASSERT_TRUE(meter.reader.read_in_pause(asked, asked + seconds(2), true));
    meter.pass_to(asked + time_of_slow_read() + thinks);
    meter.receive({ack_byte});
    meter.receive(encode({.toggle = true, .payload = whole_table(Bytes(slow_count))}));
    EXPECT_EQ(meter.told(), "pause read");
    EXPECT_FALSE(meter.reader.reads_in_pause());
    meter.reader.plan().pauses().forget_meter();  // so that it is due again
    meter.pass(a_while);
    meter.sent();
    EXPECT_TRUE(meter.reader.read_in_pause(
        meter.now, meter.now + expected + time_of_slow_read() - moment, true));
    EXPECT_EQ(meter.asked(), "BT52 0+20");
  }
}

TEST(Reader, ReadsOneTableAtATimeInAPause) {
  AnsweredReader meter(open_plan);
  const auto reads = [&](bool rows = true) {
    return meter.reader.read_in_pause(meter.now, meter.now + seconds(2), rows);
  };
  EXPECT_FALSE(reads()) << "there is no session";
  meter.open();
  EXPECT_FALSE(reads()) << "a poll is under way";
  meter.answer(whole_table({1, 2}));
  EXPECT_FALSE(reads(false)) << "nobody has asked for anything";
  EXPECT_TRUE(reads());
  EXPECT_FALSE(reads()) << "one is under way";
  meter.answer(whole_table(Bytes(slow_count)));
  EXPECT_FALSE(reads()) << "nothing is due";
  EXPECT_EQ(meter.told(), "read, pause read");
}

TEST(Reader, DropsTheReadOfAPauseForAPoll) {
  AnsweredReader meter(open_plan);
  meter.read_open_plan();
  ASSERT_TRUE(meter.reader.read_in_pause(meter.now, meter.now + seconds(2), true));
  EXPECT_EQ(meter.asked(), "BT23 0+2, BT52 0+40");
  meter.reader.read(meter.now, true);
  EXPECT_FALSE(meter.reader.reads_in_pause());
  EXPECT_EQ(meter.told(), "");
  EXPECT_EQ(meter.asked(), "identify");
}

TEST(Reader, EndsThePauseWhereTheSessionTurnsOutToBeLost) {
  for (const auto& [answer, stays] :
       {std::pair{no_session, false}, {not_allowed, true}, {Bytes{}, false}}) {
    AnsweredReader meter(open_plan);
    meter.read_open_plan();
    ASSERT_TRUE(meter.reader.read_in_pause(meter.now, meter.now + seconds(2), true));
    if (answer.empty()) {
      meter.pass(seconds(20));
    } else {
      meter.answer(answer);
    }
    EXPECT_EQ(meter.told(), "pause read");
    EXPECT_FALSE(meter.reader.reads_in_pause());
    meter.sent();
    meter.reader.read(meter.now, true);
    EXPECT_EQ(meter.asked(), stays ? "BT23 0+2" : "identify");
  }
}

TEST(Reader, ForgetsTheReadOfAPauseWithTheLine) {
  AnsweredReader meter(open_plan);
  meter.read_open_plan();
  ASSERT_TRUE(meter.reader.read_in_pause(meter.now, meter.now + seconds(2), true));
  meter.reader.reset();
  EXPECT_FALSE(meter.reader.reads_in_pause());
  EXPECT_FALSE(meter.reader.deadline());
  EXPECT_EQ(meter.told(), "");
  EXPECT_FALSE(meter.reader.read_in_pause(meter.now, meter.now + seconds(2), true));
  meter.sent();
  meter.open();
  EXPECT_EQ(meter.asked(), "BT23 0+2");
}

TEST(Reader, ReadsTheSameAgain) {
  AnsweredReader meter(key_plan);
  meter.show(KeyPermission::proven);
  meter.answer(all_right);
  meter.answer(whole_table({1, 2}));
  EXPECT_EQ(meter.told(), "read");
  EXPECT_EQ(meter.asked(), "BT23 0+2");
  meter.reader.read_again(meter.now);
  EXPECT_EQ(meter.asked(), "BT23 0+2");
  meter.answer(whole_table({1, 2}));
  EXPECT_EQ(meter.told(), "read");
  meter.reader.close(meter.now);
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "closed");
}

}  // namespace
}  // namespace irmeter::testing
