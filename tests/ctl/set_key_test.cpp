// What set-key stores, and what it refuses to.
#include "tests/ctl/set_key_fixture.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;
using Files = std::vector<std::string>;

class SetKey : public SetKeyTest {};

TEST_F(SetKey, StoresTheKeyEncrypted) {
  EXPECT_EQ(set_key(key + "\n"), 0);
  EXPECT_EQ(stored(), Files{encrypted});
  EXPECT_EQ(content("root/etc/credstore.encrypted/meter-key"), sealed);
  EXPECT_EQ(ctl_->output(), "Stored: " + path("root/") + encrypted +
                                "\nEncrypted: yes\nService: not touched, it is stored below " +
                                path("root") + "\n");
  EXPECT_EQ(ctl_->errors(), "");
}

TEST_F(SetKey, GivesTheKeyToNobodyButTheStandardInputOfSystemdCreds) {
  EXPECT_EQ(set_key(key + "\n"), 0);
  EXPECT_EQ(content("arguments"), "encrypt\n--name=meter-key\n-\n-\n");
  expect_hidden(key, content("environment").value());
}

TEST_F(SetKey, IsForTheOwnerAlone) {
  for (const std::string store : {"root/etc/credstore.encrypted", "root/etc/credstore"}) {
    EXPECT_EQ(set_key(key), 0);
    EXPECT_EQ(status_of(store).st_mode, S_IFDIR | 0700U);
    EXPECT_EQ(status_of(store + "/meter-key").st_mode, S_IFREG | 0600U);
    creds("exit 1");
  }
}

TEST_F(SetKey, StoresThePlainKeyWhereItCannotBeEncrypted) {
  for (const auto& [script, why] :
       {std::pair("echo half a file; echo Attention. >&2; echo No TPM. >&2; exit 3",
                  "systemd-creds has failed with status 3: No TPM."),
        std::pair("cat >/dev/null", "systemd-creds has encrypted it to nothing")}) {
    creds(script);
    EXPECT_EQ(set_key(key + "\n"), 0);
    EXPECT_EQ(stored(), Files{plain});
    EXPECT_EQ(content("root/etc/credstore/meter-key"), key);
    EXPECT_TRUE(says("\nEncrypted: no\nWhy not: " + std::string(why) + "\n")) << ctl_->output();
  }
}

TEST_F(SetKey, StoresThePlainKeyWhereThereIsNoSystemdCreds) {
  EXPECT_EQ(
      ctl({"set-key", "--root", path("root")}, {"PATH=" + path("root")}, dir_.write("input", key)),
      0);
  EXPECT_EQ(stored(), Files{plain});
  EXPECT_TRUE(says("\nWhy not: there is no systemd-creds here that could encrypt it\n"));
}

TEST_F(SetKey, RunsNoProgramThatThePathHasInPlaceOfTheInstalledOne) {
  creds("touch " + path("run-by-path"));
  Process program(
      {"sh", "-c", "exec \"$@\" <" + dir_.write("input", key), "sh", INSTALLED_IR_METERCTL,
       "--config", path("ir-meterd.toml"), "set-key", "--root", path("root"), "--no-restart"},
      variables());
  ASSERT_TRUE(wait_until(loop_, [&] { return !program.running(); }));
  EXPECT_EQ(program.exit_status(), 0) << program.errors();
  EXPECT_FALSE(stored().empty());
  EXPECT_FALSE(std::filesystem::exists(path("run-by-path")));
}

TEST_F(SetKey, LeavesOneTruth) {
  EXPECT_EQ(set_key(key), 0);
  creds("exit 1");
  EXPECT_EQ(set_key("abcdefghijklmnopqrst"), 0);
  EXPECT_EQ(stored(), Files{plain});
  EXPECT_EQ(content("root/etc/credstore/meter-key"), "abcdefghijklmnopqrst");
  EXPECT_TRUE(says("\nRemoved: " + path("root/") + encrypted + "\n")) << ctl_->output();
  creds("cat");
  EXPECT_EQ(set_key(key), 0);
  EXPECT_EQ(stored(), Files{encrypted});
  EXPECT_TRUE(says("\nRemoved: " + path("root/") + plain + "\n")) << ctl_->output();
}

