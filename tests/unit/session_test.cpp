// A session alone, whose meter is the test: every packet is seen, and every moment is exact.
#include "lib/session/session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/failure.hpp"
#include "tests/unit/answered_line.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string text_of(const SessionEvent& event) {
  struct Text {
    std::string operator()(const Closed&) const { return "closed"; }
    std::string operator()(const Opened& opened) const {
      return opened.resumed ? "resumed"
                            : "opened " + std::to_string(opened.limits.packet_count) + " x " +
                                  std::to_string(opened.limits.packet_size);
    }
    std::string operator()(const Answered& answered) const {
      return "answered " + to_hex(answered.bytes);
    }
    std::string operator()(const Refused& refused) const {
      return std::string(refused.repeated ? "perhaps " : "") + "refused " + describe(refused.code);
    }
    std::string operator()(const Lost& lost) const {
      return "lost " + to_text(Failure{lost.fault, lost.context});
    }
    std::string operator()(const Failure& failure) const { return to_text(failure); }
  };
  return std::visit(Text{}, event);
}

class AnsweredSession : public AnsweredLine<Session> {
 public:
  explicit AnsweredSession(const SessionTiming& timing = {})
      : AnsweredLine(session), session({}, timing) {}

  Session session;

  std::string told() {
    std::string text;
    while (const auto event = session.event()) {
      text += (text.empty() ? "" : ", ") + text_of(*event);
    }
    return text;
  }

  // A session that was opened with the latest answer.
  void open() {
    session.open(now);
    for (const Bytes& payload : {identification, limits_granted, all_right}) {
      answer(payload);
    }
    ASSERT_EQ(told(), "opened 2 x 64");
    ASSERT_EQ(asked(), "identify, negotiate, log on");
  }
  void read() { session.read({bt23, 0, 2}, now); }
};

std::string opened_with(const Bytes& granted) {
  AnsweredSession meter;
  meter.session.open(meter.now);
  for (const Bytes& payload : {identification, granted, all_right}) {
    meter.answer(payload);
  }
  return meter.told();
}

TEST(Session, UsesNoMoreThanIsGrantedOrWasAskedFor) {
  EXPECT_EQ(opened_with(from_hex("00 00 3F 01 06")), "opened 1 x 63");
  EXPECT_EQ(opened_with(from_hex("00 00 40 02 06")), "opened 2 x 64");
  EXPECT_EQ(opened_with(from_hex("00 00 41 03 06")), "opened 2 x 64");
  EXPECT_EQ(opened_with(from_hex("00 00 24 03 06")), "opened 2 x 36");
  EXPECT_EQ(opened_with(from_hex("02")), "opened 1 x 64");  // not supported
}

TEST(Session, ForShortAnswersAgreesOnNothing) {
  AnsweredSession meter;
  meter.open();
  meter.session.close(meter.now);
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.asked(), "log off, terminate");
  EXPECT_EQ(meter.told(), "closed");
  meter.session.open(meter.now, true);
  meter.answer(identification);
  meter.answer(all_right);
  EXPECT_EQ(meter.asked(), "identify, log on");
  EXPECT_EQ(meter.told(), "opened 1 x 64");
}

TEST(Session, IsNotOpenedByAnAnswerThatMakesNoSense) {
  const std::pair<std::vector<Bytes>, const char*> cases[] = {
      {{from_hex("00 00 02")}, "unexpected (Identification)"},
      {{identification, from_hex("00 00 40 02")},
       "unexpected (Negotiate: the answer to Negotiate is too short)"},
      {{identification, from_hex("01")}, "refused (Negotiate: err (rejected))"},
      {{identification, limits_granted, from_hex("01")}, "locked-out (Logon: err (rejected))"},
      {{identification, limits_granted, no_session},
       "session-lost (Logon: isss (invalid service sequence state))"}};
  for (const auto& [answers, failure] : cases) {
    AnsweredSession meter;
    meter.session.open(meter.now);
    for (const Bytes& payload : answers) {
      meter.answer(payload);
    }
    EXPECT_EQ(meter.told(), failure);
    EXPECT_FALSE(meter.session.busy()) << failure;
    EXPECT_FALSE(meter.session.is_open()) << failure;
    meter.sent();
    EXPECT_EQ(meter.asked(), "") << failure;
  }
}

