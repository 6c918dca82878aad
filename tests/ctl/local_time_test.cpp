// Days and their hours at a place with summer time.
#include "tools/ir-meterctl/local_time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

namespace irmeterctl {
namespace {

using std::chrono::hours;
using std::chrono::sys_days;
using namespace std::chrono_literals;

TEST(LocalTime, BeginsADayAtMidnightAlsoWhenTheClocksAreChanged) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const Moment in_spring = sys_days(2026y / 3 / 29) + hours(10);  // 12:00 CEST
  EXPECT_EQ(begin_of_day(in_spring), sys_days(2026y / 3 / 28) + hours(23));
  EXPECT_EQ(begin_of_day(in_spring, 7), sys_days(2026y / 3 / 21) + hours(23));
  const Moment in_autumn = sys_days(2026y / 10 / 25) + hours(11);  // 12:00 CET
  EXPECT_EQ(begin_of_day(in_autumn), sys_days(2026y / 10 / 24) + hours(22));
  EXPECT_EQ(to_text(local_time(begin_of_day(in_autumn)), "%F %T"), "2026-10-25 00:00:00");
}

}  // namespace
}  // namespace irmeterctl
