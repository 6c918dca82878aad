// Configurations the daemon does not start with: exit status 78, and what to do about it.
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class Refusal : public Installation {
 protected:
  // Starts, and expects it to end with 78 and exactly this on standard error.
  void expect(const std::vector<std::string>& problems) {
    start();
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
    EXPECT_EQ(daemon_->exit_status(), 78);
    std::string text;
    for (const std::string& problem : problems) {
      text += "error: " + problem + "\n";
    }
    EXPECT_EQ(daemon_->errors(), text);
    EXPECT_EQ(daemon_->output(), "");
    EXPECT_EQ(notify_.count("READY=1"), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(path("run")));
  }
  [[nodiscard]] std::string file() const { return path("ir-meterd.toml"); }
};

TEST_F(Refusal, OfAnUnknownKey) {
  configure("[[meter]]\nname = \"main\"\ndevice = \"/a\"\nbaud = 9600\n");
  expect(
      {file() +
       ":4:1: \"baud\" is unknown here; remove it, or write one of name, device, "
       "key_credential, key_file, interval, slow_interval, fast, session, quiet_hours, main_fuse, "
       "jump_after, rts, dtr"});
}

TEST_F(Refusal, OfAWrongType) {
  configure("[[meter]]\nname = \"main\"\ndevice = \"/a\"\ninterval = 10\n");
  expect({file() +
          ":4:12: interval: is an integer; write text in quotes with a unit, such as \"10s\""});
}

TEST_F(Refusal, OfTwoMetersWithOneName) {
  configure(meter_table("/a") + meter_table("/b"));
  expect({file() + ":6:8: name: \"main\" is the meter's in line 2 already; write another"});
}

TEST_F(Refusal, OfAKeyWithNineteenCharacters) {
  write_key("0123456789ABCDEF012");
  configure(meter_table("/a"));
  start();
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 78);
  const std::string said = daemon_->errors();
  EXPECT_TRUE(said.starts_with("error: " + path("credentials/meter-key") + ": key of meter "))
      << said;
  EXPECT_NE(said.find("19"), std::string::npos) << said;
  EXPECT_EQ(said.find("0123456789"), std::string::npos) << said;
}

TEST_F(Refusal, OfAKeyFileThatCannotBeRead) {
  std::filesystem::create_directory(path("folder"));
  std::filesystem::permissions(path("folder"), std::filesystem::perms::owner_all);
  configure(meter_table("/a") + "key_file = \"" + path("folder") + "\"\n");
  start();
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 78);
  EXPECT_TRUE(
      daemon_->errors().starts_with("error: " + path("folder") + ": key of meter \"main\" "))
      << daemon_->errors();
}

TEST_F(Refusal, OfAMissingFile) {
  start();
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 78);
  EXPECT_TRUE(daemon_->errors().starts_with("error: " + file() + ": ")) << daemon_->errors();
  EXPECT_NE(daemon_->errors().find("No such file"), std::string::npos) << daemon_->errors();
}

TEST_F(Refusal, OfAFileThatIsNotToml) {
  configure("[[meter]\n");
  start();
  ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 78);
  EXPECT_TRUE(daemon_->errors().starts_with("error: " + file() + ":1:")) << daemon_->errors();
}

}  // namespace
}  // namespace irmeterd
