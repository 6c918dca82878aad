// ir-meterctl forget: what the broker keeps of a meter, listed and removed, beside what it keeps of
// others.
#include "tests/ctl/ctl_fixture.hpp"
#include "tests/support/mosquitto.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class CtlForget : public CtlTest {
 protected:
  static constexpr const char* gone = "elon_0000000012345678";

  CtlForget() {
    bus_.start();
    configure(meter_table("/dev/no-probe") + mqtt_table(broker_.url()));
    for (const char* leaf : {"availability", "registers", "diagnostics"}) {
      keep(meter_topic(leaf), "offline");
    }
    keep(device_, R"({"device":{},"origin":{"name":"ir-meterd"},"components":{"power":)"
                  R"({"state_topic":"ir-meterd/meter/elon_0000000012345678/live"}}})");
    keep("ir-meterd/meter/elon_0000000000000002/availability", "online");
    keep("homeassistant/device/toaster/config", R"({"origin":{"name":"toaster"}})");
    keep("other/ir-meterd/meter/elon_0000000012345678/registers", "{}");
  }

  static std::string meter_topic(const std::string& leaf) {
    return "ir-meterd/meter/" + std::string(gone) + "/" + leaf;
  }
  void keep(const std::string& topic, const std::string& payload) {
    broker_.publish(topic, payload, true);
    kept_.insert(topic);
  }
  // What a client that comes now is given.
  [[nodiscard]] std::set<std::string> kept() {
    broker_.publish("end", "end", true);
    const MqttWatcher watcher(loop_, broker_);
    EXPECT_TRUE(eventually([&] { return watcher.count("end") == 1; }));
    std::set<std::string> topics;
    for (const auto& message : watcher.seen()) {
      topics.insert(message.topic);
    }
    topics.erase("end");
    return topics;
  }

  Mosquitto broker_;
  std::string device_ = "homeassistant/device/" + std::string(gone) + "/config";
  std::set<std::string> kept_;
};

TEST_F(CtlForget, ListsMetersWithTheirTopics) {
  EXPECT_EQ(ctl({"forget", "--json"}), 0) << ctl_->errors();
  EXPECT_EQ(json::parse(ctl_->output()),
            json({{"meters",
                   {{{"meter", "elon_0000000000000002"},
                     {"online", true},
                     {"topics", {"ir-meterd/meter/elon_0000000000000002/availability"}}},
                    {{"meter", gone},
                     {"online", false},
                     {"topics",
                      {device_, meter_topic("availability"), meter_topic("diagnostics"),
                       meter_topic("registers")}}}}}}));
  EXPECT_EQ(kept(), kept_);
}

TEST_F(CtlForget, RemovesWhatIsKeptOfOneOnceThatIsConfirmed) {
  EXPECT_EQ(ctl({"forget", gone}), 1);
  EXPECT_TRUE(says("Topics: " + device_ + ", " + meter_topic("availability"))) << ctl_->output();
  EXPECT_TRUE(complains("has to be taken out of the configuration first")) << ctl_->errors();
  EXPECT_TRUE(complains("Home Assistant removes the device and its entities")) << ctl_->errors();
  EXPECT_TRUE(complains("nothing was removed; answer yes, or add --yes")) << ctl_->errors();
  EXPECT_EQ(kept(), kept_);

  dir_.write("answer", "yes\n");
  EXPECT_EQ(ctl({"forget", gone}, {}, path("answer")), 0) << ctl_->errors();
  for (const std::string& topic : {device_, meter_topic("availability"), meter_topic("diagnostics"),
                                   meter_topic("registers")}) {
    kept_.erase(topic);
  }
  EXPECT_EQ(kept(), kept_);

  EXPECT_EQ(ctl({"forget", gone, "--yes"}), 1);
  EXPECT_TRUE(complains("the broker keeps nothing of \"" + std::string(gone) + "\""));
}

TEST_F(CtlForget, RemovesADaemonThatIsGoneToo) {
  const std::string device = "homeassistant/device/ir-meterd-pi_123456/config";
  const std::string availability = "ir-meterd/daemon/pi_123456/availability";
  keep(availability, "offline");
  keep("ir-meterd/daemon/other/availability", "online");
  keep(device, R"({"device":{},"origin":{"name":"ir-meterd"},"components":{"connected":)"
               R"({"state_topic":"ir-meterd/daemon/pi_123456/availability"}}})");
  EXPECT_EQ(ctl({"forget", "ir-meterd-pi_123456", "--yes"}), 0) << ctl_->errors();
  EXPECT_TRUE(says("Topics: " + device + ", " + availability)) << ctl_->output();
  kept_.erase(device);
  kept_.erase(availability);
  EXPECT_EQ(kept(), kept_);
}

TEST_F(CtlForget, SaysThatNothingIsKept) {
  configure(meter_table("/dev/no-probe") + mqtt_table(broker_.url(), "topic_prefix = \"empty\"\n"));
  EXPECT_EQ(ctl({"forget"}), 0);
  EXPECT_TRUE(complains("the broker keeps nothing under empty/")) << ctl_->errors();
}

TEST_F(CtlForget, SaysWhatIsWrongWithTheBroker) {
  configure(meter_table("/dev/no-probe") +
            mqtt_table("mqtt://127.0.0.1:" + std::to_string(Mosquitto::closed_port)));
  EXPECT_EQ(ctl({"forget"}), 1);
  EXPECT_TRUE(complains("see that the broker runs")) << ctl_->errors();
  configure(meter_table("/dev/no-probe"));
  EXPECT_EQ(ctl({"forget"}), 1);
  EXPECT_TRUE(complains("the configuration has no [mqtt]")) << ctl_->errors();
}

}  // namespace
}  // namespace irmeterd
