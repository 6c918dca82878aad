// Configurations without mistakes: what they become.
#include "common/config/config.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

Config parse_good(std::string_view text) {
  const LoadedConfig loaded = parse_config(text, "good.toml");
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.text();
  }
  return loaded.config;
}

TEST(Config, OneMeterWithNameAndDeviceIsEnoughAndTheRestIsDefault) {
  MeterConfig meter;
  meter.name = "main";
  meter.device = "/dev/ir-probe";
  Config expected;
  expected.meters = {meter};
  EXPECT_EQ(parse_good("[[meter]]\nname = \"main\"\ndevice = \"/dev/ir-probe\"\n"), expected);
}

TEST(Config, DefaultsAreThoseOfTheManual) {
  const MeterConfig meter;
  EXPECT_EQ(meter.key_credential, "meter-key");
  EXPECT_EQ(meter.interval, milliseconds(10'000));
  EXPECT_EQ(meter.session, SessionMode::automatic);
  EXPECT_TRUE(meter.quiet_hours.empty());
  EXPECT_EQ(meter.main_fuse, (irmeter::MainFuse{3, 63}));
  EXPECT_EQ(meter.jump_after, std::chrono::minutes(10));
  EXPECT_TRUE(meter.rts);
  EXPECT_FALSE(meter.dtr);
  const MqttConfig mqtt;
  EXPECT_EQ(mqtt.topic_prefix, "ir-meterd");
  EXPECT_EQ(mqtt.discovery, Discovery::device);
  EXPECT_EQ(mqtt.discovery_prefix, "homeassistant");
  EXPECT_FALSE(mqtt.plain_topics);
  EXPECT_EQ(Config().bus, Bus::system);
}

TEST(Config, DiscoveryHasTwoForms) {
  const auto discovery = [](const std::string& value) {
    return parse_good(
               "[[meter]]\nname = \"a\"\ndevice = \"/dev/a\"\n[mqtt]\nurl = \"mqtt://b\"\n"
               "discovery = " +
               value + "\n")
        .mqtt->discovery;
  };
  EXPECT_EQ(discovery("true"), Discovery::device);
  EXPECT_EQ(discovery("\"components\""), Discovery::components);
}

TEST(Config, EveryKeyIsTakenOver) {
  const Config config = parse_good(R"(
    [[meter]]
    name = "heat_pump2"
    device = "tcp://[fe80::1%eth0]:4001"
    key_file = "/etc/ir-meterd/key"
    interval = "500ms"
    slow_interval = "5m"
    fast = ["power_l1"]
    session = "each"
    quiet_hours = ["02:10-02:18", "23:50-00:10"]
    main_fuse = "1x35A"
    jump_after = "24h"
    rts = false
    dtr = true
    [[meter]]
    name = "main"
    device = "/dev/ttyUSB0"
    key_credential = "main-key"
    interval = "1h"
    session = "keep"
    [mqtt]
    url = "mqtts://broker.example"
    username = "reader"
    password_file = "/etc/ir-meterd/password"
    ca_file = "/ca"
    cert_file = "/cert"
    client_key_file = "/key"
    client_id = "cellar"
    topic_prefix = "home/power"
    discovery = false
    discovery_prefix = "ha"
    discovery_birth_topic = "ha/birth"
    plain_topics = true
    [dbus]
    bus = "none"
    [cache]
    directory = "/tmp/cache"
  )");
  ASSERT_EQ(config.meters.size(), 2U);
  irmeter::QuantitySet power_l1;
  power_l1.set(static_cast<std::size_t>(irmeter::Quantity::power_l1));
  const MeterConfig first{"heat_pump2",
                          "tcp://[fe80::1%eth0]:4001",
                          "meter-key",
                          "/etc/ir-meterd/key",
                          milliseconds(500),
                          minutes(5),
                          power_l1,
                          SessionMode::each,
                          {{minutes(130), minutes(138)}, {minutes(1430), minutes(10)}},
                          {1, 35},
                          std::chrono::hours(24),
                          false,
                          true};
  const MeterConfig second{
      "main", "/dev/ttyUSB0",    "main-key", "",      milliseconds(3'600'000),  minutes(1),
      {},     SessionMode::keep, {},         {3, 63}, std::chrono::minutes(10), true,
      false};
  const MqttConfig mqtt{"mqtts://broker.example",
                        "reader",
                        "",
                        "/etc/ir-meterd/password",
                        "/ca",
                        "/cert",
                        "",
                        "/key",
                        "cellar",
                        "home/power",
                        Discovery::off,
                        "ha",
                        "ha/birth",
                        true};
  EXPECT_EQ(config.meters[0], first);
  EXPECT_EQ(config.meters[1], second);
  EXPECT_EQ(config.mqtt, mqtt);
  EXPECT_EQ(config.bus, Bus::none);
  EXPECT_EQ(config.cache_directory, "/tmp/cache");
}

TEST(Config, TheOtherBusIsTheSessions) {
  EXPECT_EQ(parse_good("dbus.bus = \"session\"\n[[meter]]\nname = \"a\"\ndevice = \"/a\"").bus,
            Bus::session);
}

TEST(Config, WithoutAnMqttTableNothingIsSent) {
  EXPECT_FALSE(parse_good("[[meter]]\nname = \"a\"\ndevice = \"/a\"").mqtt.has_value());
}

TEST(Config, AnEmptyArrayOfQuietHoursIsNone) {
  const Config config = parse_good("[[meter]]\nname = \"a\"\ndevice = \"/a\"\nquiet_hours = []\n");
  EXPECT_TRUE(config.meters.at(0).quiet_hours.empty());
}

TEST(Config, AByteOrderMarkAndLineEndsOfWindowsAreNoMistakes) {
  const Config config = parse_good("\xEF\xBB\xBF[[meter]]\r\nname = \"a\"\r\ndevice = \"/a\"\r\n");
  EXPECT_EQ(config.meters.at(0).device, "/a");
}

TEST(Config, TextsOfPeopleMayHaveCharactersOfTheirOwn) {
  const Config config = parse_good(
      "[[meter]]\nname = \"a\"\ndevice = \"/a\"\nkey_file = "
      "\"/Z\xC3\xA4hler/Schl\xC3\xBCssel\"\n[mqtt]\n"
      "url = \"mqtt://b\"\nusername = \"O\xE2\x80\x99"
      "Brien\"\ntopic_prefix = \"Z\xC3\xA4hler\"\n");
  EXPECT_EQ(config.mqtt->username,
            "O\xE2\x80\x99"
            "Brien");
}

TEST(Config, IsReadFromAFile) {
  const TempDir dir;
  const std::string path = dir.write("a.toml", "[[meter]]\nname = \"a\"\ndevice = \"/a\"\n");
  const LoadedConfig loaded = load_config(path);
  EXPECT_TRUE(loaded.problems.empty());
  ASSERT_EQ(loaded.config.meters.size(), 1U);
  EXPECT_EQ(loaded.config.meters[0].name, "a");
}

TEST(Config, AFileThatCannotBeReadIsNamed) {
  const TempDir dir;
  const auto message = [](const std::string& path) {
    const LoadedConfig loaded = load_config(path);
    return loaded.problems.size() == 1 ? loaded.problems[0].text() : "";
  };
  EXPECT_EQ(message(dir.path("none")),
            dir.path("none") + ": cannot be read (No such file or directory)");
  EXPECT_EQ(message(dir.path()), dir.path() + ": is a directory, not a file");
  EXPECT_EQ(message(dir.write("large", std::string(300'000, '#'))),
            dir.path("large") + ": is too large, at most 262144 bytes");
}

TEST(Config, AMistakeInAFileIsNamedWithItsPath) {
  const TempDir dir;
  const std::string path = dir.write("a.toml", "[[meter]]\nname = \"a\"\ndevice = 1\n");
  const LoadedConfig loaded = load_config(path);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].text(), path + ":3:10: device: is an integer; write text in quotes");
}

}  // namespace
}  // namespace irmeterd