// The toggle: 0 after a session that ended in order, else it goes on alternating.
TEST(Session, BeginsWithAPacketThatTheMeterCannotTakeForTheOneBefore) {
  const auto toggle = [](AnsweredSession& meter) {
    return (meter.latest_packet[2] & control::toggle) != 0;
  };
  AnsweredSession meter;
  meter.open();
  EXPECT_FALSE(toggle(meter));  // identify 0, negotiate 1, log on 0
  meter.session.close(meter.now);
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.asked(), "log off, terminate");
  EXPECT_EQ(meter.told(), "closed");
  meter.open();  // 0, 1, 0
  EXPECT_FALSE(toggle(meter));
  meter.session.drop(meter.now);
  meter.open();  // 1, 0, 1
  EXPECT_TRUE(toggle(meter));
  meter.session.reset();
  meter.open();  // 0, 1, 0
  EXPECT_FALSE(toggle(meter));
  meter.read();
  EXPECT_EQ(meter.asked(), "BT23 0+2");
  meter.session.reset();
  meter.session.open(meter.now);
  EXPECT_EQ(meter.asked(), "identify");
  EXPECT_FALSE(toggle(meter));  // BT23 1
}

void keep_alive_behind_a_read(AnsweredSession& meter) {
  meter.read();
  meter.answer(whole_table({1, 2}));
  meter.pass_to(meter.latest_answer + seconds(4));
}

TEST(Session, GoesOnAlternatingHoweverTheOneBeforeHasEnded) {
  using End = void (*)(AnsweredSession&);
  const std::pair<const char*, End> ends[] = {
      {"dropped", [](AnsweredSession& meter) { meter.session.drop(meter.now); }},
      {"given up",
       [](AnsweredSession& meter) { meter.session.give_up(Fault::unexpected, "", meter.now); }},
      {"timed out", [](AnsweredSession& meter) { meter.session.time_out(meter.now); }},
      {"expired", [](AnsweredSession& meter) { meter.now = meter.latest_answer + seconds(6); }},
      {"overslept",
       [](AnsweredSession& meter) { meter.sleep_to(meter.latest_answer + seconds(6)); }},
      {"lost",
       [](AnsweredSession& meter) {
         keep_alive_behind_a_read(meter);
         meter.pass(seconds(9));
       }},
      {"refused",
       [](AnsweredSession& meter) {
         keep_alive_behind_a_read(meter);
         meter.answer(no_session);
       }},
      {"closed by half",
       [](AnsweredSession& meter) {
         meter.session.close(meter.now);
         meter.answer(all_right);
         meter.answer(no_session);
       }},
      {"closed in vain", [](AnsweredSession& meter) {
         meter.session.close(meter.now);
         meter.pass(seconds(5));
       }}};
  for (const auto& [name, end] : ends) {
    SCOPED_TRACE(name);
    AnsweredSession meter;
    meter.open();
    end(meter);
    meter.sent();
    ASSERT_EQ(meter.latest_packet[2] & control::toggle, 0);
    meter.session.open(meter.now);
    EXPECT_EQ(meter.asked(), "identify");
    EXPECT_NE(meter.latest_packet[2] & control::toggle, 0);
  }
}

TEST(Session, EndsAnOldOneOnceWhereIdentificationIsRefused) {
  AnsweredSession meter;
  meter.session.open(meter.now);
  meter.answer(busy_now);
  meter.pass(seconds(1));
  meter.answer(no_session);
  meter.answer(all_right);
  EXPECT_EQ(meter.asked(), "identify, identify, terminate, identify");
  // 0, 1, 0, 1: no session has ended in order.
  EXPECT_NE(meter.latest_packet[2] & control::toggle, 0);
  meter.answer(from_hex("01"));
  EXPECT_EQ(meter.told(), "locked-out (Identification: err (rejected))");
  EXPECT_EQ(meter.asked(), "");
  meter.session.open(meter.now);
  meter.answer(from_hex("01"));
  EXPECT_EQ(meter.asked(), "identify, terminate");
}

