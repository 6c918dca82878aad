// What a driver reads from a meter, and when.
#include <algorithm>
#include <span>

#include "tests/daemon/driver_fixture.hpp"
#include "tests/support/grid.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::Quantity;
using irmeter::State;

class DriverReading : public DriverFixture {};

TEST_F(DriverReading, HasTheValuesOfTheMeter) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));

  const irmetersim::MeterValues truth = Simulator::fixed_values();
  const irmeter::Reading& reading = *meter().reading;
  EXPECT_GT(truth.present[irmetersim::present::voltage], 200'000);
  for (const auto& quantity : irmeter::quantities) {
    const bool usual = irmeter::usual_quantities().test(static_cast<std::size_t>(quantity.id));
    if (usual && quantity.source == irmeter::Source::bt23) {
      EXPECT_EQ(reading.values.get(quantity.id), truth.summations[quantity.index]) << quantity.key;
    }
    if (usual && quantity.source == irmeter::Source::bt28) {
      EXPECT_EQ(reading.values.get(quantity.id), truth.present[quantity.index]) << quantity.key;
    }
  }
  EXPECT_EQ(reading.values.get(Quantity::power), truth.present[irmetersim::present::forward] -
                                                     truth.present[irmetersim::present::reverse]);
}

TEST_F(DriverReading, SaysWhoTheMeterIsAndHowItWasRead) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--serial", "4711"}));
  simulator.start();
  const auto before = std::chrono::system_clock::now();
  drive(config_for(simulator.device()));
  EXPECT_EQ(meter().state(), State::starting);
  EXPECT_TRUE(meter().stale);
  ASSERT_TRUE(becomes(State::online));

  EXPECT_EQ(meter().identity.manufacturer, "ELON");
  EXPECT_EQ(meter().identity.serial_number, "0000000000004711");
  EXPECT_FALSE(meter().stale);
  EXPECT_GE(meter().read_at, before);
  EXPECT_LE(meter().read_at, std::chrono::system_clock::now());
  EXPECT_EQ(meter().counters.polls, 1U);
  EXPECT_EQ(meter().counters.crc_errors, 0U);
  EXPECT_EQ(meter().counters.reconnects, 0U);
}

// The numbers of the log's entries, in its order.
std::vector<std::uint16_t> ids_of(const MeterSnapshot& meter) {
  std::vector<std::uint16_t> ids;
  for (const irmeter::LogEntry& entry : *meter.log) {
    ids.push_back(entry.id);
  }
  return ids;
}

TEST_F(DriverReading, MakesOneOfTheLogsOfTheMeter) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--firmware", "3.70"}));
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.interval = 500ms;
  config.slow_interval = 1s;
  drive(config);
  ASSERT_TRUE(eventually([&] { return meter().log && meter().log->size() == 4; }));
  EXPECT_EQ(ids_of(meter()), (std::vector<std::uint16_t>{91, 1, irmeter::outage_event, 2}));
  EXPECT_EQ((*meter().log)[2].time, (*meter().log)[1].time);
  EXPECT_EQ((*meter().log)[2].time + (*meter().log)[2].lasted, (*meter().log)[3].time);
  const std::uint32_t last = meter().log->back().sequence;
  EXPECT_EQ(meter().log_told,
            (LogTold{{irmeter::bt74, last}, {irmeter::et79, last - 2}, {irmeter::et81, 17}}));
}

TEST_F(DriverReading, HasNoOutagesWhereTheLocalTimeIsNotKnown) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--firmware", "3.70", "--refuse", "BT52"}));
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.interval = 500ms;
  config.slow_interval = 1s;
  drive(config);
  ASSERT_TRUE(eventually([&] { return simulator.requests("read ET81") >= 2; }));
  ASSERT_TRUE(polls(5));
  EXPECT_EQ(ids_of(meter()), (std::vector<std::uint16_t>{91, 1, 2}));
  EXPECT_FALSE(meter().log_told.contains(irmeter::et81));
}

TEST_F(DriverReading, KeepsTheSessionWhenAskedTo) {
  Simulator simulator(loop_);
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.session = SessionMode::keep;
  drive(config);
  ASSERT_TRUE(eventually([&] { return readings() >= 5; }));
  EXPECT_EQ(simulator.requests("log on"), 1U);
  EXPECT_EQ(simulator.requests("security"), 1U);
  EXPECT_EQ(simulator.requests("log off"), 0U);
}

TEST_F(DriverReading, LogsOnForEveryPollWhenAskedTo) {
  Simulator simulator(loop_);
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.session = SessionMode::each;
  drive(config);
  ASSERT_TRUE(eventually([&] { return readings() >= 4; }));
  ASSERT_TRUE(stops());
  EXPECT_GE(simulator.requests("log on"), 4U);
  EXPECT_EQ(simulator.requests("log off"), simulator.requests("log on"));
  EXPECT_EQ(simulator.requests("terminate"), simulator.requests("log on"));
  EXPECT_EQ(meter().counters.retries, 0U);
}

