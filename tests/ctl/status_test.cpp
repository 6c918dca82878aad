// ir-meterctl status: what the daemon knows, for people and for scripts.
#include <algorithm>
#include <optional>
#include <regex>

#include "common/faces.hpp"
#include "tests/ctl/ctl_fixture.hpp"
#include "tests/support/mosquitto.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class CtlStatus : public CtlTest {
 protected:
  void start_with_meter() {
    bus_.start();
    simulator_.start();
    configure(meter_table(simulator_.device()));
    start();
    ASSERT_TRUE(shows("main online; on the system bus"));
  }
  [[nodiscard]] json document() const { return json::parse(ctl_->output()); }

  Simulator simulator_{loop_};
};

TEST_F(CtlStatus, ShowsMeterAndReadingInUnits) {
  start_with_meter();
  EXPECT_EQ(ctl({"status"}), 0);
  EXPECT_EQ(ctl_->errors(), "");
  EXPECT_TRUE(ctl_->output().starts_with(
      "Daemon: running\nVersion: " IRMETER_VERSION
      "\nBus: system\nMQTT: not configured\n\nMeter: main\nState: online\n"))
      << ctl_->output();
  const auto truth = Simulator::fixed_values();
  const std::string wh = std::to_string(truth.summations[irmetersim::summation::forward]);
  const std::string millivolts = std::to_string(truth.present[irmetersim::present::voltage]);
  EXPECT_TRUE(says("\nSerial number: 0000000012345678\n"));
  EXPECT_TRUE(says("\nEnergy import: " + wh.substr(0, wh.size() - 3) + "." +
                   wh.substr(wh.size() - 3) + " kWh\n"))
      << ctl_->output();
  EXPECT_TRUE(
      says("\nVoltage L1: " + millivolts.substr(0, 3) + "." + millivolts.substr(3) + " V\n"))
      << ctl_->output();
  EXPECT_TRUE(std::regex_search(
      ctl_->output(),
      std::regex("\nLast reading: [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\nAge: [0-9]+ s\n")))
      << ctl_->output();
}

TEST_F(CtlStatus, IsALabelAndAValueOnEachLine) {
  start_with_meter();
  EXPECT_EQ(ctl({"status"}), 0);
  for (const std::string& line : lines()) {
    EXPECT_TRUE(std::regex_match(line, std::regex("|[A-Z][A-Za-z0-9 ]*: .+"))) << line;
  }
}