TEST(Session, AsksABusyMeterFiveTimesAgain) {
  AnsweredSession meter;
  meter.open();
  for (int read = 0; read < 2; ++read) {  // each has so many
    meter.read();
    EXPECT_EQ(meter.asked(), "BT23 0+2");
    for (int times = 1; times <= 5; ++times) {
      meter.answer(busy_now);
      meter.pass_to(meter.latest_answer + seconds(1) - moment);
      EXPECT_EQ(meter.sent(), "");
      meter.pass(moment);
      EXPECT_EQ(meter.sent(), "BT23 0+2");
    }
    meter.answer(busy_now);
    EXPECT_EQ(meter.told(), "refused bsy (device busy)");
    EXPECT_EQ(meter.asked(), "");
  }
}

TEST(Session, AsksForADamagedTableThreeTimesAgain) {
  const Bytes too_short = whole_table({1});
  AnsweredSession meter;
  meter.open();
  for (int read = 0; read < 2; ++read) {
    meter.read();
    for (int times = 0; times < 3; ++times) {
      meter.answer(too_short);
      EXPECT_EQ(meter.told(), "");
    }
    meter.answer(too_short);
    EXPECT_EQ(meter.told(), "lost unexpected (BT23: 1 bytes instead of 2)");
    EXPECT_EQ(meter.asked(), "BT23 0+2, BT23 0+2, BT23 0+2, BT23 0+2");
  }
  EXPECT_EQ(meter.session.counters().retries, 6U);
  meter.read();
  meter.answer(too_short);
  meter.answer(whole_table({1, 2}));
  EXPECT_EQ(meter.told(), "answered 01 02");
}

// The last packet of a message whose first one has not come.
TEST(Session, AsksForATableAgainWhosePacketsDoNotFitTogetherButShowsNoKeyAgain) {
  const Bytes stray = encode({.multi = true, .sequence = 0, .payload = {0x00}});
  AnsweredSession meter;
  meter.open();
  for (const bool key : {false, true}) {
    if (key) {
      meter.session.show_key(*Key::from_text("0123456789ABCDEF0123"), true, meter.now);
    } else {
      meter.read();
    }
    meter.acknowledge();
    meter.receive(stray);
    EXPECT_EQ(meter.told(), key ? "lost unexpected (Security)" : "");
    EXPECT_EQ(meter.asked(), key ? "security" : "BT23 0+2, BT23 0+2");
    if (!key) {
      meter.answer(whole_table({1, 2}));
      EXPECT_EQ(meter.told(), "answered 01 02");
    }
  }
}

// Before anything of the meter was heard there is no place.
TEST(Session, SaysOfALineWhatIsWrongWithIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "silent ()"},
      {"EE 00 00 00 00 01 20 13 10", "echo ()"},
      {"FF", "garbled ()"},
      {"06", "no-response (Identification)"},
      {"06 EE 00 00 00 00 01 00 11 30", "damaged (Identification)"}};
  for (const auto& [bytes, failure] : cases) {
    AnsweredSession meter;
    meter.session.open(meter.now);
    for (int times = 0; times < 200 && meter.session.busy(); ++times) {
      if (meter.asked() == "identify") {
        meter.receive(from_hex(bytes));
      }
    }
    meter.pass(seconds(20));
    EXPECT_EQ(meter.told(), failure);
  }
}

TEST(Session, TakesAWholeTableOfAnySize) {
  AnsweredSession meter;
  meter.open();
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes{1, 2, 3}}) {
    meter.session.read({bt23, 0, 0}, meter.now);
    meter.answer(whole_table(bytes));
    EXPECT_EQ(meter.told(), "answered " + to_hex(bytes));
  }
}

TEST(Session, ExpectsAsManyBytesAsItReads) {
  AnsweredSession meter;
  meter.open();
  meter.session.read({bt23, 0, 20}, meter.now);
  meter.acknowledge();
  EXPECT_EQ(meter.session.missing(), packet_overhead + 4 + 20);
  meter.answer(whole_table(Bytes(20)));
  meter.pass(seconds(4) + a_while);
  meter.receive({ack_byte});
  EXPECT_EQ(meter.session.missing(), packet_overhead + 1);
}

TEST(Session, IsKeptAliveAfterFourSecondsOfSilence) {
  AnsweredSession meter;
  meter.open();
  for (int times = 0; times < 2; ++times) {
    meter.pass_to(meter.latest_answer + seconds(4) - moment);
    EXPECT_EQ(meter.sent(), "");
    meter.pass(moment);
    EXPECT_EQ(meter.sent(), "BT00 0+1");
    meter.answer(whole_table({1}));
  }
  EXPECT_EQ(meter.told(), "");
  EXPECT_TRUE(meter.session.is_open());
}

