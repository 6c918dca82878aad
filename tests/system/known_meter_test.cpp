// A meter that was read before is spoken of from the first poll on, whether it answers or not; one
// that is not read here any more is unavailable.
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "common/mqtt/topics.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class KnownMeter : public Installation {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(path("state"));
    simulator_.start();
    configure(no_bus + meter_table(simulator_.device()) + mqtt_table(broker_.url()));
    begin();
    ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "online"; }));
  }
  void begin() { start({}, {"STATE_DIRECTORY=" + path("state")}); }
  void stop() {
    daemon_->signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  }
  [[nodiscard]] nlohmann::json diagnostics() const {
    return nlohmann::json::parse(watcher_.payload(meter_ + "diagnostics"), nullptr, false);
  }
  [[nodiscard]] bool says(const nlohmann::json& state) const {
    const auto document = diagnostics();
    return document.is_object() && document.at("state") == state;
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  Simulator simulator_{loop_};
  std::string meter_ = "ir-meterd/meter/elon_0000000012345678/";
  std::string availability_ = meter_ + "availability";
  std::string daemon_availability_ = "ir-meterd/daemon/" + machine_name() + "/availability";
};

TEST_F(KnownMeter, IsSpokenOfWhereItDoesNotAnswerAfterAStart) {
  stop();
  simulator_.stop();
  watcher_.forget();
  begin();
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_availability_) == "online"; }));
  ASSERT_TRUE(eventually([&] { return says("no-device"); }));
  EXPECT_NE(watcher_.payload(availability_), "online");
  EXPECT_EQ(watcher_.count("homeassistant/device/elon_0000000012345678/config"), 0U);

  simulator_.start();
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "online"; }));
  EXPECT_TRUE(says("online"));
}

TEST_F(KnownMeter, IsUnavailableOnceAReloadHasTakenItAway) {
  configure(no_bus + meter_table("/dev/ir-meterd-none", "cellar") + mqtt_table(broker_.url()));
  reload();
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  ASSERT_TRUE(eventually([&] { return says(nullptr); }));
}

// In Home Assistant the one before is still there, and both would have one name.
TEST_F(KnownMeter, HasItsNumberInItsNameWhereItStandsInPlaceOfAnother) {
  const auto name = [&](const std::string& id) {
    const auto device = nlohmann::json::parse(
        watcher_.payload("homeassistant/device/" + id + "/config"), nullptr, false);
    return device.is_object() ? device.at("device").at("name").get<std::string>() : "";
  };
  ASSERT_TRUE(
      eventually([&] { return name("elon_0000000012345678") == "Electricity meter main"; }));
  Simulator other(loop_, Simulator::Place::pseudo_terminal,
                  Simulator::quick({"--serial", "87654321"}));
  other.start();
  configure(no_bus + meter_table(other.device()) + mqtt_table(broker_.url()));
  for (int start = 0; start < 2; ++start) {
    stop();
    watcher_.forget();
    begin();
    ASSERT_TRUE(eventually([&] { return !name("elon_0000000087654321").empty(); }));
    EXPECT_TRUE(name("elon_0000000087654321").starts_with("Electricity meter main ")) << start;
  }
}

// A file that somebody has changed is no reason to stop, or to speak of a meter there is none of.
TEST_F(KnownMeter, IsForgottenWhereItsFileMakesNoSense) {
  stop();
  simulator_.stop();
  dir_.write("state/meters.json", R"({"meters": [{"manufacturer": 1}], "names": {}})");
  watcher_.forget();
  begin();
  ASSERT_TRUE(eventually([&] { return logged("meters.json makes no sense") == 1; }));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_availability_) == "online"; }));
  EXPECT_EQ(watcher_.count(meter_ + "diagnostics"), 0U);
}

}  // namespace
}  // namespace irmeterd
