// From the light to D-Bus, MQTT and the cache: everything at once, as its users see it.
#include <cstdint>
#include <nlohmann/json.hpp>

#include "common/mqtt/topics.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class Whole : public Installation {};

constexpr const char* main_path = "/org/irmeterd/IrMeter1/Meter/main";

TEST_F(Whole, ShowsTheSameReadingEverywhere) {
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  const std::string topic = "ir-meterd/meter/elon_0000000012345678/";
  ASSERT_TRUE(eventually(
      [&] { return watcher.count(topic + "live") > 0 && watcher.count(topic + "registers") > 0; }));

  const irmetersim::MeterValues truth = Simulator::fixed_values();
  const int wh = truth.summations[irmetersim::summation::forward];
  const int watts = truth.present[irmetersim::present::forward];
  const int millivolts = truth.present[irmetersim::present::voltage];

  BusClient client(loop_, bus_.address());
  const Properties properties = client.get_all(main_path);
  EXPECT_EQ(std::get<std::string>(properties.at("SerialNumber")), "0000000012345678");
  EXPECT_EQ(std::get<double>(properties.at("EnergyImport")), wh);
  EXPECT_EQ(std::get<double>(properties.at("PowerImport")), watts);
  EXPECT_EQ(std::get<double>(properties.at("VoltageL1")), millivolts / 1000.0);

  EXPECT_EQ(json::parse(watcher.payload(topic + "registers")).at("energy_import_kwh"), wh / 1000.0);
  const auto live = json::parse(watcher.payload(topic + "live"));
  EXPECT_EQ(live.at("power_import_w"), watts);
  EXPECT_EQ(live.at("voltage_l1_v"), millivolts / 1000.0);

  const auto reading = json::parse(cached("main/reading.json").value());
  EXPECT_EQ(reading.at("energy_import_kwh"), wh / 1000.0);
  EXPECT_EQ(reading.at("power_import_w"), watts);
  EXPECT_EQ(cached("main/BT23").value().size(), 8U);
  EXPECT_EQ(cached("main/BT28").value().size(), 40U);
  EXPECT_NE(cached("metrics.prom")
                .value()
                .find("ir_meterd_energy_import_joules_total{meter=\"main\","
                      "serial=\"0000000012345678\"} " +
                      std::to_string(wh * std::int64_t{3600}) + "\n"),
            std::string::npos);
}

TEST_F(Whole, LeavesRetainedWhatANewcomerNeeds) {
  Mosquitto broker;
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + mqtt_table(broker.url()));
  start();
  const std::string id = "elon_0000000012345678";
  {
    MqttWatcher early(loop_, broker);
    ASSERT_TRUE(eventually([&] {
      return early.payload("ir-meterd/daemon/" + machine_name() + "/availability") == "online" &&
             early.count("ir-meterd/meter/" + id + "/live") > 1 &&
             early.count("ir-meterd/meter/" + id + "/status") > 0;
    }));
  }
  // A message of the same quality as the retained ones does not overtake them.
  MqttWatcher newcomer(loop_, broker);
  broker.publish("test/marker", "");
  ASSERT_TRUE(eventually([&] { return newcomer.count("test/marker") > 0; }));
  std::map<std::string, std::string> retained;
  for (const auto& seen : newcomer.seen()) {
    if (seen.retained) {
      retained.emplace(seen.topic, seen.payload);
    }
  }
  const std::string discovery = "homeassistant/device/" + id + "/config";
  const std::string daemon = "ir-meterd/daemon/" + machine_name();
  EXPECT_EQ(retained.size(), 8U);
  EXPECT_TRUE(retained.contains("homeassistant/device/ir-meterd-" + machine_name() + "/config"));
  EXPECT_EQ(retained[daemon + "/availability"], "online");
  EXPECT_EQ(retained[daemon + "/meters"], "[\"" + id + "\"]");
  EXPECT_EQ(retained["ir-meterd/meter/" + id + "/availability"], "online");
  for (const char* document : {"/registers", "/diagnostics", "/status"}) {
    EXPECT_EQ(json::parse(retained["ir-meterd/meter/" + id + document]).at("meter"), id);
  }
  const auto device = json::parse(retained[discovery]);
  EXPECT_TRUE(device.contains("device") || device.contains("dev"));
  EXPECT_TRUE(device.contains("components") || device.contains("cmps"));
}