TEST(Session, IsGoneAfterSixSecondsOfSilence) {
  AnsweredSession meter;
  meter.open();
  meter.sleep_to(meter.latest_answer + seconds(6));
  EXPECT_EQ(meter.sent(), "");
  EXPECT_FALSE(meter.session.is_open());
  EXPECT_EQ(meter.told(), "");
  for (const bool gone : {false, true}) {
    meter.open();
    meter.now = meter.latest_answer + seconds(6) - (gone ? Duration{} : moment);
    meter.session.open(meter.now);
    EXPECT_EQ(meter.told(), gone ? "" : "resumed");
    EXPECT_EQ(meter.asked(), gone ? "identify" : "BT00 0+1");
    meter.session.reset();
  }
}

TEST(Session, IsTooOldAfter540Seconds) {
  for (const bool too_old : {false, true}) {
    AnsweredSession meter;
    meter.open();
    const Instant opened = meter.latest_answer;
    while (meter.now < opened + seconds(538)) {
      meter.read();
      meter.answer(whole_table({1, 2}));
      meter.pass(seconds(2));
    }
    meter.sent();
    meter.told();
    meter.now = opened + seconds(540) - (too_old ? Duration{} : moment);
    meter.session.open(meter.now);
    EXPECT_EQ(meter.told(), too_old ? "" : "resumed");
    EXPECT_EQ(meter.asked(), too_old ? "log off" : "");
    if (too_old) {
      meter.answer(all_right);
      meter.answer(all_right);
      EXPECT_EQ(meter.told(), "closed");
      EXPECT_EQ(meter.asked(), "terminate, identify");
    }
  }
}

// Where nobody wants to read, a session that is too old is not kept alive, but ended.
TEST(Session, LogsOffInsteadOfBeingKeptAliveTooLong) {
  for (const bool too_old : {false, true}) {
    SessionTiming timing;
    timing.max_age = seconds(4) + (too_old ? Duration{} : moment);
    AnsweredSession meter(timing);
    meter.open();
    meter.pass_to(meter.latest_answer + seconds(4));
    EXPECT_EQ(meter.sent(), too_old ? "log off" : "BT00 0+1");
  }
}

TEST(Session, HasLessPatienceWithTheFirstPacketAfterASecondOfSilence) {
  for (const bool first : {false, true}) {
    AnsweredSession meter;
    meter.open();
    meter.pass_to(meter.latest_answer + seconds(1) - (first ? Duration{} : moment));
    meter.read();
    const Duration timeout = LinkTiming{}.air_time(16) + milliseconds(first ? 500 : 2000);
    const Instant due = meter.now + timeout;
    meter.pass_to(due - moment);
    EXPECT_EQ(meter.sent(), "BT23 0+2");
    meter.pass(moment);
    EXPECT_EQ(meter.sent(), "BT23 0+2");
    EXPECT_EQ(meter.session.counters().retries, first ? 0U : 1U);
  }
}

TEST(Session, TriesTwiceToLogOffAndToTerminate) {
  AnsweredSession meter;
  meter.open();
  meter.session.close(meter.now);
  meter.pass(milliseconds(2 * 510) + a_while);
  EXPECT_EQ(meter.sent(), "log off, log off, terminate");
  meter.pass(seconds(10));
  EXPECT_EQ(meter.sent(), "terminate");
  EXPECT_EQ(meter.told(), "closed");
  EXPECT_FALSE(meter.session.busy());
}

TEST(Session, ShowsAKeyThatIsNotProvenOnce) {
  const Key key = *Key::from_text("0123456789ABCDEF0123");
  for (const bool proven : {false, true}) {
    AnsweredSession meter;
    meter.open();
    meter.session.show_key(key, proven, meter.now);
    meter.answer(busy_now);
    EXPECT_EQ(meter.told(), proven ? "" : "refused bsy (device busy)");
    meter.pass(seconds(10));
    EXPECT_EQ(meter.sent().starts_with("security, security"), proven);
  }
  for (const bool proven : {false, true}) {
    AnsweredSession meter;
    meter.open();
    meter.session.show_key(key, proven, meter.now);
    meter.pass(seconds(20));
    EXPECT_EQ(meter.sent().starts_with("security, security"), proven);
  }
}

