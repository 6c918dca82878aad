#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class BrokerLoss : public MqttFixture {
 protected:
  [[nodiscard]] ::testing::AssertionResult online(const MqttWatcher& watcher) {
    return eventually([&] { return watcher.payload(availability_) == "online"; });
  }
  [[nodiscard]] ::testing::AssertionResult lost() {
    return eventually([this] { return !publisher_->connected(); });
  }

  Mosquitto broker_;
};

TEST_F(BrokerLoss, ABrokerThatIsAbsentAtFirstIsFoundLater) {
  broker_.stop();
  store_.update(sample_meter());
  begin(broker_);
  EXPECT_EQ(publisher_->status().rfind("MQTT: connecting to localhost:", 0), 0U);
  ASSERT_TRUE(
      eventually([this] { return publisher_->status().find("not reached") != std::string::npos; }));
  broker_.start();
  const MqttWatcher watcher(loop_, broker_);
  EXPECT_TRUE(online(watcher));
  EXPECT_EQ(publisher_->status(), "MQTT connected");
}

TEST_F(BrokerLoss, AfterABrokerRestartTheLatestOfEverythingIsThereAgain) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  broker_.stop();
  ASSERT_TRUE(lost());
  for (int polls = 0; polls < 3; ++polls) {
    meter = next_poll(meter);
    store_.update(meter);
  }
  broker_.start();
  const MqttWatcher watcher(loop_, broker_);
  ASSERT_TRUE(online(watcher));
  const QuantitySet all = meter.reading->values.present();
  EXPECT_EQ(watcher.history(registers_), registers_json(meter, all));
  EXPECT_TRUE(eventually([&] { return watcher.history(daemon_) == "online"; }));
  EXPECT_EQ(watcher.count(discovery_), 1U);
  // Not retained, so it may have been sent before anybody listened.
  meter = next_poll(meter);
  store_.update(meter);
  EXPECT_TRUE(eventually([&] { return watcher.payload(live_) == live_json(meter, all); }));
}

TEST_F(BrokerLoss, MemoryDoesNotGrowWhileTheBrokerIsAway) {
  broker_.stop();
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  begin(broker_);
  const std::size_t before = publisher_->remembered();
  for (int polls = 0; polls < 5000; ++polls) {
    meter = next_poll(meter);
    store_.update(meter);
  }
  EXPECT_EQ(publisher_->remembered(), before);
  broker_.start();
  const MqttWatcher watcher(loop_, broker_);
  ASSERT_TRUE(online(watcher));
  EXPECT_EQ(watcher.count(registers_), 1U);
  EXPECT_EQ(json::parse(watcher.payload(registers_))["energy_import_kwh"], 349.18);
}

TEST_F(BrokerLoss, AConnectionCutLeavesTheWillAndIsMadeAgain) {
  store_.update(sample_meter());
  const MqttWatcher watcher(loop_, broker_);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online(watcher));
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "online"; }));
  cut_connections_to(broker_.port());
  ASSERT_TRUE(eventually([&] { return watcher.count(daemon_) >= 3; })) << watcher.history(daemon_);
  // A will that comes late is answered once more.
  EXPECT_TRUE(watcher.history(daemon_).starts_with("online,offline,online"));
}

TEST_F(BrokerLoss, TheWillIsRetained) {
  timing_.retry.first_wait = std::chrono::hours(1);
  ASSERT_TRUE(connect(broker_));
  const MqttWatcher watcher(loop_, broker_);
  cut_connections_to(broker_.port());
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "offline"; }));
  const MqttWatcher late(loop_, broker_);
  ASSERT_TRUE(eventually([&] { return late.count(daemon_) > 0; }));
  EXPECT_EQ(late.payload(daemon_), "offline");
}

TEST_F(BrokerLoss, WhatWentStaleMeanwhileIsNotPresentedAsLive) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  broker_.stop();
  ASSERT_TRUE(lost());
  store_.update(gone_stale(next_poll(sample_meter())));
  broker_.start();
  const MqttWatcher watcher(loop_, broker_);
  ASSERT_TRUE(eventually([&] { return watcher.payload(availability_) == "offline"; }));
  EXPECT_EQ(watcher.count(live_), 0U);
  EXPECT_EQ(watcher.count(registers_), 1U);
}

TEST_F(BrokerLoss, AMeterRemovedMeanwhileIsToldOfflineOnce) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  broker_.stop();
  ASSERT_TRUE(lost());
  store_.remove("main");
  broker_.start();
  const MqttWatcher watcher(loop_, broker_);
  // Which goes out after the meter's.
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "online"; }));
  EXPECT_EQ(watcher.payload(availability_), "offline");
  cut_connections_to(broker_.port());
  ASSERT_TRUE(eventually([&] { return watcher.history(daemon_) == "online,offline,online"; }));
  EXPECT_EQ(watcher.history(availability_), "offline");
}

TEST_F(BrokerLoss, EveryChangeOfTheStatusIsReported) {
  std::vector<std::string> texts;
  begin(broker_);
  publisher_->on_change([&] { texts.push_back(publisher_->status()); });
  ASSERT_TRUE(eventually([this] { return publisher_->connected(); }));
  broker_.stop();
  ASSERT_TRUE(eventually([&] { return texts.size() >= 3; }));
  EXPECT_EQ(texts[0], "MQTT connected");
  const std::string broker = "MQTT: localhost:" + std::to_string(broker_.port());
  EXPECT_TRUE(texts[1].starts_with(broker + ": connection lost")) << texts[1];
  EXPECT_EQ(texts[2], broker + ": not reached (Connection refused)");
}

TEST_F(BrokerLoss, TwoClientsOfOneNameAreToldApart) {
  MqttConfig config;
  config.url = broker_.url();
  config.client_id = "twin";
  begin(config);
  MqttPublisher other(loop_, config, {}, store_, commands_, log_, timing_);
  const std::string hint = "again and again soon after it was made (as client twin)";
  EXPECT_TRUE(eventually([&] {
    return publisher_->status().find(hint) != std::string::npos ||
           other.status().find(hint) != std::string::npos;
  }));
}

}  // namespace
}  // namespace irmeterd