TEST_F(DriverReading, StartsItsPollsOneIntervalApart) {
  // At 9600 baud a poll takes a good part of this interval, which must not add to it.
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, {"--speed", "0"});
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.interval = 700ms;
  drive(config);
  ASSERT_TRUE(eventually([&] { return readings() >= 14; }));
  EXPECT_GT(meter().poll_time, 60ms);
  const auto asked = simulator.times_of("read BT23");
  const std::span later(asked.begin() + 2, asked.end());  // the first poll also logs on
  EXPECT_LT(off_the_grid(later, config.interval), 70ms);
}

TEST_F(DriverReading, TakesSeveralMetersInOneLoop) {
  std::vector<std::unique_ptr<Simulator>> simulators;
  for (const std::string digit : {"1", "2", "3"}) {
    simulators.push_back(std::make_unique<Simulator>(loop_, Simulator::Place::pseudo_terminal,
                                                     Simulator::quick({"--serial", digit})));
    simulators.back()->start();
    MeterConfig config = config_for(simulators.back()->device());
    config.name = "meter_" + digit;
    drive(config);
  }
  ASSERT_TRUE(eventually([&] {
    return readings("meter_1") >= 3 && readings("meter_2") >= 3 && readings("meter_3") >= 3;
  }));
  EXPECT_EQ(meter("meter_1").identity.serial_number, "0000000000000001");
  EXPECT_EQ(meter("meter_2").identity.serial_number, "0000000000000002");
  EXPECT_EQ(meter("meter_3").identity.serial_number, "0000000000000003");
}

TEST_F(DriverReading, ReadsBesideTheGridOnRequest) {
  Simulator simulator(loop_);
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.interval = 1h;
  MeterDriver& driver = drive(config);
  ASSERT_TRUE(becomes(State::online));
  ASSERT_EQ(meter().counters.polls, 1U);
  driver.read_now();
  ASSERT_TRUE(eventually([&] { return readings() == 2; }));
}

TEST_F(DriverReading, ForgetsTheReadingOfAnotherMeterOnTheSameLine) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--serial", "1"}));
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  const std::string place = simulator.device();
  simulator.stop();
  ASSERT_TRUE(becomes(State::no_device));

  // The other one is behind the same path, and refuses the key.
  Simulator other(loop_, Simulator::Place::pseudo_terminal,
                  Simulator::quick({"--serial", "2", "--key", "BBBBBBBBBBBBBBBBBBBB"}));
  other.start();
  std::filesystem::create_symlink(other.device(), place);
  ASSERT_TRUE(becomes(State::key_rejected));
  EXPECT_EQ(meter().identity.serial_number, "0000000000000002");
  EXPECT_FALSE(meter().reading);
  EXPECT_TRUE(meter().stale);
}

TEST_F(DriverReading, KnowsWhoIsBehindTheMeterUntilItIsAnotherOne) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--serial", "1", "--mbus", "2"}));
  simulator.start();
  MeterConfig config = config_for(simulator.device());
  config.interval = 1s;
  drive(config);
  ASSERT_TRUE(eventually([&] { return meter().mbus_devices[1].has_value(); }));
  EXPECT_EQ(meter().mbus_devices[0], (irmeter::MbusDevice{"20417301", "SIM", 7}));
  EXPECT_EQ(meter().mbus_devices[1], (irmeter::MbusDevice{"20417302", "SIM", 3}));
  EXPECT_FALSE(meter().mbus_devices[2] || meter().mbus_devices[3]);
  // The volume, and what flows: the telegram is of the hour.
  ASSERT_TRUE(eventually([&] { return !meter().mbus_values[1].empty(); }));
  EXPECT_EQ(meter().mbus_values[0], (std::vector<irmeter::MbusValue>{
                                        {irmeter::MbusQuantity::volume, {75'012, -3}, "m³"},
                                        {irmeter::MbusQuantity::volume_flow, {12, -3}, "m³/h"}}));
  EXPECT_EQ(
      meter().mbus_values[1],
      (std::vector<irmeter::MbusValue>{{irmeter::MbusQuantity::volume, {156'275, -2}, "m³"}}));
  const std::string place = simulator.device();
  simulator.stop();
  ASSERT_TRUE(becomes(State::no_device));

  Simulator other(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--serial", "2"}));
  other.start();
  std::filesystem::create_symlink(other.device(), place);
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().identity.serial_number, "0000000000000002");
  EXPECT_FALSE(meter().mbus_devices[0] || meter().mbus_devices[1]);
  EXPECT_TRUE(meter().mbus_values[0].empty() && meter().mbus_values[1].empty());
}

}  // namespace
}  // namespace irmeterd