// The answer may be to the first of them.
TEST(Session, DoesNotAskABusyMeterAgainThatMayHaveSeenAKeyTwice) {
  AnsweredSession meter;
  meter.open();
  meter.session.show_key(*Key::from_text("0123456789ABCDEF0123"), true, meter.now);
  meter.pass(seconds(3));
  EXPECT_EQ(meter.sent(), "security, security");
  meter.answer(busy_now);
  EXPECT_EQ(meter.told(), "perhaps refused bsy (device busy)");
}

TEST(Session, MarksTheKeyAloneAsSecret) {
  AnsweredSession meter;
  meter.open();
  meter.session.show_key(*Key::from_text("0123456789ABCDEF0123"), false, meter.now);
  meter.pass(a_while);
  const auto shown = meter.session.outgoing();
  ASSERT_TRUE(shown);
  EXPECT_TRUE(shown->secret);
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "answered ");
  meter.sent();
  meter.read();
  meter.pass(a_while);
  const auto next = meter.session.outgoing();
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->secret);
}

TEST(Session, ThatIsOpenedDuringAKeepAliveGoesOnBehindIt) {
  AnsweredSession meter;
  meter.open();
  meter.pass(seconds(4));
  meter.session.open(meter.now);
  EXPECT_EQ(meter.told(), "");
  meter.answer(whole_table({1}));
  EXPECT_EQ(meter.told(), "resumed");
  EXPECT_EQ(meter.asked(), "BT00 0+1");
  EXPECT_FALSE(meter.session.busy());
}

TEST(Session, ThatIsOpenedBehindACloseBeginsAnew) {
  AnsweredSession meter;
  meter.open();
  meter.read();
  meter.session.close(meter.now);
  meter.session.open(meter.now);
  meter.answer(whole_table({1, 2}));
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "answered 01 02, closed");
  EXPECT_EQ(meter.asked(), "BT23 0+2, log off, terminate, identify");
  // While it logs off, and taken back.
  meter.session.reset();
  meter.open();
  meter.session.close(meter.now);
  meter.session.open(meter.now);
  meter.session.close(meter.now);
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "closed");
  EXPECT_EQ(meter.asked(), "log off, terminate");
}

TEST(Session, ThatIsOpenedTwiceOpensOnce) {
  AnsweredSession meter;
  meter.session.open(meter.now);
  meter.session.open(meter.now);
  for (const Bytes& payload : {identification, limits_granted, all_right}) {
    meter.answer(payload);
  }
  EXPECT_EQ(meter.told(), "opened 2 x 64");
  EXPECT_EQ(meter.asked(), "identify, negotiate, log on");
}

TEST(Session, IsClosedWithoutWaitingForABusyMeter) {
  AnsweredSession meter;
  meter.open();
  meter.read();
  meter.answer(busy_now);
  meter.session.close(meter.now);
  EXPECT_EQ(meter.asked(), "BT23 0+2, log off");
  // Nor is one that says so while it is to be closed, or sends nonsense.
  for (const Bytes& answer : {busy_now, whole_table({1})}) {
    meter.session.reset();
    meter.open();
    meter.read();
    meter.session.close(meter.now);
    meter.answer(answer);
    EXPECT_EQ(meter.asked(), "BT23 0+2, log off");
    EXPECT_EQ(meter.told(), "");
  }
}

TEST(Session, ThatIsClosedWhileItOpensIsTerminated) {
  AnsweredSession meter;
  meter.session.open(meter.now);
  meter.session.close(meter.now);
  meter.answer(identification);
  EXPECT_EQ(meter.asked(), "identify, terminate");
  EXPECT_EQ(meter.told(), "");
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "closed");
  meter.session.close(meter.now);
  EXPECT_EQ(meter.told(), "closed");
  EXPECT_EQ(meter.asked(), "");
}

