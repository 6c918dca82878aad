// After a change of the prefixes nothing of ours is kept under the old ones, and nothing of anybody
// else's is touched.
#include "daemon/sinks/mqtt/earlier_places.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/mqtt/fixture.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

class EarlierPlaces : public MqttFixture {
 protected:
  EarlierPlaces() {
    state_directory_ = directory_.path();
    // A broker that shares its machine answers by then.
    timing_.look = timing_.discovery_gap = std::chrono::seconds(2);
  }
  static MqttTopics topics(const std::string& prefix, const std::string& discovery,
                           const std::string& host = "host") {
    return {prefix, discovery, host, ""};
  }
  // What a run with these topics finds of earlier ones.
  [[nodiscard]] std::set<std::string> found(const MqttTopics& today) const {
    const MqttEarlierPlaces places(directory_.path(), today, log_);
    return {places.patterns().begin(), places.patterns().end()};
  }
  void publish(const MqttTopics& today) const {
    MqttEarlierPlaces(directory_.path(), today, log_).published(sample_id);
  }
  [[nodiscard]] ::testing::AssertionResult connect(const std::string& prefix,
                                                   const std::string& discovery, bool plain) {
    MqttConfig config;
    config.url = broker_.url();
    config.topic_prefix = prefix;
    config.discovery_prefix = discovery;
    config.plain_topics = plain;
    begin(config);
    const std::string daemon = topics(prefix, discovery, topics_.host).daemon_availability();
    return eventually([&] { return watcher_.payload(daemon) == "online"; });
  }

  TempDir directory_;
  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
};

TEST_F(EarlierPlaces, AreKnownUntilTheyAreLeft) {
  const MqttTopics old = topics("old", "ha");
  const MqttTopics now = topics("new", "ha");
  publish(old);
  EXPECT_TRUE(found(old).empty());
  const std::set<std::string> both{old.daemon_availability(),   old.online_meters(),
                                   old.availability(sample_id), old.registers(sample_id),
                                   old.status(sample_id),       old.history(sample_id),
                                   old.diagnostics(sample_id),  old.value(sample_id, "+")};
  EXPECT_EQ(found(now), both);
  publish(now);
  EXPECT_EQ(found(now), both);
  MqttEarlierPlaces places(directory_.path(), now, log_);
  EXPECT_TRUE(places.has("old/meter/" + std::string(sample_id) + "/value/energy_import"));
  EXPECT_FALSE(places.has("old/meter/" + std::string(sample_id) + "/command"));
  EXPECT_FALSE(places.has("old/meter/nes_1/registers"));
  EXPECT_FALSE(places.has("new/meter/" + std::string(sample_id) + "/registers"));
  EXPECT_FALSE(places.has("old/daemon/other/availability"));
  places.forget();
  EXPECT_TRUE(found(now).empty());
}

TEST_F(EarlierPlaces, AreThoseOfThisMachineAlone) {
  publish(topics("old", "ha"));
  EXPECT_TRUE(found(topics("new", "ha", "other")).empty());
}

TEST_F(EarlierPlaces, OfDiscoveryAreOfBothForms) {
  const MqttTopics old = topics("old", "ha");
  publish(old);
  EXPECT_EQ(found(topics("old", "homeassistant")),
            (std::set<std::string>{old.discovery(sample_id), old.discovery(daemon_id("host")),
                                   old.component_discovery("+", sample_id, "+"),
                                   old.component_discovery("+", daemon_id("host"), "+")}));
}

// A meter that is not read any more has its topics where the other prefix is still the same.
TEST_F(EarlierPlaces, AreKnownOfAMeterThatIsGone) {
  publish(topics("old", "ha"));
  const MqttTopics now = topics("old", "homeassistant");
  MqttEarlierPlaces places(directory_.path(), now, log_);
  places.published();
  places.forget();
  EXPECT_TRUE(found(now).empty());
  EXPECT_TRUE(found(topics("new", "homeassistant"))
                  .contains("old/meter/" + std::string(sample_id) + "/registers"));
}

TEST_F(EarlierPlaces, ThatMakeNoSenseAreNone) {
  for (const char* text : {"{", R"({"host":"host"})", R"({"host":"host","places":[1]})",
                           R"({"host":"host","places":[{"topic_prefix":"#",
                               "discovery_prefix":"+","meters":[]}]})",
                           R"({"host":"host","places":[{"topic_prefix":"old",
                               "discovery_prefix":"ha","meters":["+"]}]})"}) {
    directory_.write("mqtt.json", text);
    EXPECT_TRUE(found(topics("new", "ha")).empty()) << text;
  }
}

TEST_F(EarlierPlaces, AreEmptyAfterAnotherPrefixWasUsed) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect("old", "old/ha", true));
  const MqttTopics old = topics("old", "old/ha", topics_.host);
  ASSERT_TRUE(eventually([&] { return watcher_.count(old.discovery(sample_id)) > 0; }));
  broker_.publish("old/meter/nes_1/registers", "{}", true);
  broker_.publish("old/ha/device/nes_1/config", "{}", true);
  ASSERT_TRUE(eventually([&] { return watcher_.count("old/ha/device/nes_1/config") > 0; }));
  end();
  watcher_.forget();
  ASSERT_TRUE(connect("new", "ha", false));
  ASSERT_TRUE(eventually([&] { return found(topics("new", "ha", topics_.host)).empty(); }));
  const MqttWatcher late(loop_, broker_);
  broker_.publish("test/end", "");
  ASSERT_TRUE(eventually([&] { return late.count("test/end") > 0; }));
  std::set<std::string> kept;
  for (const auto& seen : late.seen()) {
    if (seen.topic.starts_with("old/")) {
      kept.insert(seen.topic);
    }
  }
  EXPECT_EQ(kept,
            (std::set<std::string>{"old/meter/nes_1/registers", "old/ha/device/nes_1/config"}));
  // Home Assistant lets go of the entities before it gets them anew.
  std::string first;
  for (const auto& seen : watcher_.seen()) {
    if (seen.topic == old.discovery(sample_id) ||
        seen.topic == topics("new", "ha").discovery(sample_id)) {
      first = first.empty() ? seen.topic : first;
    }
  }
  EXPECT_EQ(first, old.discovery(sample_id));
}

}  // namespace
}  // namespace irmeterd