TEST_F(Whole, AnswersReadNowWhenTheReadingIsIn) {
  bus_.start();
  Simulator simulator(loop_);
  simulator.start();
  // So rarely that no poll of the grid can come to its help.
  configure("[[meter]]\nname = \"main\"\ndevice = \"" + simulator.device() +
            "\"\ninterval = \"1h\"\n");
  start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  BusClient client(loop_, bus_.address());
  const auto before = std::get<std::uint64_t>(client.get_all(main_path).at("LastReadingUSec"));
  (void)output_of({"busctl", "--address=" + bus_.address(), "call", "org.irmeterd.IrMeter1",
                   main_path, "org.irmeterd.IrMeter1.Meter", "ReadNow"});
  EXPECT_GT(std::get<std::uint64_t>(client.get_all(main_path).at("LastReadingUSec")), before);
}

TEST_F(Whole, FailsReadNowWithAnErrorNamedAfterTheState) {
  bus_.start();
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  BusClient client(loop_, bus_.address());
  const auto call = client.call(main_path, meter_interface, "ReadNow");
  EXPECT_EQ(call->error, "org.irmeterd.IrMeter1.Error.NoDevice");
  EXPECT_EQ(call->message,
            "There is no device at the configured path (/dev/no-such-probe: No such file or "
            "directory): plug in the probe, or configure the path that ir-meterctl ports shows.");
}

TEST_F(Whole, ReadsOverMqttOnRequest) {
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + "[[meter]]\nname = \"main\"\ndevice = \"" + simulator.device() +
            "\"\ninterval = \"1h\"\n" + mqtt_table(broker.url()));
  start();
  const std::string topic = "ir-meterd/meter/elon_0000000012345678/";
  ASSERT_TRUE(eventually([&] { return watcher.count(topic + "live") == 1; }));
  broker.publish(topic + "command", "read_now");
  EXPECT_TRUE(eventually([&] { return watcher.count(topic + "live") == 2; }));
}

TEST_F(Whole, ServesTwoMeters) {
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator house(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--serial", "1"}));
  Simulator barn(loop_, Simulator::Place::tcp, Simulator::quick({"--serial", "2"}));
  house.start();
  barn.start();
  configure(meter_table(house.device(), "house") + meter_table(barn.device(), "barn") +
            mqtt_table(broker.url()));
  start();
  ASSERT_TRUE(shows("barn online; house online; on the system bus; MQTT connected"));
  EXPECT_TRUE(eventually([&] {
    return watcher.count("ir-meterd/meter/elon_0000000000000001/live") > 0 &&
           watcher.count("ir-meterd/meter/elon_0000000000000002/live") > 0;
  }));
  BusClient client(loop_, bus_.address());
  const auto serial = [&](const std::string& name) {
    return std::get<std::string>(
        client.get_all("/org/irmeterd/IrMeter1/Meter/" + name).at("SerialNumber"));
  };
  EXPECT_EQ(serial("house"), "0000000000000001");
  EXPECT_EQ(serial("barn"), "0000000000000002");
  EXPECT_TRUE(cached("house/BT28"));
  EXPECT_TRUE(cached("barn/BT28"));

  // One that goes away does not disturb the other.
  barn.stop();
  ASSERT_TRUE(shows("barn no-device; house online; on the system bus; MQTT connected"));
  EXPECT_TRUE(reads("house"));
  EXPECT_EQ(house.requests("log on"), 1U);
}

}  // namespace
}  // namespace irmeterd
