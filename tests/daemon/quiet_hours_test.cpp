// The hours in which a meter is left alone, also where the clock on the wall is put on or back.
#include "common/config/quiet_hours.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace irmeterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::system_clock;
using Times = std::vector<system_clock::time_point>;

// The rules of Europe/Copenhagen, written out so that no zone files are needed: in 2026 summer
// begins on 29 March and ends on 25 October, both at 01:00 UTC.
constexpr const char* copenhagen = "CET-1CEST,M3.5.0,M10.5.0/3";

class QuietHoursTest : public testing::Test {
 protected:
  QuietHoursTest() {
    if (const char* zone = std::getenv("TZ")) {
      before_ = zone;
    }
    live_in("UTC0");
  }
  ~QuietHoursTest() override {
    if (before_) {
      live_in(before_->c_str());
    } else {
      unsetenv("TZ");
      tzset();
    }
  }

  static void live_in(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }

 private:
  std::optional<std::string> before_;
};

// UTC, in 2026.
system_clock::time_point utc(unsigned month, unsigned day, int hour, int minute) {
  using namespace std::chrono;
  return sys_days(year(2026) / static_cast<int>(month) / static_cast<int>(day)) + hours(hour) +
         minutes(minute);
}

QuietHours range(int begin_hour, int begin_minute, int end_hour, int end_minute) {
  return {hours(begin_hour) + minutes(begin_minute), hours(end_hour) + minutes(end_minute)};
}

// The next changes, as many as are asked for.
Times changes(const std::vector<QuietHours>& quiet, system_clock::time_point from,
              std::size_t count) {
  Times times;
  while (times.size() < count) {
    const auto next = next_change(quiet, from);
    if (!next) {
      break;
    }
    EXPECT_NE(is_quiet(quiet, *next), is_quiet(quiet, from));
    EXPECT_EQ(is_quiet(quiet, *next - seconds(1)), is_quiet(quiet, from));
    times.push_back(*next);
    from = *next;
  }
  return times;
}

TEST_F(QuietHoursTest, AreNeverWhereNoneAreConfigured) {
  EXPECT_FALSE(is_quiet({}, utc(6, 1, 0, 0)));
  EXPECT_FALSE(next_change({}, utc(6, 1, 0, 0)).has_value());
}

TEST_F(QuietHoursTest, LastFromTheBeginUntilJustBeforeTheEnd) {
  const std::vector<QuietHours> quiet{range(2, 10, 2, 18)};
  EXPECT_FALSE(is_quiet(quiet, utc(6, 1, 2, 10) - seconds(1)));
  EXPECT_TRUE(is_quiet(quiet, utc(6, 1, 2, 10)));
  EXPECT_TRUE(is_quiet(quiet, utc(6, 1, 2, 18) - seconds(1)));
  EXPECT_FALSE(is_quiet(quiet, utc(6, 1, 2, 18)));
  EXPECT_EQ(changes(quiet, utc(6, 1, 0, 0), 3),
            (Times{utc(6, 1, 2, 10), utc(6, 1, 2, 18), utc(6, 2, 2, 10)}));
}

TEST_F(QuietHoursTest, GoOverMidnight) {
  EXPECT_EQ(changes({range(23, 50, 0, 10)}, utc(6, 1, 12, 0), 3),
            (Times{utc(6, 1, 23, 50), utc(6, 2, 0, 10), utc(6, 2, 23, 50)}));
  EXPECT_EQ(changes({range(23, 50, 0, 0)}, utc(6, 1, 12, 0), 2),
            (Times{utc(6, 1, 23, 50), utc(6, 2, 0, 0)}));
}

TEST_F(QuietHoursTest, AreOneWhereTheyOverlapOrMeet) {
  EXPECT_EQ(changes({range(4, 0, 5, 0), range(2, 0, 3, 0), range(2, 30, 4, 0)}, utc(6, 1, 0, 0), 3),
            (Times{utc(6, 1, 2, 0), utc(6, 1, 5, 0), utc(6, 2, 2, 0)}));
}

