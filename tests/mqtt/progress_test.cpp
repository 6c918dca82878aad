// What the watchdog sees of the publisher: absence in steps that end, and nothing once it is there.
#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

class MqttProgress : public MqttFixture {};

TEST_F(MqttProgress, IsMadeWithoutABroker) {
  MqttConfig config;
  config.url = "mqtt://localhost:" + std::to_string(Mosquitto::closed_port);
  begin(config);
  for (int i = 0; i < 3; ++i) {
    const irmeter::Instant before = loop_.now();
    ASSERT_TRUE(eventually([&] {
      const auto steps = publisher_->steps();
      return !steps.empty() && steps.front().since > before;
    }));
    EXPECT_EQ(publisher_->steps().front().part, "the connection to the MQTT broker");
  }
}

TEST_F(MqttProgress, HasNothingToWaitForWhileConnected) {
  const Mosquitto broker;
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker));
  store_.update(sample_meter());
  EXPECT_TRUE(publisher_->steps().empty());
}

TEST_F(MqttProgress, IsMadeWhenABrokerIsLostAndItsConnectionEnds) {
  Mosquitto broker;
  ASSERT_TRUE(connect(broker));
  broker.stop();
  ASSERT_TRUE(eventually([this] { return !publisher_->connected(); }));
  broker.start();
  ASSERT_TRUE(eventually([this] { return publisher_->connected(); }));
  EXPECT_TRUE(eventually([this] { return publisher_->steps().empty(); }));
}

TEST_F(MqttProgress, HangsOnAnAttemptThatNeverReports) {
  const Mosquitto broker;
  broker.freeze();
  begin(broker);
  ASSERT_EQ(publisher_->steps().size(), 1U);
  const irmeter::Instant since = publisher_->steps().front().since;
  EXPECT_LE(since, loop_.now());
  broker.thaw();
  ASSERT_TRUE(eventually([this] { return publisher_->connected(); }));
  EXPECT_TRUE(publisher_->steps().empty());
}

}  // namespace
}  // namespace irmeterd
