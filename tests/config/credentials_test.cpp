// Keys and passwords: from credentials or files, checked, and never shown.
#include "common/config/credentials.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

constexpr std::string_view good_key = "0123456789ABCDEFghij";

std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> result;
  for (const ConfigProblem& problem : problems) {
    result.push_back(problem.text());
  }
  return result;
}

using Texts = std::vector<std::string>;

class Credentials : public testing::Test {
 protected:
  Credentials() {
    config_.meters.resize(1);
    config_.meters[0].name = "main";
    config_.meters[0].device = "/dev/ir-probe";
  }

  MqttConfig& mqtt() { return config_.mqtt ? *config_.mqtt : config_.mqtt.emplace(); }
  Secrets load() { return load_secrets(config_, dir_.path()); }

  // What is said of a key file with this content.
  Texts said_of_key(std::string_view content) {
    config_.meters[0].key_file = dir_.write("key", content);
    return texts(load().problems);
  }

  TempDir dir_;
  Config config_;
};

irmeter::Key key_from(std::string_view text) {
  return irmeter::Key::from_text(text).value();
}

TEST_F(Credentials, TheKeyComesFromItsCredential) {
  dir_.write("meter-key", good_key);
  const Secrets secrets = load();
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(secrets.meter_keys.at("main").key, key_from(good_key));
  EXPECT_EQ(secrets.meter_keys.at("main").place, "");
}

TEST_F(Credentials, APlainOneIsTakenWhereThereIsNoEncryptedOne) {
  dir_.write("meter-key.plain", good_key);
  EXPECT_EQ(load().meter_keys.at("main").key, key_from(good_key));
  // What the service is handed in place of one.
  for (const std::string_view nothing : {"", "\n"}) {
    dir_.write("meter-key", nothing);
    const Secrets secrets = load();
    EXPECT_EQ(texts(secrets.problems), Texts{});
    EXPECT_EQ(secrets.meter_keys.at("main").key, key_from(good_key));
  }
  dir_.write("meter-key", "aaaaaaaaaaaaaaaaaaaa");
  EXPECT_EQ(load().meter_keys.at("main").key, key_from("aaaaaaaaaaaaaaaaaaaa"));
}

TEST_F(Credentials, ThePlainOneIsNamedWhereItHoldsNoKey) {
  dir_.write("meter-key.plain", "short");
  EXPECT_EQ(texts(load().problems),
            Texts{dir_.path("meter-key.plain") +
                  ": key of meter \"main\": the key has 5 characters, a meter key has exactly 20"});
}

TEST_F(Credentials, ALoneLineEndIsNoCredential) {
  dir_.write("meter-key", "\n");
  const Secrets secrets = load();
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_FALSE(secrets.meter_keys.at("main").key.has_value());
  EXPECT_NE(secrets.meter_keys.at("main").place, "");
}

TEST_F(Credentials, EveryMeterHasItsOwnKey) {
  config_.meters.push_back(config_.meters[0]);
  config_.meters[1].name = "heat_pump";
  config_.meters[1].key_credential = "heat-key";
  config_.meters.push_back(config_.meters[0]);
  config_.meters[2].name = "solar";
  config_.meters[2].key_file = dir_.write("solar", "cccccccccccccccccccc");
  dir_.write("meter-key", "aaaaaaaaaaaaaaaaaaaa");
  dir_.write("heat-key", "bbbbbbbbbbbbbbbbbbbb");
  const Secrets secrets = load();
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(secrets.meter_keys.at("main").key, key_from("aaaaaaaaaaaaaaaaaaaa"));
  EXPECT_EQ(secrets.meter_keys.at("heat_pump").key, key_from("bbbbbbbbbbbbbbbbbbbb"));
  EXPECT_EQ(secrets.meter_keys.at("solar").key, key_from("cccccccccccccccccccc"));
}

