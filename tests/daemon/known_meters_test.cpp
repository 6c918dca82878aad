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
  const LogTold first{{irmeter::bt74, 4'711}, {irmeter::et79, 4'705}, {irmeter::et81, 17}};
  const LogTold second{{irmeter::bt74, 4'711}, {irmeter::et79, 4'712}, {irmeter::et81, 17}};
  std::optional<KnownMeters> known;
  known.emplace(loop, dir.path(""), log);
  const MeterSnapshot before = sample_meter();
  MeterSnapshot after = before;
  known->meter_changed(before, after);
  EXPECT_TRUE(written().empty());
  after.log_told = first;
  known->meter_changed(before, after);
  EXPECT_EQ(written(), first);
  after.log_told = second;
  known->meter_changed(before, after);
  EXPECT_EQ(written(), first);
  EXPECT_EQ(known->meter("main").log_told, second);
  known.reset();
  EXPECT_EQ(written(), second);
}

}  // namespace
}  // namespace irmeterd
