// What is known of the meters from before: by their numbers, whatever their names are. What of a
// log was told is written seldom, and never lost where the daemon ends cleanly.
#include <gtest/gtest.h>

#include <optional>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/known_meters.hpp"
#include "tests/support/sample.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

class KnownMetersTest : public ::testing::Test {
 protected:
  KnownMetersTest() { begin(); }
  void begin() {
    known_.reset();
    known_.emplace(loop_, dir_.path(""), log_);
  }
  // What another run would know by now.
  [[nodiscard]] KnownMeter written(const std::string& number) const {
    Loop loop;
    return KnownMeters(loop, dir_.path(""), log_).meter(number);
  }

  // This meter answers under this name.
  static MeterSnapshot found(const std::string& name, const std::string& number,
                             bool exchanged = false) {
    MeterSnapshot meter = sample_meter();
    meter.name = name;
    meter.identity.serial_number = number;
    meter.exchanged = exchanged;
    meter.reading.reset();
    return meter;
  }
  static MeterSnapshot read(MeterSnapshot meter) {
    meter.reading = sample_meter().reading;
    return meter;
  }
  static MeterSnapshot held_back(MeterSnapshot meter) {
    meter = read(std::move(meter));
    meter.withheld.set(static_cast<std::size_t>(irmeter::Quantity::energy_import));
    return meter;
  }
  void tell(const MeterSnapshot& meter) { known_->meter_changed(meter, meter); }
  [[nodiscard]] bool keeps(const std::string& number) const {
    return known_->meter(number).kept.contains(irmeter::Quantity::energy_import);
  }

  Loop loop_;
  Log log_{LogLevel::error};
  TempDir dir_;
  std::optional<KnownMeters> known_;
};

TEST_F(KnownMetersTest, WriteTheLogsNumberOnceAnHourAndAtTheEnd) {
  const LogTold first{{irmeter::bt74, 4'711}, {irmeter::et79, 4'705}, {irmeter::et81, 17}};
  const LogTold second{{irmeter::bt74, 4'711}, {irmeter::et79, 4'712}, {irmeter::et81, 17}};
  const std::string number = sample_meter().identity.serial_number;
  MeterSnapshot meter = sample_meter();
  tell(meter);
  EXPECT_TRUE(written(number).log_told.empty());
  meter.log_told = first;
  tell(meter);
  EXPECT_EQ(written(number).log_told, first);
  meter.log_told = second;
  tell(meter);
  EXPECT_EQ(written(number).log_told, first);
  EXPECT_EQ(known_->meter(number).log_told, second);
  known_.reset();
  EXPECT_EQ(written(number).log_told, second);
}

TEST_F(KnownMetersTest, KeepWhatIsHeldBackUnderAnotherName) {
  tell(held_back(found("main", "1")));
  ASSERT_TRUE(keeps("1"));
  for (int run = 0; run < 2; ++run) {
    tell(found("other", "1"));
    EXPECT_TRUE(keeps("1")) << run;
    EXPECT_EQ(known_->name("other").serial_number, "1");
    begin();
  }
  tell(read(found("other", "1")));
  EXPECT_FALSE(keeps("1"));
}

TEST_F(KnownMetersTest, KeepWhatIsHeldBackBehindAnotherHead) {
  tell(read(found("main", "1")));
  tell(held_back(found("second", "2")));
  const auto since = known_->meter("2").kept_since;
  tell(found("main", "2", true));
  tell(read(found("second", "1", true)));
  begin();
  EXPECT_TRUE(keeps("2"));
  EXPECT_FALSE(keeps("1"));
  EXPECT_EQ(known_->meter("2").kept_since, since);
  EXPECT_EQ(known_->name("main"), (KnownName{"2", true}));
  EXPECT_EQ(known_->name("second"), (KnownName{"1", true}));
}

// What is at the end of a line may say another number each time.
TEST_F(KnownMetersTest, ThatNoNameStandsForAreForgottenTheOldestFirst) {
  tell(held_back(found("second", "0")));
  const std::size_t more = KnownMeters::most_nameless + 3;
  for (std::size_t number = 1; number <= more; ++number) {
    tell(held_back(found("main", std::to_string(number))));
  }
  EXPECT_TRUE(keeps("0"));
  EXPECT_FALSE(keeps("1"));
  EXPECT_FALSE(keeps("2"));
  EXPECT_TRUE(keeps("3"));
  EXPECT_TRUE(keeps(std::to_string(more)));
}

TEST_F(KnownMetersTest, TakeANameWhoseMeterIsMissingForANewOne) {
  dir_.write("meters.json", R"({"meters":[],"names":{"main":{"serial_number":"1"}}})");
  begin();
  EXPECT_EQ(known_->name("main"), KnownName{});
  tell(found("main", "1"));
  EXPECT_EQ(written("1").identity.serial_number, "1");
}

}  // namespace
}  // namespace irmeterd
