// setup, as a person at a terminal goes through it and as a script does.
#include <filesystem>

#include "common/config/config.hpp"
#include "tests/ctl/check_fixture.hpp"
#include "tests/ctl/ctl_terminal.hpp"
#include "tests/support/mosquitto.hpp"
#include "tools/ir-meterctl/config_edit.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class Setup : public CheckFixture {
 protected:
  Setup() {
    std::filesystem::remove(path("root/etc/credstore/meter-key"));
    std::filesystem::create_directories(path("bin"));
    // No systemd-creds, so that what is stored can be read here; nobody tells of a broker.
    for (const char* program : {"systemd-creds", "avahi-browse"}) {
      std::filesystem::permissions(dir_.write(std::string("bin/") + program, "#!/bin/sh\nexit 1\n"),
                                   std::filesystem::perms::owner_all);
    }
    environment_.push_back("PATH=" + path("bin") + ":/usr/bin:/bin");
    simulator_.start();
  }

  [[nodiscard]] std::vector<std::string> arguments(
      const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"--config", path("ir-meterd.toml"), "--root", path("root"),
                                 "setup"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // To its end, without a terminal; its exit status.
  int setup(const std::vector<std::string>& more, const std::string& input = {}) {
    std::vector<std::string> command{
        "/bin/sh",  "-c", "input=$1; shift; exec \"$@\" <$input", "sh", dir_.write("input", input),
        IR_METERCTL};
    const auto words = arguments(more);
    command.insert(command.end(), words.begin(), words.end());
    Process program(command, environment_);
    EXPECT_TRUE(wait_until(
        loop_, [&] { return !program.running(); }, 3 * patience));
    output_ = program.output();
    errors_ = program.errors();
    expect_without(output_ + errors_, right_key, "what setup says");
    return program.exit_status().value_or(-1);
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ifstream stream(path(name));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] bool is_there(const std::string& name) const {
    return std::filesystem::exists(path(name));
  }

  Simulator simulator_{loop_, Simulator::Place::tcp, meter()};
  static constexpr const char* stored_key = "root/etc/credstore/meter-key";
  static constexpr const char* stored_password = "root/etc/credstore/mqtt-password";
  static constexpr const char* wrong_key = "AAAAAAAAAAAAAAAAAAAA";
};

TEST_F(Setup, AsksAgainUntilEachLayerIsProvenAndThenWrites) {
  const Mosquitto broker(Mosquitto::Kind::password);
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("of a serial server", "/dev/no-such-probe"));
  EXPECT_TRUE(terminal.sees("There is no device"));
  EXPECT_TRUE(terminal.answers("of a serial server", simulator_.device()));
  EXPECT_TRUE(terminal.sees("serial number 0000000012345678"));
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", "ABC"));
  EXPECT_TRUE(terminal.sees("The key has 3 characters"));
  for (const std::string key : {wrong_key, right_key}) {
    EXPECT_TRUE(terminal.answers("Key, 20 characters: ", key));
    EXPECT_TRUE(terminal.answers("The same again: ", key));
    EXPECT_TRUE(
        terminal.sees(key == right_key ? "The meter accepts it." : "The meter does not accept"));
  }
  EXPECT_TRUE(terminal.sees("Energy import: "));
  EXPECT_TRUE(terminal.answers("or none", broker.url()));
  EXPECT_TRUE(terminal.answers("Username", "meter"));
  EXPECT_TRUE(terminal.answers("Password: ", "green"));
  EXPECT_TRUE(terminal.answers("Username [meter]", ""));
  EXPECT_TRUE(terminal.answers("Password: ", "secret"));
  EXPECT_TRUE(terminal.sees("It lets us publish and subscribe."));
  EXPECT_TRUE(terminal.sees("Write this to"));
  EXPECT_FALSE(is_there("ir-meterd.toml"));
  EXPECT_FALSE(is_there(stored_key));
  terminal.type("y\n");
  EXPECT_EQ(terminal.end(), 0) << terminal.screen_;
  expect_without(terminal.screen_, right_key, "the screen");

  EXPECT_EQ(file(stored_key), right_key);
  EXPECT_EQ(file(stored_password), "secret");
  const LoadedConfig loaded = load_config(path("ir-meterd.toml"));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.meters.at(0).device, simulator_.device());
  EXPECT_EQ(loaded.config.mqtt->url, broker.url());
  EXPECT_EQ(loaded.config.mqtt->password_credential, "mqtt-password");
  EXPECT_NE(file("ir-meterd.toml").find("# The main fuse of the connection"), std::string::npos);
}