TEST(Session, IsLoggedOffWhereAnotherOneCannotHelp) {
  for (const auto& [fault, sent] : {std::pair{Fault::refused, "log off"},
                                    {Fault::busy, "log off"},
                                    {Fault::session_lost, ""},
                                    {Fault::unexpected, ""}}) {
    AnsweredSession meter;
    meter.open();
    meter.session.give_up(fault, "BT23", meter.now);
    EXPECT_EQ(meter.told(), to_text(Failure{fault, "BT23"}));
    EXPECT_EQ(meter.asked(), sent);
    EXPECT_EQ(meter.session.busy(), *sent != '\0');
  }
  // One that is on its way out is not given up twice.
  AnsweredSession meter;
  meter.open();
  meter.session.close(meter.now);
  meter.session.give_up(Fault::unexpected, "", meter.now);
  meter.answer(all_right);
  meter.answer(all_right);
  EXPECT_EQ(meter.told(), "unexpected (), closed");
  EXPECT_EQ(meter.asked(), "log off, terminate");
}

TEST(Session, SaysWhatTookTooLong) {
  AnsweredSession meter;
  meter.session.open(meter.now);
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "overdue (Identification)");
  meter.session.open(meter.now);
  meter.pass(seconds(1));
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "silent ()");
  meter.open();
  meter.session.time_out(meter.now);  // the reader itself
  EXPECT_EQ(meter.told(), "overdue (idle)");
  EXPECT_FALSE(meter.session.is_open());
  meter.open();
  meter.read();
  meter.answer(busy_now);
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "busy (BT23)");
  meter.open();
  meter.read();
  meter.pass(seconds(3));
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "no-response (BT23)");
  meter.sent();
  meter.pass(seconds(60));
  EXPECT_EQ(meter.sent(), "");
}

TEST(Session, IsOverWhereItIsToBeClosedAndTakesTooLong) {
  AnsweredSession meter;
  meter.open();
  meter.read();
  meter.session.close(meter.now);
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "overdue (BT23), closed");
  meter.open();
  meter.read();
  meter.session.time_out(meter.now);
  EXPECT_EQ(meter.told(), "overdue (BT23)");
}

TEST(Session, OutlivesAnAbandonedReadWhereTheMeterIsBusy) {
  AnsweredSession meter;
  meter.open();
  meter.read();
  meter.answer(busy_now);
  EXPECT_EQ(meter.session.abandon(meter.now), Fault::busy);
  EXPECT_TRUE(meter.session.is_open());
  EXPECT_FALSE(meter.session.busy());
  meter.sent();
  meter.pass_to(meter.latest_answer + seconds(4) - moment);
  EXPECT_EQ(meter.sent(), "");
  meter.read();
  meter.answer(whole_table({1, 2}));
  EXPECT_EQ(meter.told(), "answered 01 02");
  meter.read();
  EXPECT_EQ(meter.session.abandon(meter.now), Fault::no_response);
  EXPECT_FALSE(meter.session.is_open());
  EXPECT_EQ(meter.told(), "");
}

// Due at one second, when the meter is asked again; six seconds later that was a sleep.
TEST(Session, DoesNotGoOnWithWhatWasAskedBeforeASleep) {
  for (const bool slept : {false, true}) {
    AnsweredSession meter;
    meter.open();
    meter.read();
    meter.answer(busy_now);
    const Instant due = meter.latest_answer + seconds(1);
    meter.pass(a_while);
    meter.sent();
    meter.sleep_to(due + seconds(6) - (slept ? Duration{} : moment));
    EXPECT_EQ(meter.sent(), slept ? "" : "BT23 0+2");
    if (!slept) {
      continue;
    }
    const Instant awake = meter.now;
    meter.answer(whole_table({1, 2}));  // from before
    EXPECT_EQ(meter.told(), "");
    meter.pass_to(awake + seconds(1) - moment);
    EXPECT_EQ(meter.told(), "");
    meter.pass(moment);
    EXPECT_EQ(meter.told(), "session-lost (BT23)");
    EXPECT_EQ(meter.sent(), "");
  }
}

TEST(Session, TakesWhatTheMeterSaysOfTheKeyAlsoAfterASleep) {
  AnsweredSession meter;
  meter.open();
  meter.session.show_key(*Key::from_text("0123456789ABCDEF0123"), false, meter.now);
  meter.pass(milliseconds(50));
  meter.now += hours(1);
  meter.receive({ack_byte});
  meter.receive(encode({.payload = from_hex("03")}));
  EXPECT_EQ(meter.told(), "refused isc (insufficient security clearance)");
}