TEST_F(Credentials, OneLineEndBehindAKeyIsNoPartOfIt) {
  for (const std::string_view end : {"", "\n", "\r\n"}) {
    EXPECT_EQ(said_of_key(std::string(good_key) + std::string(end)), Texts{});
    EXPECT_EQ(load().meter_keys.at("main").key, key_from(good_key));
  }
}

TEST_F(Credentials, AKeyThatIsNoneIsReportedWithoutShowingIt) {
  const std::string where = dir_.path("key") + ": key of meter \"main\": ";
  const auto length = [&where](int size, std::string_view why = "") {
    return Texts{where + "the key has " + std::to_string(size) +
                 " characters, a meter key has exactly 20" + std::string(why)};
  };
  EXPECT_EQ(said_of_key(""), length(0));
  EXPECT_EQ(said_of_key("0123456789ABCDEFghi"), length(19));
  EXPECT_EQ(said_of_key("0123456789ABCDEFghijk"), length(21));
  EXPECT_EQ(said_of_key("0123456789ABCDEFghij\n\n"), length(21, "; the last one is a line end"));
  EXPECT_EQ(said_of_key("0123456789ABCDEFghij\r"), length(21, "; the last one is a line end"));
  EXPECT_EQ(said_of_key("0123456789ABCDEFghij \n"), length(21, "; the last one is a space"));
  EXPECT_EQ(said_of_key("\t0123456789ABCDEFghij"), length(21, "; the first one is a tab"));
  EXPECT_EQ(said_of_key("0123 4567 89AB CDEF ghij"),
            length(24, "; write it without the 4 characters between its groups"));
  EXPECT_EQ(said_of_key("0123456789-ABCDEFghij"),
            length(21, "; write it without the character between its groups"));
  EXPECT_EQ(said_of_key("3031323334353637383941424344454630313233"),
            length(40, "; these are hexadecimal, two for each character of it"));
  const std::string pairs = "30:31:32:33:34:35:36:37:38:39:41:42:43:44:45:46:30:31:32:33";
  EXPECT_EQ(said_of_key(pairs),
            length(59, "; these are hexadecimal in groups, two for each character of it"));
  EXPECT_EQ(said_of_key("0x3031323334353637383941424344454630313233"),
            length(42, "; these are hexadecimal behind 0x, two for each character of it"));
  EXPECT_EQ(said_of_key("0x0123456789ABCDEFghij"),
            length(22, "; write it without the 0x in front of it"));
  EXPECT_EQ(said_of_key("\"0123456789ABCDEFghij\""),
            length(22, "; write it without the quotes around it"));
  EXPECT_EQ(said_of_key("0123456789ABCDEFgh\xC3\xB6"),
            Texts{where + "character 19 of the key is not a printable ASCII character"});
  EXPECT_EQ(said_of_key(std::string(4097, 'k')),
            Texts{dir_.path("key") + ": key of meter \"main\" is too large, at most 4096 bytes; it "
                                     "must be a file that ir-meterd may read"});
  EXPECT_FALSE(load().meter_keys.at("main").key.has_value());
  EXPECT_EQ(load().meter_keys.at("main").place, "");
}

TEST_F(Credentials, ASecretThatAnEditorHasChangedIsReported) {
  const std::string marked = "\xEF\xBB\xBF" + std::string(good_key);
  const std::string utf16("\xFF\xFEs\0e\0", 6);
  const std::string cure = "; save it as UTF-8 without a byte order mark";
  const std::string key = dir_.path("key") + ": key of meter \"main\" ";
  EXPECT_EQ(said_of_key(marked),
            Texts{key + "begins with a byte order mark, which nobody sees" + cure});
  EXPECT_EQ(said_of_key(utf16), Texts{key + "is UTF-16 text" + cure});
  config_.meters[0].key_file.clear();
  mqtt().password_file = dir_.write("password", marked);
  const std::string password = dir_.path("password") + ": MQTT password ";
  EXPECT_EQ(texts(load().mqtt_problems),
            Texts{password + "begins with a byte order mark, which nobody sees" + cure});
  dir_.write("password", utf16);
  EXPECT_EQ(texts(load().mqtt_problems), Texts{password + "is UTF-16 text" + cure});
}

