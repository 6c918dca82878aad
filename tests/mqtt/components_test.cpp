// The other form of discovery, a message for each entity, and the way from one form to the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/sinks/mqtt/home_assistant.hpp"
#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class Components : public MqttFixture {
 protected:
  Components() {
    timing_.look = std::chrono::milliseconds(800);  // the broker answers within this time
    timing_.settle = std::chrono::milliseconds(1000);
    store_.update(sample_meter());
  }

  // Begins with this form, and waits until the daemon is online.
  [[nodiscard]] ::testing::AssertionResult connect(Discovery form) {
    MqttConfig config;
    config.url = broker_.url();
    config.discovery = form;
    begin(config);
    return eventually([this] { return watcher_.payload(daemon_) == "online"; });
  }
  // What the broker keeps for Home Assistant, by topic.
  std::map<std::string, std::string> kept() {
    std::map<std::string, std::string> messages;
    const MqttWatcher late(loop_, broker_);
    broker_.publish("test/end", "");
    EXPECT_TRUE(eventually([&] { return late.count("test/end") > 0; }));
    for (const MqttWatcher::Seen& seen : late.seen()) {
      if (seen.retained && seen.topic.starts_with("homeassistant/")) {
        messages[seen.topic] = seen.payload;
      }
    }
    return messages;
  }
  // The place of the first message of this topic with this beginning, among all that came.
  [[nodiscard]] std::size_t place(const std::string& topic, const std::string& beginning) const {
    const auto found = std::ranges::find_if(watcher_.seen(), [&](const MqttWatcher::Seen& seen) {
      return seen.topic == topic && seen.payload.starts_with(beginning);
    });
    return static_cast<std::size_t>(found - watcher_.seen().begin());
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  std::string power_ = topics_.component_discovery("sensor", sample_id, "power");
  std::string connected_ =
      topics_.component_discovery("binary_sensor", daemon_id(topics_.host), "connected");
};

TEST_F(Components, SayOfEachEntityWhatTheDeviceSays) {
  const MeterSnapshot meter = sample_meter();
  const std::string text = discovery_json(
      describe(meter, meter.reading->values.present() | meter.details.present(), false), topics_);
  const json device = json::parse(text);
  const auto messages = component_messages(sample_id, text, topics_);
  EXPECT_EQ(messages.size(), device["components"].size());
  for (const auto& [key, component] : device["components"].items()) {
    json expected = device;
    expected.erase("components");
    expected.update(component);
    expected.erase("platform");
    EXPECT_EQ(json::parse(messages.at(topics_.component_discovery(
                  component["platform"].get<std::string>(), sample_id, key))),
              expected)
        << key;
  }
}

TEST_F(Components, AreRetainedInsteadOfTheDevice) {
  ASSERT_TRUE(connect(Discovery::components));
  const auto messages = kept();
  EXPECT_TRUE(messages.contains(power_));
  EXPECT_TRUE(messages.contains(connected_));
  EXPECT_FALSE(messages.contains(discovery_) || messages.contains(device_));
}

// Home Assistant lets go of the entities, takes them from where they are now, and then the old
// messages go.
TEST_F(Components, TakeOverFromTheDevice) {
  ASSERT_TRUE(connect(Discovery::device));
  end();
  watcher_.forget();
  ASSERT_TRUE(connect(Discovery::components));
  ASSERT_TRUE(eventually([&] {
    return watcher_.history(discovery_).ends_with(",") && watcher_.history(device_).ends_with(",");
  }));
  EXPECT_EQ(watcher_.history(discovery_), std::string(migration_json) + ",");
  EXPECT_EQ(watcher_.history(device_), std::string(migration_json) + ",");
  EXPECT_LT(place(discovery_, "{\"migrate"), place(power_, "{"));
  EXPECT_LT(place(device_, "{\"migrate"), place(connected_, "{"));
  EXPECT_EQ(watcher_.count(power_), 1U);
  const auto messages = kept();
  EXPECT_TRUE(messages.contains(power_));
  EXPECT_FALSE(messages.contains(discovery_) || messages.contains(device_));
}

TEST_F(Components, AreTakenOverByTheDevice) {
  ASSERT_TRUE(connect(Discovery::components));
  end();
  watcher_.forget();
  ASSERT_TRUE(connect(Discovery::device));
  ASSERT_TRUE(eventually([&] { return kept().size() == 2; }));
  const auto messages = kept();
  EXPECT_TRUE(messages.contains(discovery_) && messages.contains(device_));
  EXPECT_EQ(watcher_.history(power_), std::string(migration_json) + ",");
  EXPECT_LT(place(power_, "{\"migrate"), place(discovery_, "{"));
  EXPECT_EQ(watcher_.count(discovery_), 1U);
}

TEST_F(Components, AreWithdrawnWithDiscovery) {
  ASSERT_TRUE(connect(Discovery::components));
  end();
  ASSERT_TRUE(connect(Discovery::off));
  EXPECT_TRUE(eventually([&] { return kept().empty(); }));
}

}  // namespace
}  // namespace irmeterd
