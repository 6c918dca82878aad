#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "common/mqtt/topics.hpp"
#include "lib/meter/reading.hpp"

namespace irmeterd {
namespace {

const MqttTopics topics{"ir-meterd", "homeassistant", "attic-pi", "homeassistant/status"};

TEST(Topics, AreThoseOfTheManual) {
  EXPECT_EQ(topics.daemon_availability(), "ir-meterd/daemon/attic-pi/availability");
  EXPECT_EQ(topics.online_meters(), "ir-meterd/daemon/attic-pi/meters");
  EXPECT_EQ(topics.availability("nes_1"), "ir-meterd/meter/nes_1/availability");
  EXPECT_EQ(topics.registers("nes_1"), "ir-meterd/meter/nes_1/registers");
  EXPECT_EQ(topics.live("nes_1"), "ir-meterd/meter/nes_1/live");
  EXPECT_EQ(topics.value("nes_1", "power"), "ir-meterd/meter/nes_1/value/power");
  EXPECT_EQ(topics.diagnostics("nes_1"), "ir-meterd/meter/nes_1/diagnostics");
  EXPECT_EQ(topics.command("nes_1"), "ir-meterd/meter/nes_1/command");
  EXPECT_EQ(topics.discovery("nes_1"), "homeassistant/device/nes_1/config");
}

TEST(Topics, HostNamesBecomeOneTopicLevel) {
  EXPECT_EQ(host_topic_name("attic-pi_2"), "attic-pi_2");
  EXPECT_EQ(host_topic_name("pi.example.org"), "pi_example_org");
  EXPECT_EQ(host_topic_name("a/+#b"), "a___b");
  EXPECT_EQ(host_topic_name(""), "localhost");
}

TEST(Topics, NameOfTheMachineIsStableAndEndsInItsDigits) {
  const std::string name = machine_name();
  EXPECT_EQ(name, machine_name());
  EXPECT_TRUE(name.starts_with(host_topic_name(host_name()) + "-")) << name;
  EXPECT_TRUE(std::regex_search(name, std::regex("-[0-9a-f]{6}$"))) << name;
}

TEST(Topics, OddSerialNumbersGiveDistinctIdsOfTheAlphabet) {
  const std::regex alphabet("[a-z0-9_]+");
  std::set<std::string> ids;
  const std::set<std::string> serials{"12 34",
                                      "12.34",
                                      "12/34",
                                      "12+34",
                                      "12#34",
                                      "12_34",
                                      "12\xC3\xA6"
                                      "34",
                                      "12\x01"
                                      "34",
                                      "1234",
                                      "12-34"};
  for (const std::string& serial : serials) {
    irmeter::Identity identity;
    identity.manufacturer = "NES";
    identity.serial_number = serial;
    const std::string id = irmeter::meter_id(identity);
    EXPECT_TRUE(std::regex_match(id, alphabet)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), serials.size());
}

}  // namespace
}  // namespace irmeterd
