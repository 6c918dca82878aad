// Which version of MQTT is spoken, and what the newer one keeps out.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/mqtt/fixture.hpp"
#include "tests/support/stub_broker.hpp"
#include "tests/support/tcp_relay.hpp"

namespace irmeterd {
namespace {

class Version : public MqttFixture {
 protected:
  [[nodiscard]] ::testing::AssertionResult connects_to(const StubBroker& broker) {
    store_.update(sample_meter());
    MqttConfig config;
    config.url = broker.url();
    begin(config);
    return eventually([&] { return broker.has_received(daemon_); });
  }
};

TEST_F(Version, ABrokerThatRefusesTheNewerOneIsSpokenToInTheOlder) {
  StubBroker broker(loop_, {});
  ASSERT_TRUE(connects_to(broker));
  EXPECT_EQ(broker.versions, (std::vector<int>{5, 4}));
}

TEST_F(Version, SoIsOneThatClosesOnIt) {
  StubBroker broker(loop_, {.closes_on_newer = true});
  ASSERT_TRUE(connects_to(broker));
  EXPECT_EQ(broker.versions, (std::vector<int>{5, 4, 4}));
  EXPECT_EQ(broker.ids.front(), "") << "a look has no client id";
}

TEST_F(Version, ItIsRememberedForLaterAttempts) {
  StubBroker broker(loop_, {});
  ASSERT_TRUE(connects_to(broker));
  broker.received.clear();
  broker.hang_up();
  ASSERT_TRUE(eventually([&] { return broker.has_received(daemon_); }));
  EXPECT_EQ(broker.versions, (std::vector<int>{5, 4, 4}));
}

// The broker keeps it for whoever subscribes, and sends it at once.
TEST_F(Version, NothingLargeThatABrokerKeepsIsReceived) {
  const Mosquitto broker;
  for (const std::string& topic : {topics_.birth, list_, command_, availability_}) {
    broker.publish_zeros(topic, 16'000'000);
  }
  store_.update(sample_meter());
  const TcpRelay relay(loop_, broker.url());
  MqttConfig config;
  config.url = relay.url("mqtt");
  begin(config);
  ASSERT_TRUE(eventually([this] { return publisher_->connected(); }));
  ASSERT_TRUE(eventually([&] {  // which it has subscribed to beside these
    broker.publish(command_, "read_now");
    return !received_.empty();
  }));
  EXPECT_LT(relay.sent(), 10'000U);
}

}  // namespace
}  // namespace irmeterd
