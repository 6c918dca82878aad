// What of the configuration depends on the machine: devices of two names, and files that are open
// to everybody.
#include "common/config/settings.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

using std::filesystem::perms;

class ConfigSettings : public testing::Test {
 protected:
  std::string configure(const std::string& text) { return dir_.write("a.toml", text); }
  static std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> result;
    for (const ConfigProblem& problem : problems) {
      result.push_back(problem.text());
    }
    return result;
  }

  TempDir dir_;
};

using Texts = std::vector<std::string>;

TEST_F(ConfigSettings, OneDeviceByTwoNamesIsWarnedOfWhileItIsThere) {
  const std::string target = dir_.write("ttyUSB0", "");
  const std::string link = dir_.path("ir-probe");
  std::filesystem::create_symlink(target, link);
  const std::string config =
      configure("[[meter]]\nname = \"a\"\ndevice = \"" + link +
                "\"\n[[meter]]\nname = \"b\"\ndevice = \"" + target + "\"\n");
  const Texts expected{config + ":6:10: device: \"" + target + "\" is the same device as \"" +
                       link + "\" in line 3; write another"};
  EXPECT_EQ(texts(load_settings(config, {}).problems), Texts{});
  EXPECT_EQ(texts(load_settings(config, {}).warnings), expected);
  std::filesystem::remove(target);
  EXPECT_EQ(texts(load_settings(config, {}).warnings), Texts{});
}

TEST_F(ConfigSettings, AConfigurationThatEverybodyMayWriteIsWarnedOf) {
  const std::string config = configure("[[meter]]\nname = \"a\"\ndevice = \"/a\"\n");
  std::filesystem::permissions(config, perms(0664));
  EXPECT_EQ(texts(load_settings(config, {}).warnings), Texts{});
  std::filesystem::permissions(config, perms(0666));
  const Settings settings = load_settings(config, {});
  EXPECT_EQ(texts(settings.problems), Texts{});
  EXPECT_EQ(
      texts(settings.warnings),
      Texts{config + ": everybody may write this file; close it with 'chmod o-w " + config + "'"});
}

// Whoever follows the advice must not close a folder or a device of the system.
TEST_F(ConfigSettings, OnlyFilesAreWarnedOf) {
  const std::string config =
      configure("[[meter]]\nname = \"a\"\ndevice = \"/a\"\nkey_file = \"/\"\n");
  std::filesystem::permissions(config, perms(0644));
  EXPECT_EQ(texts(load_settings(config, {}).warnings), Texts{});
  EXPECT_EQ(texts(load_settings("/dev/null", {}).warnings), Texts{});
}

TEST_F(ConfigSettings, ASecretThatEverybodyMayReadOrWriteIsWarnedOf) {
  const std::string key = dir_.write("key", "0123456789ABCDEFghij\n");
  const std::string password = dir_.write("password", "green\n");
  const std::string config = configure(
      "[[meter]]\nname = \"a\"\ndevice = \"/a\"\nkey_file = \"" + key +
      "\"\n[mqtt]\nurl = \"mqtt://b\"\nusername = \"u\"\npassword_file = \"" + password + "\"\n");
  std::filesystem::permissions(config, perms(0644));
  std::filesystem::permissions(key, perms(0640));
  std::filesystem::permissions(password, perms(0600));
  EXPECT_EQ(texts(load_settings(config, {}).warnings), Texts{});
  std::filesystem::permissions(key, perms(0604));
  std::filesystem::permissions(password, perms(0602));
  EXPECT_EQ(texts(load_settings(config, {}).warnings),
            (Texts{key +
                       ": everybody may read the key of meter \"a\"; close the file with 'chown "
                       "ir-meterd " +
                       key + "' and 'chmod 600 " + key + "'",
                   password +
                       ": everybody may write the MQTT password; close the file with 'chown "
                       "ir-meterd " +
                       password + "' and 'chmod 600 " + password + "'"}));
}

}  // namespace
}  // namespace irmeterd
