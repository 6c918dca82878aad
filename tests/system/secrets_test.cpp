// The meter's key and the broker's password are nowhere to be seen, at the most talkative log
// level.
#include "tests/support/mosquitto.hpp"
#include "tests/support/secret_forms.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class SecretsOf : public Installation {};

TEST_F(SecretsOf, MeterAndBrokerAreNotShownAnywhere) {
  const std::string key = "Zq7#Xv9!Kw3$Yj5%Bn1&";
  const std::string password = "Pm8@Qx4^Rt6*";
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--key", key}));
  simulator.start();
  write_key(key);
  dir_.write("credentials/mqtt-password", password + "\n");
  configure(
      meter_table(simulator.device()) +
      mqtt_table(broker.url(), "username = \"reader\"\npassword_credential = \"mqtt-password\"\n"));
  start({"--log-level", "trace"});
  ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));
  ASSERT_TRUE(
      eventually([&] { return watcher.count("ir-meterd/meter/elon_0000000012345678/live") >= 1; }));
  ASSERT_GT(logged("# security"), 0U);

  std::string published;
  for (const auto& seen : watcher.seen()) {
    published += seen.topic + " " + seen.payload + "\n";
  }
  std::string notified;
  for (const std::string& message : notify_.messages()) {
    notified += message + "\n";
  }
  std::string files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("run"))) {
    if (entry.is_regular_file()) {
      files += cached(std::filesystem::relative(entry.path(), path("run")).string()).value_or("");
    }
  }
  const auto process_file = [&](const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(daemon_->pid()) + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string objects = output_of(
      {"busctl", "--address=" + bus_.address(), "call", "org.irmeterd.IrMeter1",
       "/org/irmeterd/IrMeter1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"});
  EXPECT_NE(objects.find("EnergyImport"), std::string::npos) << objects;
  EXPECT_FALSE(process_file("cmdline").empty());

  const std::vector<std::pair<std::string, std::string>> places{
      {"standard output", daemon_->output()},
      {"log", daemon_->errors()},
      {"bus", objects},
      {"broker", published},
      {"service manager", notified},
      {"cache", files},
      {"command line", process_file("cmdline")},
      {"environment", process_file("environ")}};
  for (const auto& [where, text] : places) {
    expect_without(text, key, where);
    expect_without(text, password, where);
  }
}

TEST_F(SecretsOf, MistakesAreNotQuoted) {
  write_key("Zq7#Xv9!Kw3$Yj5%Bn1&Zq7#");
  configure(meter_table("/a"));
  start({"--log-level", "trace"});
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  expect_without(daemon_->errors(), "Zq7#Xv9!Kw3$Yj5%Bn1&", "log");
}

}  // namespace
}  // namespace irmeterd
