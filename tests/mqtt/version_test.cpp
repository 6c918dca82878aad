// Which version of MQTT is spoken, and what the newer one keeps out.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/mqtt/fixture.hpp"
#include "tests/support/stub_broker.hpp"

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

// A line of /proc/self/status, in kB.
std::size_t memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t amount = 0;
  while (status >> word && word != name) {
  }
  status >> amount;
  return amount;
}

// The broker keeps it for whoever subscribes, and sends it at once.
TEST_F(Version, NothingLargeThatABrokerKeepsIsReceived) {
  const Mosquitto broker;
  for (const std::string& topic : {topics_.birth, list_, command_, availability_}) {
    broker.publish_zeros(topic, 16'000'000);
  }
  store_.update(sample_meter());
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins here
  const std::size_t before = memory("VmRSS:");
  ASSERT_TRUE(connect(broker));
  broker.publish(command_, "read_now");
  ASSERT_TRUE(eventually([this] { return !received_.empty(); }));
  EXPECT_LT(memory("VmHWM:"), before + 14'000);
}

}  // namespace
}  // namespace irmeterd