TEST_F(QuietHoursTest, ThatCoverTheDayNeverEnd) {
  const std::vector<QuietHours> quiet{range(0, 0, 12, 0), range(12, 0, 0, 0)};
  EXPECT_TRUE(is_quiet(quiet, utc(6, 1, 12, 0)));
  EXPECT_FALSE(next_change(quiet, utc(6, 1, 12, 0)).has_value());
}

TEST_F(QuietHoursTest, ChangeOnTheMinuteWhateverTheSecondAskedIn) {
  const std::vector<QuietHours> quiet{range(2, 10, 2, 11)};
  const auto just_before = utc(6, 1, 2, 10) - std::chrono::milliseconds(1);
  EXPECT_EQ(changes(quiet, just_before, 2), (Times{utc(6, 1, 2, 10), utc(6, 1, 2, 11)}));
  EXPECT_EQ(changes(quiet, utc(6, 1, 2, 10) + std::chrono::milliseconds(30'500), 2),
            (Times{utc(6, 1, 2, 11), utc(6, 2, 2, 10)}));
}

TEST_F(QuietHoursTest, AreInLocalTime) {
  live_in(copenhagen);
  const std::vector<QuietHours> quiet{range(2, 10, 2, 18)};
  EXPECT_EQ(changes(quiet, utc(1, 15, 0, 0), 2), (Times{utc(1, 15, 1, 10), utc(1, 15, 1, 18)}));
  EXPECT_EQ(changes(quiet, utc(7, 15, 0, 0), 2), (Times{utc(7, 15, 0, 10), utc(7, 15, 0, 18)}));
  live_in("IST-5:30");
  EXPECT_EQ(changes(quiet, utc(1, 15, 0, 0), 2), (Times{utc(1, 15, 20, 40), utc(1, 15, 20, 48)}));
}

TEST_F(QuietHoursTest, AreLeftOutWithTheHourThatSummerTimeLeavesOut) {
  live_in(copenhagen);
  EXPECT_EQ(changes({range(2, 10, 2, 18)}, utc(3, 28, 1, 17), 3),
            (Times{utc(3, 28, 1, 18), utc(3, 30, 0, 10), utc(3, 30, 0, 18)}));
}

TEST_F(QuietHoursTest, AreCutShortWhereSummerTimeLeavesOutAPart) {
  live_in(copenhagen);
  EXPECT_EQ(changes({range(2, 30, 3, 30)}, utc(3, 29, 0, 0), 2),
            (Times{utc(3, 29, 1, 0), utc(3, 29, 1, 30)}));
  EXPECT_EQ(changes({range(1, 50, 2, 10)}, utc(3, 29, 0, 0), 2),
            (Times{utc(3, 29, 0, 50), utc(3, 29, 1, 0)}));
  EXPECT_EQ(changes({range(23, 0, 5, 0)}, utc(3, 28, 12, 0), 2),
            (Times{utc(3, 28, 22, 0), utc(3, 29, 3, 0)}));
}

TEST_F(QuietHoursTest, ComeTwiceInTheHourThatComesTwice) {
  live_in(copenhagen);
  EXPECT_EQ(changes({range(2, 10, 2, 18)}, utc(10, 24, 12, 0), 5),
            (Times{utc(10, 25, 0, 10), utc(10, 25, 0, 18), utc(10, 25, 1, 10), utc(10, 25, 1, 18),
                   utc(10, 26, 1, 10)}));
  EXPECT_EQ(changes({range(2, 50, 3, 10)}, utc(10, 24, 12, 0), 4),
            (Times{utc(10, 25, 0, 50), utc(10, 25, 1, 0), utc(10, 25, 1, 50), utc(10, 25, 2, 10)}));
  EXPECT_EQ(changes({range(23, 0, 5, 0)}, utc(10, 24, 12, 0), 2),
            (Times{utc(10, 24, 21, 0), utc(10, 25, 4, 0)}));
}

}  // namespace
}  // namespace irmeterd