TEST_F(SetKey, SaysTheSameInJson) {
  creds("exit 1");
  EXPECT_EQ(set_key(key, {"--json"}), 0);
  const json document = json::parse(ctl_->output());
  EXPECT_EQ(document.at("file"), path("root/") + plain);
  EXPECT_EQ(document.at("encrypted"), false);
  EXPECT_EQ(document.at("why_plain"), "systemd-creds has failed with status 1");
  EXPECT_TRUE(document.contains("service"));
}

TEST_F(SetKey, RefusesWhatIsNoKeyAndSaysWhichOneItTakes) {
  std::filesystem::create_directory(path("root"));
  struct Mistake {
    std::string input;
    std::string said;
  };
  const std::vector<Mistake> mistakes{
      {"", "the key has 0 characters, a meter key has exactly 20"},
      {"\n", "the key has 0 characters"},
      {"ABCDEFGHIJKLMNOPQRS\n", "the key has 19 characters"},
      {"ABCDEFGHIJKLMNOPQRSTU\n", "the key has 21 characters"},
      {"ABCDEFGHIJKLMNOPQRST\n\n", "the key has 21 characters"},
      {"ABCDEFGHIJKLMNOPQRST\nABCDEFGHIJKLMNOPQRST\n", "the key has 41 characters"},
      {"ABCDEFGHI\tKLMNOPQRST\n", "character 10 of the key is not a printable ASCII character"},
      {std::string(100'000, 'A'), "the key has 4096 characters"}};
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(set_key(mistake.input), 65) << mistake.said;
    EXPECT_TRUE(complains(mistake.said)) << ctl_->errors();
    EXPECT_TRUE(
        complains("it takes the read-only key (RK) of the optical port, which the grid "
                  "company gives out, not the MEP key (MBK)"));
    EXPECT_EQ(ctl_->output(), "");
  }
  EXPECT_EQ(stored(), Files{});
}

TEST_F(SetKey, SaysWhatMayBeAMistakeInAKeyThatItTakes) {
  for (const auto& [odd, said] :
       {std::pair(" BCDEFGHIJKLMNOPQRST", "the key begins with a space, which is a part of it"),
        std::pair("ABCDEFGHIJKLMNOPQRS ", "the key ends with a space, which is a part of it"),
        std::pair("'BCDEFGHIJKLMNOPQRS'",
                  "the key has quotes around it, which are a part of it")}) {
    EXPECT_EQ(set_key(odd + std::string("\n")), 0);
    EXPECT_TRUE(complains(said)) << ctl_->errors();
    expect_hidden(odd, ctl_->errors());
  }
}

TEST_F(SetKey, TakesAKeyWithTheLineEndOfAnotherSystem) {
  EXPECT_EQ(set_key(key + "\r\n"), 0);
  EXPECT_EQ(content("root/etc/credstore.encrypted/meter-key"), sealed);
}

TEST_F(SetKey, KeepsWhatIsThereWhenTheNewOneCannotBeWritten) {
  EXPECT_EQ(set_key(key), 0);
  creds("exit 1");
  dir_.write("root/etc/credstore", "in the way");
  EXPECT_EQ(set_key(key), 73);
  EXPECT_TRUE(complains(path("root/etc/credstore/meter-key") + " cannot be written: "))
      << ctl_->errors();
  EXPECT_EQ(content("root/etc/credstore.encrypted/meter-key"), sealed);
}

TEST_F(SetKey, LeavesNothingBehindWhenItFails) {
  std::filesystem::create_directories(path(std::string("root/") + encrypted + "/in-the-way"));
  EXPECT_EQ(set_key(key), 73);
  EXPECT_EQ(stored(), Files{});
}

TEST_F(SetKey, StoresTheCredentialThatTheMeterHas) {
  configure(
      "[[meter]]\nname = \"main\"\ndevice = \"/dev/a\"\nkey_credential = \"main-key\"\n"
      "[[meter]]\nname = \"barn\"\ndevice = \"/dev/b\"\nkey_credential = \"barn-key\"\n");
  EXPECT_EQ(set_key(key), 64);
  EXPECT_TRUE(
      complains("the meters have a key each: say whose it is with --meter, one of main, "
                "barn\n"))
      << ctl_->errors();
  EXPECT_EQ(set_key(key, {"--meter", "cellar"}), 64);
  EXPECT_TRUE(complains("the configuration has no meter \"cellar\": write one of main, barn\n"));

  EXPECT_EQ(set_key(key, {"--meter", "barn"}), 0);
  EXPECT_EQ(stored(), Files{"etc/credstore.encrypted/barn-key"});
  EXPECT_EQ(content("arguments"), "encrypt\n--name=barn-key\n-\n-\n");
  EXPECT_TRUE(
      says("\nUnit needs: LoadCredentialEncrypted=barn-key:/etc/credstore.encrypted/barn-key\n"
           "Unit needs: SetCredential=barn-key:\\n\n"
           "Unit needs: LoadCredential=barn-key.plain:barn-key\n"
           "How: write them under [Service] in 'systemctl edit ir-meterd', once\n"))
      << ctl_->output();
}

TEST_F(SetKey, NeedsNoNameWhereMetersShareAKey) {
  configure(meter_table("/dev/a", "main") + meter_table("/dev/b", "barn"));
  EXPECT_EQ(set_key(key), 0);
  EXPECT_EQ(stored(), Files{encrypted});
}

TEST_F(SetKey, DoesNotStoreWhatAMeterWithAKeyFileWouldNotRead) {
  configure("[[meter]]\nname = \"main\"\ndevice = \"/dev/a\"\nkey_file = \"/etc/k\"\n");
  EXPECT_EQ(set_key(key), 64);
  EXPECT_TRUE(
      complains("meter \"main\" has its key in /etc/k (key_file): write it there, or take "
                "key_file out of the configuration\n"))
      << ctl_->errors();
}

TEST_F(SetKey, WantsAGoodConfiguration) {
  configure("[[meter]]\nname = \"main\"\n");
  EXPECT_EQ(set_key(key), 78);
  EXPECT_TRUE(complains("ir-meterd.toml:1:1: device: is missing in this table")) << ctl_->errors();
}

class SetPassword : public SetKeyTest {
 protected:
  void configure_mqtt(const std::string& more) {
    configure(meter_table("/dev/no-such-probe") + mqtt_table("mqtt://localhost", more));
  }
  int set_password(const std::string& input) {
    return ctl({"set-password", "--root", path("root")}, variables(), dir_.write("input", input));
  }
};

TEST_F(SetPassword, StoresTheCredentialOfTheBroker) {
  configure_mqtt("username = \"meter\"\npassword_credential = \"mqtt-password\"\n");
  EXPECT_EQ(set_password("f\xC3\xBCr den Broker\n"), 0);
  EXPECT_EQ(stored(), Files{"etc/credstore.encrypted/mqtt-password"});
  EXPECT_EQ(content("arguments"), "encrypt\n--name=mqtt-password\n-\n-\n");
  EXPECT_EQ((ctl_->output() + ctl_->errors()).find("Broker"), std::string::npos);
}

TEST_F(SetPassword, WantsAPlaceForItInTheConfiguration) {
  configure(meter_table("/dev/no-such-probe"));
  EXPECT_EQ(set_password("secret"), 64);
  EXPECT_TRUE(complains("no username for a broker is configured: write url, username and "))
      << ctl_->errors();
  configure_mqtt("username = \"meter\"\n");
  EXPECT_EQ(set_password("secret"), 64);
  EXPECT_TRUE(complains("write password_credential = \"mqtt-password\" under [mqtt] first"));
  configure_mqtt("username = \"meter\"\npassword_file = \"/etc/p\"\n");
  EXPECT_EQ(set_password("secret"), 64);
  EXPECT_TRUE(complains("the password is in /etc/p (password_file): write it there"));
}

TEST_F(SetPassword, RefusesWhatIsNone) {
  configure_mqtt("username = \"meter\"\npassword_credential = \"mqtt-password\"\n");
  EXPECT_EQ(set_password("\n"), 65);
  EXPECT_TRUE(complains("the password is empty\n")) << ctl_->errors();
  EXPECT_EQ(set_password("two\nlines\n"), 65);
  EXPECT_TRUE(complains("the password is more than a line of text\n")) << ctl_->errors();
  EXPECT_FALSE(std::filesystem::exists(path("root")));
}

}  // namespace
}  // namespace irmeterd
