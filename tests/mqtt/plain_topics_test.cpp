// Each value on a topic of its own.
#include <gtest/gtest.h>

#include <string>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

class PlainTopics : public MqttFixture {
 protected:
  [[nodiscard]] ::testing::AssertionResult connect(bool plain_topics) {
    MqttConfig config;
    config.url = broker_.url();
    config.plain_topics = plain_topics;
    begin(config);
    return eventually([this] { return watcher_.payload(daemon_) == "online"; });
  }
  [[nodiscard]] std::string topic(const std::string& key) const {
    return topics_.value(sample_id, key);
  }
  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
};

TEST_F(PlainTopics, HaveTheDigitsOfJsonAndRetainTheRegisters) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(true));
  EXPECT_EQ(watcher_.payload(topic("energy_import")), "344.180");
  EXPECT_EQ(watcher_.payload(topic("power")), "-231");
  EXPECT_EQ(watcher_.payload(topic("current_l1")), "0.598");
  EXPECT_EQ(watcher_.count(topic("frequency")), 0U);
  const MqttWatcher late(loop_, broker_);
  broker_.publish("test/end", "");
  ASSERT_TRUE(eventually([&] { return late.count("test/end") > 0; }));
  EXPECT_EQ(late.payload(topic("energy_import")), "344.180");
  EXPECT_EQ(late.payload(topic("energy_export")), "7.583");
  EXPECT_EQ(late.count(topic("power")), 0U);
}

TEST_F(PlainTopics, SendMomentaryValuesWithEachReadingAndRegistersWhenTheyChange) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(true));
  meter = next_poll(meter);
  store_.update(meter);
  ASSERT_TRUE(eventually([&] { return watcher_.count(live_) == 2; }));
  meter.failure = irmeter::Failure{irmeter::Fault::silent, {}};
  meter.counters.polls += 1;
  store_.update(meter);
  ASSERT_TRUE(eventually([&] { return watcher_.count(diagnostics_) == 2; }));
  broker_.publish("test/end", "");
  ASSERT_TRUE(eventually([&] { return watcher_.count("test/end") == 1; }));
  EXPECT_EQ(watcher_.history(topic("power")), "-231,-231");
  EXPECT_EQ(watcher_.history(topic("energy_import")), "344.180,344.181");
  EXPECT_EQ(watcher_.history(topic("energy_export")), "7.583");
}

TEST_F(PlainTopics, SayNothingOfWhatAReadingLacksOrWhatIsStale) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(true));
  meter = next_poll(meter);
  meter.reading->values.set(irmeter::Quantity::voltage_l3, std::nullopt);
  meter.reading->values.set(irmeter::Quantity::energy_export, std::nullopt);
  store_.update(meter);
  ASSERT_TRUE(eventually([&] { return watcher_.count(topic("voltage_l1")) == 2; }));
  store_.update(gone_stale(meter));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  // A new connection is told what is true.
  watcher_.forget();
  broker_.stop();
  broker_.start();
  const MqttWatcher again(loop_, broker_);
  ASSERT_TRUE(eventually([&] { return again.payload(daemon_) == "online"; }));
  EXPECT_EQ(again.payload(topic("energy_import")), "344.181");
  EXPECT_EQ(again.payload(topic("energy_export")), "7.583");  // the last one that was read
  EXPECT_EQ(again.count(topic("power")), 0U);
  EXPECT_EQ(again.count(topic("voltage_l3")), 0U);
}

TEST_F(PlainTopics, AreRemovedFromTheBrokerWhenTheyAreTurnedOff) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(true));
  end();
  broker_.publish(topics_.value("nes_1", "energy_import"), "1.000", true);  // of another daemon
  watcher_.forget();
  ASSERT_TRUE(connect(false));
  ASSERT_TRUE(eventually([&] {
    return watcher_.count(topic("energy_import")) == 1 &&
           watcher_.count(topic("energy_export")) == 1;
  }));
  const MqttWatcher late(loop_, broker_);
  broker_.publish("test/end", "");
  ASSERT_TRUE(eventually([&] { return late.count("test/end") > 0; }));
  EXPECT_EQ(late.count(topic("energy_import")) + late.count(topic("energy_export")), 0U);
  EXPECT_EQ(late.payload(topics_.value("nes_1", "energy_import")), "1.000");
  EXPECT_EQ(watcher_.count(topic("power")), 0U);
}

}  // namespace
}  // namespace irmeterd
