// What of a meter's log was told is written seldom, and never lost where the daemon ends cleanly.
#include <gtest/gtest.h>

#include <optional>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/known_meters.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

TEST(KnownMeters, WriteTheLogsNumberOnceAnHourAndAtTheEnd) {
  Loop loop;
  const Log log(LogLevel::error);
  const TempDir dir;
  const auto written = [&] { return KnownMeters(loop, dir.path(""), log).meter("main").log_told; };
  std::optional<KnownMeters> known;
  known.emplace(loop, dir.path(""), log);
  const MeterSnapshot before = sample_meter();
  MeterSnapshot after = before;
  known->meter_changed(before, after);
  EXPECT_EQ(written(), std::nullopt);
  after.log_told = 4'711;
  known->meter_changed(before, after);
  EXPECT_EQ(written(), 4'711U);
  after.log_told = 4'712;
  known->meter_changed(before, after);
  EXPECT_EQ(written(), 4'711U);
  EXPECT_EQ(known->meter("main").log_told, 4'712U);
  known.reset();
  EXPECT_EQ(written(), 4'712U);
}

}  // namespace
}  // namespace irmeterd