TEST_F(Credentials, AKeyCredentialThatIsNotThereIsNoProblem) {
  for (const std::string& directory : {dir_.path(), dir_.path("none"), std::string()}) {
    const Secrets secrets = load_secrets(config_, directory);
    EXPECT_EQ(texts(secrets.problems), Texts{});
    EXPECT_FALSE(secrets.meter_keys.at("main").key.has_value());
    EXPECT_EQ(secrets.meter_keys.at("main").place, "meter-key");
  }
}

TEST_F(Credentials, ANameThatMayBeASecretItselfIsNotShown) {
  config_.meters[0].key_credential = "Zq7XvKw3Yj5Bn1";
  mqtt().username = "reader";
  mqtt().password_credential = "hunter2";
  const Secrets secrets = load();
  EXPECT_EQ(secrets.meter_keys.at("main").place, "NAME");
  EXPECT_EQ(secrets.mqtt_lacks, (MqttFailure{MqttFault::no_secret, "NAME"}));

  config_.meters[0].key_credential = "meter-key-garage";
  EXPECT_EQ(load().meter_keys.at("main").place, "meter-key-garage");
}

TEST_F(Credentials, AKeyCredentialThatCannotBeReadIsReported) {
  std::filesystem::create_directory(dir_.path("meter-key"));
  EXPECT_EQ(texts(load().problems),
            Texts{dir_.path("meter-key") + ": key of meter \"main\" is a directory, not a file; it "
                                           "must be a file that ir-meterd may read"});
}

TEST_F(Credentials, AKeyFileThatIsNotThereIsNoProblemAndNoCredentialStandsInForIt) {
  dir_.write("meter-key", good_key);
  std::filesystem::create_symlink(dir_.path("nowhere"), dir_.path("dangling"));
  for (const std::string_view name : {"none", "dangling"}) {
    config_.meters[0].key_file = dir_.path(name);
    const Secrets secrets = load();
    EXPECT_EQ(texts(secrets.problems), Texts{});
    EXPECT_FALSE(secrets.meter_keys.at("main").key.has_value());
    EXPECT_EQ(secrets.meter_keys.at("main").place, dir_.path(name));
  }
}

TEST_F(Credentials, ThereIsNoPasswordWhereNoneIsConfigured) {
  EXPECT_TRUE(load().mqtt_password.empty());
  mqtt().username = "reader";
  const Secrets secrets = load();
  EXPECT_TRUE(secrets.mqtt_password.empty());
  EXPECT_EQ(texts(secrets.problems), Texts{});
}

TEST_F(Credentials, ThePasswordComesFromItsCredentialOrFile) {
  mqtt().password_credential = "mqtt-password";
  dir_.write("mqtt-password.plain", "green\n");
  EXPECT_EQ(load().mqtt_password.reveal(), "green");
  dir_.write("mqtt-password", "gr\xC3\xBCn und blau\n");
  EXPECT_EQ(load().mqtt_password.reveal(), "gr\xC3\xBCn und blau");
  mqtt().password_credential.clear();
  mqtt().password_file = dir_.write("file", " red \r\n");
  EXPECT_EQ(load().mqtt_password.reveal(), " red ");
  EXPECT_EQ(texts(load().problems), Texts{});
}

TEST_F(Credentials, APasswordThatIsNotThereMayComeLater) {
  mqtt().password_credential = "mqtt-password";
  const Secrets secrets = load();
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(texts(secrets.mqtt_problems), Texts{});
  const MqttFailure lacks{MqttFault::no_secret, "mqtt-password"};
  EXPECT_EQ(secrets.mqtt_lacks, lacks);
  EXPECT_EQ(load_secrets(config_, "").mqtt_lacks, lacks);
  dir_.write("mqtt-password", "green");
  EXPECT_EQ(load().mqtt_lacks, std::nullopt);
}

