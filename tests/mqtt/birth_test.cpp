#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

class Birth : public MqttFixture {
 protected:
  void SetUp() override {
    store_.update(sample_meter());
    ASSERT_TRUE(connect(broker_));
    ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
    watcher_.forget();
  }
  // Enough time for another burst to be over, if there were one: the answer to one more birth.
  [[nodiscard]] ::testing::AssertionResult next_burst(std::size_t bursts) {
    broker_.publish("homeassistant/status", "online");
    return eventually([&] { return watcher_.count(availability_) == bursts; });
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
};

TEST_F(Birth, OfHomeAssistantBringsDiscoveryAndThenAllStatesAgain) {
  broker_.publish("homeassistant/status", "online");
  ASSERT_TRUE(eventually([&] { return watcher_.count(daemon_) == 1; }));
  std::vector<std::string> order;
  for (const MqttWatcher::Seen& seen : watcher_.seen()) {
    order.push_back(seen.topic);
  }
  EXPECT_EQ(order,
            (std::vector<std::string>{"homeassistant/status", device_, discovery_, live_, list_,
                                      diagnostics_, registers_, availability_, daemon_}));
}

TEST_F(Birth, MayBeToldOnAnotherTopic) {
  end();
  MqttConfig config;
  config.url = broker_.url();
  config.discovery_birth_topic = "ha/birth";
  begin(config);
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
  watcher_.forget();
  broker_.publish("ha/birth", "online");
  ASSERT_TRUE(eventually([&] { return watcher_.count(discovery_) == 1; }));
}

TEST_F(Birth, TwiceInQuickSuccessionBringsOneBurst) {
  broker_.publish("homeassistant/status", "online");
  broker_.publish("homeassistant/status", "online");
  ASSERT_TRUE(eventually([&] { return watcher_.count(availability_) == 1; }));
  ASSERT_TRUE(next_burst(2));
  EXPECT_EQ(watcher_.count(discovery_), 2U);
}

TEST_F(Birth, DeathOfHomeAssistantBringsNothing) {
  broker_.publish("homeassistant/status", "offline");
  ASSERT_TRUE(next_burst(1));
  EXPECT_EQ(watcher_.count(discovery_), 1U);
}

TEST_F(Birth, RetainedAtTheBrokerAddsNothingToWhatAConnectBrings) {
  end();
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  broker_.publish("homeassistant/status", "online", true);
  watcher_.forget();
  timing_.birth_least = timing_.birth_most = std::chrono::milliseconds(0);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "online"; }));
  broker_.publish("homeassistant/status", "online", true);
  ASSERT_TRUE(eventually([&] { return watcher_.history(availability_) == "online,online"; }));
  EXPECT_EQ(watcher_.count(discovery_), 2U);
}

TEST_F(Birth, AnUnchangedDiscoveryIsNotSentWithEveryPoll) {
  MeterSnapshot meter = sample_meter();
  for (std::size_t polls = 1; polls <= 3; ++polls) {
    meter = next_poll(meter);
    store_.update(meter);
    ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == polls; }));
  }
  EXPECT_EQ(watcher_.count(discovery_), 0U);
}

}  // namespace
}  // namespace irmeterd
