// The meter's own log: what is new in it is told everywhere, each entry once, over restarts.
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "common/bus_names.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class MetersLog : public Installation {
 protected:
  void SetUp() override {
    simulator_.start();
    bus_.start();
    configure(meter_table(simulator_.device()) + "slow_interval = \"1s\"\n" +
              mqtt_table(broker_.url()));
  }
  void stop() {
    daemon_->signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  }
  // As the home automation is told of the entity.
  [[nodiscard]] bool announced() const {
    const auto device = nlohmann::json::parse(
        watcher_.payload("homeassistant/device/elon_0000000012345678/config"), nullptr, false);
    return device.is_object() && device.at("components").contains("log");
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  // A flag that appears a while after the log was read.
  Simulator simulator_{loop_, Simulator::Place::pseudo_terminal,
                       Simulator::quick({"--fault", "status:value=57,after=4"})};
  std::string event_ = "ir-meterd/meter/elon_0000000012345678/event";
};

TEST_F(MetersLog, IsToldOnce) {
  start();
  ASSERT_TRUE(eventually([&] { return watcher_.count(event_) > 0; }));
  const auto event = nlohmann::json::parse(watcher_.payload(event_));
  EXPECT_EQ(event.at("event_type"), "magnetic_tamper");
  EXPECT_EQ(event.at("id"), 89);
  EXPECT_FALSE(event.at("own"));
  EXPECT_FALSE(watcher_.latest(event_)->retained);
  EXPECT_EQ(logged("the log of the meter has a new entry: magnetic tamper"), 1U);
  ASSERT_TRUE(eventually([&] { return announced(); }));

  stop();
  watcher_.forget();
  start();
  ASSERT_TRUE(eventually([&] { return announced(); }));  // the log was read
  ASSERT_TRUE(polls(6));
  EXPECT_EQ(watcher_.count(event_), 0U);
  EXPECT_EQ(logged("has a new entry"), 0U);
}

TEST_F(MetersLog, IsASignalOnTheBus) {
  BusClient client(loop_, bus_.address());
  client.listen();
  start();
  ASSERT_TRUE(eventually([&] {
    return std::ranges::any_of(client.signals, [](const Signal& signal) {
      return signal.member == "EventLogged" && signal.path == meter_path("main");
    });
  }));
}

}  // namespace
}  // namespace irmeterd
