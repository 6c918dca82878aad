// A check beside the running daemon, and of the broker.
#include <csignal>

#include "tests/ctl/check_fixture.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"

namespace irmeterd {
namespace {

constexpr const char* password = "correct horse battery";

class CheckDaemon : public CheckFixture {
 protected:
  CheckDaemon() { bus_.start(); }

  // The daemon with the credentials in the plain store, until its meter is in this state.
  void start(const std::string& state) {
    daemon_ = std::make_unique<Process>(
        std::vector<std::string>{IR_METERD, "--config", path("ir-meterd.toml")},
        std::vector<std::string>{"CREDENTIALS_DIRECTORY=" + path("root/etc/credstore"),
                                 "RUNTIME_DIRECTORY=" + path("run"),
                                 "STATE_DIRECTORY=" + path("root/var/lib/ir-meterd"),
                                 "DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()});
    BusClient client(loop_, bus_.address());
    ASSERT_TRUE(wait_until(loop_, [&] {
      const auto properties = client.call("/org/irmeterd/IrMeter1/Meter/main", properties_interface,
                                          "GetAll", {meter_interface});
      return properties->error.empty() &&
             std::get<std::string>(properties->properties().at("State")) == state;
    })) << daemon_->errors();
  }
  static std::string mqtt_table(const std::string& url, const std::string& more = {}) {
    return "[mqtt]\nurl = \"" + url + "\"\n" + more;
  }
  static std::string with_password() {
    return "username = \"meter\"\npassword_credential = \"mqtt-password\"\n";
  }
  // Until the broker keeps what the daemon says of the meter.
  void wait_for_announcements(const Mosquitto& broker) {
    MqttWatcher watcher(loop_, broker);
    ASSERT_TRUE(wait_until(loop_, [&] {
      return watcher.count("homeassistant/device/elon_0000000012345678/config") > 0 &&
             watcher.payload("ir-meterd/meter/elon_0000000012345678/availability") == "online";
    })) << daemon_->errors();
  }
  std::unique_ptr<Process> daemon_;
};

TEST_F(CheckDaemon, AsksTheDaemonWhichHasTheLine) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  dir_.write("ir-meterd.toml", "[[meter]]\nname = \"main\"\ndevice = \"" + simulator.device() +
                                   "\"\ninterval = \"1h\"\n");
  start("online");
  EXPECT_EQ(check_json(), 0) << output_ << errors_;
  expect_line("configuration", "ok", "ir-meterd.toml");
  expect_line("service", "ok", "it runs, and is asked");
  expect_line("tables", "ok", "serial number 0000000012345678");
  expect_line("BT28", "ok", "power_import");
  EXPECT_EQ(simulator.requests("security"), 2U);  // a poll was asked for
}

TEST_F(CheckDaemon, TellsTheDaemonsFaultAsItsOwn) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter({"--fault", "echo-only"}));
  simulator.start();
  configure(simulator.device());
  start("echo");
  EXPECT_EQ(check_json(), 1);
  expect_failed("echo", "Only the probe's own light", "opaque strip");
}

TEST_F(CheckDaemon, SuggestsTheStripWhereTheProbeHearsItself) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter({"--fault", "echo"}));
  simulator.start();
  configure(simulator.device());
  start("online");
  EXPECT_EQ(check_json(), 0) << output_ << errors_;
  expect_line("echo", "note", "hears its own light", "opaque strip");
  EXPECT_EQ(check(), 0);
  EXPECT_NE(output_.find("\nAll is well, 1 noted.\n"), std::string::npos) << output_;
}

TEST_F(CheckDaemon, TellsThatTheServiceReadsAKeyWhenItStarts) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  const std::string key = key_;
  std::filesystem::remove(path("root/etc/credstore/meter-key"));
  start("no-key");
  store_key(key);
  EXPECT_EQ(check_json(), 1);
  expect_line("line", "ok", "it opens");
  expect_line("tables", "not_tried", "nothing is sent without a key");
  expect_line("key", "failed", "No key is stored yet", "systemctl restart ir-meterd");
}

TEST_F(CheckDaemon, TellsThatTheDaemonHasAnOlderConfiguration) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  start("online");
  dir_.write("ir-meterd.toml",
             "[[meter]]\nname = \"attic\"\ndevice = \"" + path("nothing") + "\"\n");
  EXPECT_EQ(check(), 1);
  EXPECT_NE(output_.find("does not have the meter attic. Cure: have it load the configuration: "
                         "systemctl reload ir-meterd"),
            std::string::npos)
      << output_;
}