// How the next opening ends where nothing comes back.
std::string silence_after(AnsweredSession& meter, Duration time = {}) {
  meter.told();
  meter.pass(time);
  meter.session.open(meter.now);
  meter.pass(seconds(3));
  meter.sent();
  return meter.told();
}

TEST(Session, CutAtAnAgeThatMetersGuardMakesSilenceALockOut) {
  SessionTiming timing;
  timing.max_age = hours(1);
  timing.keep_alive = hours(1);
  timing.traffic_timeout = hours(1);
  using End = void (*)(AnsweredSession&);
  const std::pair<const char*, End> losses[] = {
      {"dropped", [](AnsweredSession& meter) { meter.session.drop(meter.now); }},
      {"given up",
       [](AnsweredSession& meter) { meter.session.give_up(Fault::session_lost, "", meter.now); }},
      {"no response",
       [](AnsweredSession& meter) { meter.session.give_up(Fault::no_response, "", meter.now); }}};
  for (const bool old : {false, true}) {
    for (const auto& [name, lose] : losses) {
      SCOPED_TRACE(name);
      AnsweredSession meter(timing);
      meter.open();
      meter.now = meter.latest_answer + seconds(540) - (old ? Duration{} : moment);
      lose(meter);
      EXPECT_EQ(silence_after(meter), old ? "locked-out ()" : "silent ()");
      EXPECT_EQ(silence_after(meter), "silent ()") << "said once";
    }
  }
  for (const Fault harmless : {Fault::unexpected, Fault::damaged}) {
    AnsweredSession meter(timing);
    meter.open();
    meter.now = meter.latest_answer + seconds(541);
    meter.session.give_up(harmless, "", meter.now);
    EXPECT_EQ(silence_after(meter), "silent ()");
  }
}

TEST(Session, IsNotLockedOutForLongerThanTheHoldOff) {
  SessionTiming timing;
  timing.max_age = timing.keep_alive = timing.traffic_timeout = hours(1);
  constexpr Duration four_tries = 4 * (milliseconds(500) + microseconds(9375));
  for (const bool over : {false, true}) {
    AnsweredSession meter(timing);
    meter.open();
    meter.now += seconds(600);
    meter.session.drop(meter.now);
    const Duration wait = seconds(300) - four_tries - (over ? Duration{} : moment);
    EXPECT_EQ(silence_after(meter, wait), over ? "silent ()" : "locked-out ()");
  }
}

// A keep-alive that is refused, or not answered, at that age; at the end of a session it is fine.
TEST(Session, SuspectsAGuardOfARefusedKeepAliveButNotOfTheEnd) {
  SessionTiming timing;
  timing.max_age = timing.guarded_age = seconds(4);
  for (const bool keep_alive : {false, true}) {
    for (const bool answered : {false, true}) {
      timing.max_age = keep_alive ? hours(1) : timing.guarded_age;
      AnsweredSession meter(timing);
      meter.open();
      meter.pass_to(meter.latest_answer + seconds(4));
      EXPECT_EQ(meter.sent(), keep_alive ? "BT00 0+1" : "log off");
      if (!keep_alive) {
        meter.answer(all_right);
        EXPECT_EQ(meter.asked(), "terminate");
      }
      if (answered) {
        meter.answer(no_session);
      } else {
        meter.pass(seconds(9));
      }
      EXPECT_FALSE(meter.session.is_open());
      EXPECT_EQ(silence_after(meter), keep_alive ? "locked-out ()"
                                      : answered ? "silent ()"
                                                 : "locked-out ()");
    }
  }
}

TEST(Session, ForgetsEverythingWithTheLine) {
  AnsweredSession meter;
  meter.open();
  meter.read();
  meter.session.close(meter.now);
  meter.pass(a_while);
  meter.sent();
  meter.session.reset();
  EXPECT_FALSE(meter.session.busy());
  EXPECT_FALSE(meter.session.is_open());
  EXPECT_FALSE(meter.session.deadline());
  EXPECT_EQ(meter.told(), "");
  meter.open();
  meter.read();
  meter.answer(whole_table({1, 2}));
  meter.session.reset();
  EXPECT_EQ(meter.told(), "");
  EXPECT_FALSE(meter.session.deadline());
}

}  // namespace
}  // namespace irmeter::testing