TEST_F(CtlStatus, HasTheSameInJson) {
  start_with_meter();
  EXPECT_EQ(ctl({"status", "--json"}), 0);
  EXPECT_EQ(lines().size(), 1U);
  const json meter = document().at("meters").at(0);
  EXPECT_EQ(document().at("daemon"), "running");
  EXPECT_EQ(document().at("version"), IRMETER_VERSION);
  EXPECT_EQ(document().at("mqtt"), nullptr);
  EXPECT_EQ(meter.at("name"), "main");
  EXPECT_EQ(meter.at("meter"), "elon_0000000012345678");
  EXPECT_EQ(meter.at("state"), "online");
  EXPECT_GE(meter.at("age_s"), 0);
  EXPECT_TRUE(meter.contains("energy_import_kwh")) << meter;
  // Slow values come between the polls, and between the two that are compared here.
  EXPECT_TRUE(eventually([&] {
    const bool shown = ctl({"status", "--json"}) == 0;
    const json now = document().at("meters").at(0);
    const json reading = json::parse(cached("main/reading.json").value());
    return shown && reading.contains("reactive_energy_import_kvarh") &&
           std::ranges::all_of(irmeterd::faces, [&](const auto& face) {
             return now.value(face.json_key.view(), json()) ==
                    reading.value(face.json_key.view(), json());
           });
  })) << ctl_->output();
  EXPECT_TRUE(std::regex_match(meter.at("time").get<std::string>(),
                               std::regex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z")));
}

TEST_F(CtlStatus, ListsTheDevicesBehindTheMeterAndWhatTheyCount) {
  bus_.start();
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--mbus", "3"}));
  simulator.start();
  configure(meter_table(simulator.device()));
  start();
  EXPECT_TRUE(eventually([&] {
    return ctl({"status"}) == 0 && says("power 3000 W") &&
           says(
               "\nM-Bus device 1: water, maker SIM, serial number 20417301: volume 75.012 m³, "
               "volume flow 0.012 m³/h\n"
               "M-Bus device 2: gas, maker SIM, serial number 20417302: volume 1562.75 m³\n"
               "M-Bus device 3: heat, maker SIM, serial number 20417303: energy 18753 kWh, "
               "volume 806.379 m³, power 3000 W, volume flow 0.129 m³/h, "
               "flow temperature 57.5 °C, return temperature 37.5 °C, temperature difference 20 "
               "K\n");
  })) << ctl_->output();
  EXPECT_EQ(ctl({"status", "--json"}), 0);
  EXPECT_EQ(document().at("meters").at(0).at("mbus_devices").at(1), json::parse(R"(
    {"slot": 2, "medium": "gas", "maker": "SIM", "serial_number": "20417302",
     "values": [{"key": "volume", "value": 1562.75, "unit": "m³"}]})"));
}

TEST_F(CtlStatus, SaysHowMqttIs) {
  bus_.start();
  std::optional<Mosquitto> broker(std::in_place);
  configure(meter_table("/dev/no-such-probe") + "[mqtt]\nurl = \"" + broker->url() + "\"\n");
  start();
  const auto says_soon = [this](const std::string& line) {
    return eventually([&] { return ctl({"status"}) == 0 && says(line); });
  };
  EXPECT_TRUE(says_soon("\nBus: system\nMQTT: connected\n\nMeter: main\n")) << ctl_->output();
  EXPECT_EQ(ctl({"status", "--json"}), 0);
  EXPECT_EQ(document().at("mqtt"), "connected");
  const std::string address = broker->url().substr(broker->url().rfind('/') + 1);
  broker.reset();
  EXPECT_TRUE(eventually([&] {
    return ctl({"status"}) == 0 && says(address) && !says("MQTT: connected\n");
  })) << ctl_->output();
}

TEST_F(CtlStatus, LeavesOutWhatIsNotKnown) {
  bus_.start();
  configure(meter_table("/dev/no-such-probe", "barn") + meter_table("/dev/no-other", "house"));
  start();
  ASSERT_TRUE(shows("barn no-device; house no-device; on the system bus"));
  EXPECT_EQ(ctl({"status"}), 0);
  EXPECT_TRUE(
      says("\n\nMeter: barn\nState: no-device\nFault: no-device\nDetail: There is no device at the "
           "configured path (/dev/no-such-probe: No such file or directory): plug in the probe, or "
           "configure the path that ir-meterctl ports shows.\nDevice: /dev/no-such-probe\n"
           "Last reading: none yet\n\nMeter: house"))
      << ctl_->output();
  EXPECT_EQ(ctl({"status", "--json"}), 0);
  const json meter = document().at("meters").at(0);
  EXPECT_EQ(meter.at("time"), nullptr);
  EXPECT_EQ(meter.at("fault"), "no-device");
  EXPECT_EQ(meter.at("fault_context"), "/dev/no-such-probe: No such file or directory");
  EXPECT_EQ(meter.size(), 7U) << meter;
}

TEST_F(CtlStatus, SaysThatTheDaemonDoesNotRunAndWhatToDo) {
  bus_.start();
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(ctl({"status"}), 1);
  EXPECT_EQ(ctl_->output(),
            "Daemon: not reached\n"
            "Problem: ir-meterd is not running: nobody is org.irmeterd.IrMeter1 on the system bus\n"
            "Cure: see 'systemctl status ir-meterd', and start it with 'sudo systemctl enable "
            "--now ir-meterd'\n");
  EXPECT_EQ(ctl({"status", "--json"}), 1);
  EXPECT_EQ(document().at("daemon"), "not reached");
  EXPECT_TRUE(document().contains("problem") && document().contains("cure"));
}

TEST_F(CtlStatus, SaysThatThereIsNoBus) {
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(ctl({"status"}), 1);
  EXPECT_TRUE(says("Problem: the system bus cannot be reached: No such file or directory\nCure: "))
      << ctl_->output();
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe"));
  EXPECT_EQ(ctl({"status"}), 1);
  EXPECT_TRUE(says("Problem: the configuration keeps ir-meterd off D-Bus\nCure: "))
      << ctl_->output();
}

TEST_F(CtlStatus, AsksOnTheBusOfTheConfigurationOrOfTheCommandLine) {
  bus_.start();
  configure("[dbus]\nbus = \"session\"\n" + meter_table("/dev/no-such-probe"));
  const std::vector<std::string> session{"DBUS_SESSION_BUS_ADDRESS=" + bus_.address()};
  start({}, session);
  ASSERT_TRUE(shows("main no-device; on the session bus"));
  EXPECT_EQ(ctl({"status"}, session), 0);
  EXPECT_TRUE(says("\nBus: session\n"));
  EXPECT_EQ(ctl({"status", "--bus", "session"}, session), 0);
  // Here they are the same one.
  EXPECT_EQ(ctl({"status", "--bus", "system"}, session), 0);
}

TEST_F(CtlStatus, LooksAtADaemonWhoseConfigurationHasGoneBad) {
  start_with_meter();
  configure("[[meter]]\nname = \"main\"\n");
  EXPECT_EQ(ctl({"status"}), 0);
  EXPECT_TRUE(
      complains("the configuration does not say which bus ir-meterd is on: the system bus "
                "is asked"))
      << ctl_->errors();
  EXPECT_TRUE(says("State: online"));
  EXPECT_TRUE(complains("device: is missing in this table")) << ctl_->errors();
}

}  // namespace
}  // namespace irmeterd