TEST_F(CheckDaemon, FindsWhatTheBrokerKeeps) {
  const Mosquitto broker;
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device(), mqtt_table(broker.url()));
  start("online");
  wait_for_announcements(broker);
  EXPECT_EQ(check_json(), 0) << output_ << errors_;
  expect_line("broker", "ok", "connected to localhost:");
  expect_line("discovery", "ok", "homeassistant/device/elon_0000000012345678/config");
  expect_line("availability", "ok", "the meter is online");
  EXPECT_EQ(check(), 0);
  EXPECT_NE(output_.find("\nAll is well.\n"), std::string::npos) << output_;
  for (const char* document :
       {"{}", "null", R"({"origin":{"name":"ir-meterd"},"components":{}})"}) {
    broker.publish("homeassistant/device/elon_0000000012345678/config", document, true);
    EXPECT_EQ(check_json(), 1) << output_ << errors_;
    expect_line("discovery", "failed", "does not describe this meter",
                "systemctl restart ir-meterd");
  }
}

TEST_F(CheckDaemon, MissesWhatADaemonThatDoesNotRunWouldSend) {
  const Mosquitto broker;
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device(), mqtt_table(broker.url()));
  EXPECT_EQ(check_json(), 1);
  expect_line("service", "failed", "does not run", "systemctl enable --now ir-meterd");
  expect_line("BT28", "ok", "power_import");
  expect_line("broker", "ok", "connected to localhost:");
  expect_line("discovery", "failed", "keeps nothing under homeassistant/",
              "systemctl enable --now ir-meterd");
  expect_line("availability", "failed", "keeps nothing under ir-meterd/",
              "systemctl enable --now ir-meterd");
}

TEST_F(CheckDaemon, DoesNotMissADiscoveryThatIsSwitchedOff) {
  const Mosquitto broker;
  broker.publish("ir-meterd/meter/elon_0000000012345678/availability", "offline", true);
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device(), mqtt_table(broker.url(), "discovery = false\n"));
  EXPECT_EQ(check_json(), 1);
  expect_line("discovery", "not_set_up", "switched off");
  expect_line("availability", "failed", "the meter is offline");
}

TEST_F(CheckDaemon, DoesNotTakeAMeterForOnlineWhereTheDaemonIsNot) {
  const Mosquitto broker;
  broker.publish("ir-meterd/meter/elon_0000000012345678/availability", "online", true);
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device(), mqtt_table(broker.url(), "discovery = false\n"));
  EXPECT_EQ(check_json(), 1);
  expect_line("availability", "failed", "the meter is online, but the daemon is not");
}

TEST_F(CheckDaemon, NamesABrokerThatIsNotThere) {
  configure(path("nothing"),
            mqtt_table("mqtt://127.0.0.1:" + std::to_string(Mosquitto::closed_port)));
  EXPECT_EQ(check_json(), 1);
  expect_line("broker", "failed", "Connection refused", "see that the broker runs");
  expect_line("discovery", "not_tried", "");
  expect_line("availability", "not_tried", "");
}

TEST_F(CheckDaemon, NamesABrokerThatWantsAnotherPassword) {
  const Mosquitto broker(Mosquitto::Kind::password);
  configure(path("nothing"), mqtt_table(broker.url(), with_password()));
  dir_.write("root/etc/credstore/mqtt-password", password);
  EXPECT_EQ(check_json(), 1);
  EXPECT_EQ(layer("broker").at("result"), "failed") << output_;
  EXPECT_NE(layer("broker").at("cure").get<std::string>().find("username, password"),
            std::string::npos)
      << output_;
  EXPECT_EQ((output_ + errors_).find(password), std::string::npos);
}

TEST_F(CheckDaemon, LogsOnWithTheStoredPassword) {
  const Mosquitto broker(Mosquitto::Kind::password);
  configure(path("nothing"), mqtt_table(broker.url(), with_password()));
  EXPECT_EQ(check_json(), 1);
  expect_line("broker", "failed", "the MQTT password is not stored",
              "run 'sudo ir-meterctl set-password'");
  dir_.write("root/etc/credstore/mqtt-password", "secret\n");
  EXPECT_EQ(check_json(), 1);  // of the meter
  expect_line("broker", "ok", "connected to localhost:");
  expect_line("discovery", "not_tried", "has not said who it is");
}

TEST_F(CheckDaemon, NamesACertificateThatIsNotTrusted) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  configure(path("nothing"), mqtt_table(broker.url()));
  EXPECT_EQ(check_json(), 1);
  expect_line("broker", "failed", "its certificate is not trusted", "ca_file");
  configure(path("nothing"),
            mqtt_table(broker.url(), "ca_file = \"" + broker.certificate() + "\"\n"));
  EXPECT_EQ(check_json(), 1);
  expect_line("broker", "ok", "with TLS");
  configure(path("nothing"), mqtt_table(broker.url(), "ca_file = \"" + path("no.pem") + "\"\n"));
  EXPECT_EQ(check_json(), 1);
  expect_line("broker", "failed", "ca_file", "see that the file is there");
}

}  // namespace
}  // namespace irmeterd