TEST_F(Setup, WritesNothingWhereItIsLeft) {
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("of a serial server", simulator_.device()));
  EXPECT_TRUE(terminal.sees("Key, 20 characters: "));
  terminal.type("\x03");
  EXPECT_EQ(terminal.end(), -SIGINT);
  EXPECT_TRUE(terminal.echoes());
  EXPECT_FALSE(is_there("ir-meterd.toml"));
}

TEST_F(Setup, SaysWhatIsWrongOnceAndInWords) {
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("Probe [", "ttyUSB0"));
  EXPECT_TRUE(terminal.sees("  \"ttyUSB0\" is no device; write an absolute path"));
  EXPECT_TRUE(terminal.answers("Probe [", simulator_.device()));
  std::string umlauts;
  for (int i = 0; i < 20; ++i) {
    umlauts += "ü";
  }
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", umlauts));
  EXPECT_TRUE(terminal.sees("Character 1 of the key is not a printable ASCII character."));
  EXPECT_EQ(terminal.screen_.find("\"ttyUSB0\" \""), std::string::npos);
}

TEST_F(Setup, ProposesBrokersThatTheNetworkTellsOf) {
  const Mosquitto broker;
  const std::string port = broker.url().substr(broker.url().rfind(':') + 1);
  dir_.write("bin/avahi-browse",
             "#!/bin/sh\necho '+;eth0;IPv4;hub;_mqtt._tcp;local'\n"
             "echo '=;eth0;IPv6;hub;_mqtt._tcp;local;hub.local;fe80::1;1883;'\n"
             "echo '=;eth0;IPv4;hub;_mqtt._tcp;local;hub.local;127.0.0.1;" +
                 port + ";\"info=x\"'\n");
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("Probe [", simulator_.device()));
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", ""));
  EXPECT_TRUE(terminal.sees("mqtt://127.0.0.1:" + port));
  EXPECT_TRUE(terminal.answers("Broker [", "mqtt://127.0.0.1:" + port));
  EXPECT_TRUE(terminal.sees("It lets us publish and subscribe."));
}

TEST_F(Setup, LeavesTheKeyForLater) {
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("of a serial server", simulator_.device()));
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", ""));
  EXPECT_TRUE(terminal.sees("Later, with 'sudo ir-meterctl set-key'"));
  EXPECT_TRUE(terminal.answers("or none", "none"));
  EXPECT_TRUE(terminal.answers("Write this to", "y"));
  EXPECT_EQ(terminal.end(), 0) << terminal.screen_;
  EXPECT_FALSE(is_there(stored_key));
  EXPECT_EQ(simulator_.requests("security"), 0U);
}

TEST_F(Setup, IsDoneByAScript) {
  const Mosquitto broker;
  configure("/dev/no-such-probe", "# my own words\n");
  const std::string before = file("ir-meterd.toml");
  EXPECT_EQ(setup({"--yes", "--json", "--device", simulator_.device(), "--key-file", "-",
                   "--broker", broker.url()},
                  std::string(right_key) + "\n"),
            0)
      << errors_;
  const json report = json::parse(output_);
  EXPECT_EQ(report.at("ok"), true);
  EXPECT_EQ(report.at("key"), "stored");
  EXPECT_EQ(report.at("meter"), "elon_0000000012345678");
  EXPECT_EQ(report.at("old_file"), path("ir-meterd.toml.bak"));
  EXPECT_GT(report.at("energy_import_kwh"), 0);
  EXPECT_EQ(report.at("entities").at(0), "sensor.electricity_meter_main_energy_import");
  EXPECT_EQ(file("ir-meterd.toml.bak"), before);
  EXPECT_NE(file("ir-meterd.toml").find("# my own words"), std::string::npos);
  EXPECT_EQ(file(stored_key), right_key);

  // Again with what it has written: all of it is kept.
  EXPECT_EQ(setup({"--yes", "--json"}), 0) << errors_;
  EXPECT_EQ(json::parse(output_).at("key"), "kept");
  EXPECT_FALSE(json::parse(output_).contains("old_file"));
}

