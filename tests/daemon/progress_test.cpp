// Who waits too long, in virtual time; and that absence is never taken for it.
#include "daemon/service/progress.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/daemon/driver_fixture.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::Instant;

class Progress : public ::testing::Test {
 protected:
  // Asks at each tick until then; the part that is over its limit at the last one.
  std::string ask_until(Instant end) {
    std::string part;
    while (now_ < end) {
      now_ += tick;
      part = ask();
    }
    return part;
  }
  std::string ask() {
    const Step* step = check_.overdue(steps_, now_);
    return step == nullptr ? "" : step->part;
  }

  static constexpr auto tick = 30s;
  const Instant start_{1000h};
  Instant now_ = start_;
  ProgressCheck check_{tick};
  std::vector<Step> steps_;
};

TEST_F(Progress, OfNothingIsAlwaysMade) {
  EXPECT_EQ(ask_until(start_ + 10h), "");
}

TEST_F(Progress, IsMissedOnlyBeyondTheLimit) {
  ask();
  steps_ = {{"one", start_, 2min}, {"other", start_, 5min}};
  EXPECT_EQ(ask_until(start_ + 2min), "");
  EXPECT_EQ(ask_until(start_ + 150s), "one");
  steps_.front().since = now_;
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(ask_until(start_ + 6min), "one");
  steps_.erase(steps_.begin());
  EXPECT_EQ(ask(), "other");
}

TEST_F(Progress, IsNotMissedOfAStepThatLiesAhead) {
  ask();
  steps_ = {{"deadline", start_ + 1h, 1min}};
  EXPECT_EQ(ask_until(start_ + 1h), "");
  EXPECT_EQ(ask_until(start_ + 1h + 2min), "deadline");
}

TEST_F(Progress, HasItsTimeAnewAfterASleep) {
  ask();
  steps_ = {{"poll", start_, 2min}};
  EXPECT_EQ(ask_until(start_ + 1min), "");
  now_ += 8h;  // the machine was suspended, or the process was stopped
  const Instant woken = now_;
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(ask_until(woken + 2min), "");
  EXPECT_EQ(ask_until(woken + 3min), "poll");
}

TEST_F(Progress, IsMissedThoughTheLoopIsABitLate) {
  ask();
  steps_ = {{"poll", start_, 2min}};
  for (int i = 0; i < 3; ++i) {
    now_ += tick + 15s;
    EXPECT_EQ(ask(), i < 2 ? "" : "poll");
  }
}

// The steps of real drivers, in all the ways of getting nowhere.
class DriverProgress : public DriverFixture {
 protected:
  // Every step is taken anew while polls end.
  void expect_progress(const MeterDriver& driver) {
    for (int i = 0; i < 3; ++i) {
      const Instant before = loop_.now();
      ASSERT_TRUE(polls(2));
      ASSERT_FALSE(driver.steps().empty());
      for (const Step& step : driver.steps()) {
        EXPECT_GT(step.since, before) << meter().detail();
        EXPECT_EQ(step.part, "meter main");
      }
    }
  }
};

TEST_F(DriverProgress, IsMadeWhileTheMeterIsRead) {
  Simulator simulator(loop_);
  simulator.start();
  const MeterDriver& driver = drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(irmeter::State::online));
  expect_progress(driver);
}

TEST_F(DriverProgress, IsMadeWithoutADevice) {
  MeterDriver& driver = drive(config_for("/dev/no-such-probe"));
  // Of what a meter does there is no deadline worth waiting for.
  for (int i = 0; i < 2; ++i) {
    const Instant before = loop_.now();
    ASSERT_TRUE(polls(1));
    EXPECT_GT(driver.steps().front().since, before);
  }
}

TEST_F(DriverProgress, IsMadeWithoutAKeyAndWithTheWrongOne) {
  Simulator simulator(loop_);
  simulator.start();
  for (const MeterKey& key : {MeterKey{std::nullopt, "Where is it?"}, wrong_key()}) {
    const MeterDriver& driver = drive(config_for(simulator.device()), key);
    ASSERT_TRUE(eventually([&] { return meter().state() != irmeter::State::starting; }));
    expect_progress(driver);
    ASSERT_TRUE(stops());
    drivers_.clear();
  }
}

}  // namespace
}  // namespace irmeterd