TEST_F(Credentials, APasswordFileThatIsNotThereIsMissedByMqttAlone) {
  mqtt().password_file = dir_.path("none");
  const std::string text = dir_.path("none") +
                           ": MQTT password cannot be read (No such file or directory); it must "
                           "be a file that ir-meterd may read";
  const Secrets secrets = load();
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(texts(secrets.mqtt_problems), Texts{text});
  EXPECT_EQ(secrets.mqtt_lacks, (MqttFailure{MqttFault::unusable_file, text}));
}

TEST_F(Credentials, APasswordThatIsNoneIsReportedWithoutShowingIt) {
  const auto said_of = [this](std::string_view content) {
    mqtt().password_file = dir_.write("password", content);
    const Secrets secrets = load();
    EXPECT_TRUE(secrets.mqtt_password.empty());
    return texts(secrets.mqtt_problems);
  };
  const std::string where = dir_.path("password") + ": MQTT password is ";
  EXPECT_EQ(said_of(""), Texts{where + "empty; write it alone, on one line"});
  EXPECT_EQ(said_of("\n"), Texts{where + "empty; write it alone, on one line"});
  for (const std::string_view content :
       {std::string_view("hunter2\nhunter3\n"), std::string_view("hunter2\n\n"),
        std::string_view("hunter2\0", 8)}) {
    EXPECT_EQ(said_of(content),
              Texts{where + "more than a line of text; write it alone, on one line"});
  }
}

TEST_F(Credentials, TheClientKeyIsAFileWhereverItComesFrom) {
  mqtt().cert_file = dir_.write("cert", "");
  EXPECT_EQ(load().mqtt_client_key_file, "");
  mqtt().client_key_file = dir_.write("client.key", "key");
  EXPECT_EQ(load().mqtt_client_key_file, dir_.path("client.key"));
  mqtt().client_key_file.clear();
  mqtt().client_key_credential = "mqtt-client-key";
  dir_.write("mqtt-client-key.plain", "key");
  EXPECT_EQ(load().mqtt_client_key_file, dir_.path("mqtt-client-key.plain"));
  dir_.write("mqtt-client-key", "key");
  const Secrets secrets = load();
  EXPECT_EQ(secrets.mqtt_client_key_file, dir_.path("mqtt-client-key"));
  EXPECT_EQ(texts(secrets.problems), Texts{});
}

TEST_F(Credentials, AClientKeyThatIsNotThereMayComeLater) {
  mqtt().cert_file = dir_.write("cert", "");
  mqtt().client_key_credential = "mqtt-client-key";
  const Secrets secrets = load();
  EXPECT_EQ(secrets.mqtt_client_key_file, "");
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(secrets.mqtt_lacks, (MqttFailure{MqttFault::no_secret, "mqtt-client-key"}));
}

TEST_F(Credentials, TlsFilesThatCannotBeReadAreMissedByMqttAlone) {
  mqtt().ca_file = dir_.path("ca");
  mqtt().cert_file = dir_.write("cert", "");
  mqtt().client_key_file = dir_.path();
  const Secrets secrets = load();
  const Texts problems{dir_.path("ca") +
                           ": ca_file cannot be read (No such file or directory); it must be a "
                           "file that ir-meterd may read",
                       dir_.path() +
                           ": client_key_file is a directory, not a file; it must be a file that "
                           "ir-meterd may read"};
  EXPECT_EQ(texts(secrets.problems), Texts{});
  EXPECT_EQ(texts(secrets.mqtt_problems), problems);
  EXPECT_EQ(secrets.mqtt_lacks, (MqttFailure{MqttFault::unusable_file, problems.front()}));
}

}  // namespace
}  // namespace irmeterd