TEST_F(Setup, TakesABrokerOut) {
  configure(simulator_.device(), "[mqtt]\nurl = \"mqtt://broker\"\n");
  CtlTerminal terminal(arguments(), environment_);
  EXPECT_TRUE(terminal.answers("of a serial server", ""));
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", ""));
  EXPECT_TRUE(terminal.answers("Broker [mqtt://broker]", "none"));
  EXPECT_TRUE(terminal.answers("Take this broker out of the configuration? (y/n) [n]", "y"));
  EXPECT_TRUE(terminal.answers("Write this to", "y"));
  EXPECT_EQ(terminal.end(), 0) << terminal.screen_;
  const LoadedConfig loaded = load_config(path("ir-meterd.toml"));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_FALSE(loaded.config.mqtt);
}

TEST_F(Setup, SaysToAScriptWhatIsWrongAndChangesNothing) {
  EXPECT_EQ(setup({}), 64);
  EXPECT_NE(errors_.find("setup asks at a terminal; add --yes"), std::string::npos);
  const std::vector<std::string> device{"--yes", "--json", "--device", simulator_.device()};
  const auto with = [&device](std::vector<std::string> more) {
    more.insert(more.begin(), device.begin(), device.end());
    return more;
  };
  EXPECT_EQ(setup({"--yes", "--json", "--device", "/dev/no-such-probe"}), 1);
  EXPECT_EQ(json::parse(output_).at("ok"), false);
  EXPECT_NE(json::parse(output_).at("problem").get<std::string>().find("There is no device"),
            std::string::npos);
  EXPECT_EQ(setup(with({"--key-file", "-"}), "short"), 1);
  EXPECT_NE(output_.find("the key has 5 characters"), std::string::npos) << output_;
  EXPECT_EQ(setup(with({"--key-file", "-"}), wrong_key), 1);
  EXPECT_NE(output_.find("does not accept the key"), std::string::npos) << output_;
  EXPECT_EQ(setup(with({"--broker", "mqtt://localhost:1"})), 1);
  EXPECT_NE(output_.find("not reached"), std::string::npos) << output_;
  EXPECT_FALSE(is_there("ir-meterd.toml"));
  EXPECT_FALSE(is_there(stored_key));
}

TEST_F(Setup, SaysWhereTheBrokerGuardsTopics) {
  const Mosquitto broker(Mosquitto::Kind::guarded);
  CtlTerminal terminal(arguments({"--device", simulator_.device(), "--broker", broker.url()}),
                       environment_);
  EXPECT_TRUE(terminal.answers("of a serial server", ""));
  EXPECT_TRUE(terminal.answers("Key, 20 characters: ", ""));
  EXPECT_TRUE(terminal.answers("or none", ""));
  EXPECT_TRUE(terminal.sees("what was published under homeassistant/device/"));
}

TEST(ConfigEdit, KeepsEverythingElse) {
  const std::string text =
      "# one\n[[meter]]\nname = \"a\"\ndevice = \"/a\"\n\n[[meter]]\nname = \"b\"\n"
      "device = \"/b\"\n#[mqtt]\n# words = words\n#url = \"mqtt://x\"\nusername = \"me\"\n[dbus]\n";
  EXPECT_EQ(irmeterctl::with_settings(text,
                                      {{"meter", "device", "/c \"d\""},
                                       {"mqtt", "url", "mqtt://y"},
                                       {"mqtt", "username", std::nullopt},
                                       {"mqtt", "ca_file", "/ca"}},
                                      1),
            "# one\n[[meter]]\nname = \"a\"\ndevice = \"/a\"\n\n[[meter]]\nname = \"b\"\n"
            "device = \"/c \\\"d\\\"\"\n[mqtt]\nca_file = \"/ca\"\n# words = words\n"
            "url = \"mqtt://y\"\n#username = \"me\"\n[dbus]\n");
}

TEST(ConfigEdit, MakesATableAComment) {
  EXPECT_EQ(
      irmeterctl::without_table("[mqtt]\nurl = \"mqtt://x\"\n# words\n\n[dbus]\nbus = 1\n", "mqtt"),
      "#[mqtt]\n#url = \"mqtt://x\"\n# words\n\n[dbus]\nbus = 1\n");
}

TEST(ConfigEdit, MakesATableThatIsNotThere) {
  EXPECT_EQ(irmeterctl::with_settings("a = 1\n", {{"mqtt", "url", "mqtt://y"}}, 0),
            "a = 1\n\n[mqtt]\nurl = \"mqtt://y\"\n");
}

TEST(ShippedConfigOfSetup, IsTheFileItself) {
  std::ifstream file(SHIPPED_CONFIG);
  EXPECT_EQ(irmeterctl::shipped_config(), std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace
}  // namespace irmeterd
