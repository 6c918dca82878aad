// What a broker does not take is left out and named once; the rest goes out.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "tests/daemon/captured_log.hpp"
#include "tests/mqtt/fixture.hpp"
#include "tests/support/stub_broker.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

class LeftOut : public MqttFixture {
 protected:
  void begin_at(const std::string& url) {
    MqttConfig config;
    config.url = url;
    begin(config);
  }
  [[nodiscard]] ::testing::AssertionResult says(const std::string& text) {
    return eventually([&] { return publisher_->status() == text; })
           << ", but " << publisher_->status();
  }
  // That the rest was received, with this left out.
  [[nodiscard]] ::testing::AssertionResult rest_is_received(const StubBroker& broker,
                                                            const std::string& topic) {
    return eventually([&] {
             for (const std::string& each :
                  {device_, discovery_, diagnostics_, live_, registers_, availability_, daemon_}) {
               if (broker.has_received(each) == (each == topic)) {
                 return false;
               }
             }
             return true;
           })
           << ", but " << publisher_->status();
  }
};

TEST_F(LeftOut, ADiscoveryMessageThatIsTooLargeForTheBroker) {
  const Mosquitto broker(Mosquitto::Kind::small);
  const MqttWatcher watcher(loop_, broker);
  store_.update(sample_meter());
  begin(broker);
  ASSERT_TRUE(says("MQTT connected, without " + discovery_));
  ASSERT_TRUE(eventually([&] { return watcher.payload(availability_) == "online"; }));
  EXPECT_EQ(watcher.count(registers_), 1U);
  EXPECT_EQ(watcher.count(discovery_), 0U);
  store_.remove("main");
  EXPECT_TRUE(says("MQTT connected"));
}

TEST_F(LeftOut, TopicsThatMayNotBeWritten) {
  const Mosquitto broker(Mosquitto::Kind::guarded);
  const MqttWatcher watcher(loop_, broker);
  store_.update(sample_meter());
  begin(broker);
  ASSERT_TRUE(says("MQTT connected, without " + device_ + " and 1 more"));
  ASSERT_TRUE(eventually([&] { return watcher.payload(availability_) == "online"; }));
  EXPECT_EQ(watcher.count(discovery_), 0U);
}

TEST_F(LeftOut, ASubscriptionThatIsRefused) {
  StubBroker broker(loop_, {.refused = topics_.birth});
  store_.update(sample_meter());
  begin_at(broker.url());
  EXPECT_TRUE(says("MQTT connected, without " + topics_.birth));
  EXPECT_TRUE(rest_is_received(broker, ""));
}

TEST_F(LeftOut, AnEarlierPlaceUntilItIsForgotten) {
  const TempDir directory;
  state_directory_ = directory.path();
  timing_.discovery_gap = std::chrono::seconds(1);
  const MqttTopics old{"old", topics_.discovery_prefix, topics_.host, ""};
  MqttEarlierPlaces(directory.path(), old, log_).published();
  StubBroker broker(loop_, {.refused = old.daemon_availability()});
  begin_at(broker.url());
  EXPECT_TRUE(says("MQTT connected, without " + old.daemon_availability()));
  EXPECT_TRUE(says("MQTT connected"));
}

TEST_F(LeftOut, ADiscoveryMessageThatTheBrokerClosesOn) {
  StubBroker broker(loop_, {.max_packet = 4096});
  store_.update(sample_meter());
  begin_at(broker.url());
  EXPECT_TRUE(rest_is_received(broker, discovery_));
  EXPECT_TRUE(says("MQTT connected, without " + discovery_));
}

class ClosesOn : public LeftOut, public ::testing::WithParamInterface<std::string> {};

TEST_P(ClosesOn, OneTopic) {
  const std::map<std::string, std::string> topics{{"birth", topics_.birth},
                                                  {"command", command_},
                                                  {"live", live_},
                                                  {"registers", registers_},
                                                  {"availability", availability_}};
  const std::string& topic = topics.at(GetParam());
  StubBroker broker(loop_, {.closes_on = topic});
  store_.update(sample_meter());
  begin_at(broker.url());
  EXPECT_TRUE(rest_is_received(broker, topic));
  EXPECT_TRUE(says("MQTT connected, without " + topic +
                   (topic == availability_ ? " and 1 more" : "")));  // also as a subscription
}

INSTANTIATE_TEST_SUITE_P(LeftOut, ClosesOn,
                         ::testing::Values("birth", "command", "live", "registers",
                                           "availability"));

TEST_F(LeftOut, AStopTellsTheRestAllTheSame) {
  StubBroker broker(loop_, {.max_packet = 4096});
  store_.update(sample_meter());
  begin_at(broker.url());
  ASSERT_TRUE(rest_is_received(broker, discovery_));
  publisher_->stop();
  for (const std::string& topic : {availability_, daemon_}) {
    EXPECT_TRUE(eventually([&] {
      return std::ranges::any_of(broker.received, [&](const StubBroker::Message& message) {
        return message.topic == topic && message.payload == "offline";
      });
    })) << topic;
  }
}

TEST_F(LeftOut, IsNamedOnceAndAgainWhenItIsTaken) {
  const CapturedLog log;
  StubBroker broker(loop_, {.refused = command_});
  store_.update(sample_meter());
  begin_at(broker.url());
  ASSERT_TRUE(says("MQTT connected, without " + command_));
  broker.hang_up();
  ASSERT_TRUE(eventually([&] { return broker.topics.size() >= 7; }));
  broker.rules.refused.clear();
  broker.hang_up();
  ASSERT_TRUE(says("MQTT connected"));
  EXPECT_EQ(log.count("does not take the subscription to " + command_ + " (Unspecified error)"),
            1U);
  EXPECT_EQ(log.count(" takes " + command_ + " again"), 1U);
}

// Without an answer nobody would know that it is taken.
TEST_F(LeftOut, IsNamedNoMoreOnceItIsTakenWithoutAnAnswer) {
  StubBroker broker(loop_, {.closes_on = live_});
  store_.update(sample_meter());
  begin_at(broker.url());
  ASSERT_TRUE(rest_is_received(broker, live_));
  ASSERT_TRUE(says("MQTT connected, without " + live_));
  broker.rules.closes_on.clear();
  broker.hang_up();
  ASSERT_TRUE(says("MQTT connected"));
  EXPECT_TRUE(broker.has_received(live_));
}

}  // namespace
}  // namespace irmeterd
