// What is remembered of keys at meters, and what of it stands on the disk.
#include "common/keys/key_memory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/keys/key_hash.hpp"
#include "tests/daemon/captured_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

namespace fs = std::filesystem;
using irmeter::KeyFact;
using irmeter::KeyTrust;
using Facts = std::vector<KeyFact>;

constexpr std::string_view serial = "0000000012345678";
constexpr std::string_view other_serial = "00000000000000ff";

irmeter::Key key_of(std::string_view text) {
  return irmeter::Key::from_text(text).value();
}

KeyFact fact(std::string_view meter, KeyTrust trust) {
  return {std::string(meter), trust};
}

class KeyMemoryTest : public testing::Test {
 protected:
  [[nodiscard]] std::string content(const std::string& name = "keys") const {
    std::ifstream file(dir_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The lines with a fact in them.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream file(dir_.path("keys"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with('#')) {
        lines.push_back(line);
      }
    }
    return lines;
  }
  // What a start finds.
  [[nodiscard]] Facts remembered(const irmeter::Key& key) const {
    return KeyMemory(dir_.path(), log_).facts_of(key);
  }

  TempDir dir_;
  Log log_;
  const irmeter::Key key_ = key_of("0123456789ABCDEFghij");
  const irmeter::Key other_key_ = key_of("0123456789ABCDEFghiJ");
};

TEST_F(KeyMemoryTest, KnowsNothingAtFirstAndWritesNothing) {
  const CapturedLog log;
  EXPECT_EQ(remembered(key_), Facts{});
  KeyMemory(dir_.path(), log_).remember(key_, fact(serial, KeyTrust::untried));
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  EXPECT_EQ(log.text(), "");
}

TEST_F(KeyMemoryTest, SurvivesARestart) {
  for (const KeyTrust trust : {KeyTrust::unanswered, KeyTrust::proven, KeyTrust::rejected}) {
    KeyMemory memory(dir_.path(), log_);
    memory.remember(key_, fact(serial, trust));
    EXPECT_EQ(memory.facts_of(key_), Facts{fact(serial, trust)});
    EXPECT_EQ(remembered(key_), Facts{fact(serial, trust)});
  }
}

TEST_F(KeyMemoryTest, KnowsWhetherAnotherLivesInTheDirectory) {
  {
    const KeyMemory first(dir_.path(), log_);
    EXPECT_TRUE(first.alone());
    EXPECT_FALSE(KeyMemory(dir_.path(), log_).alone());
  }
  EXPECT_TRUE(KeyMemory(dir_.path(), log_).alone());
  EXPECT_TRUE(KeyMemory("", log_).alone());
  EXPECT_TRUE(KeyMemory(dir_.path("missing"), log_).alone());
}

TEST_F(KeyMemoryTest, TellsKeysAndMetersApart) {
  KeyMemory memory(dir_.path(), log_);
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  memory.remember(other_key_, fact(serial, KeyTrust::proven));
  memory.remember(key_, fact(other_serial, KeyTrust::unanswered));
  const Facts of_key{fact(serial, KeyTrust::rejected), fact(other_serial, KeyTrust::unanswered)};
  EXPECT_EQ(memory.facts_of(key_), of_key);
  EXPECT_EQ(remembered(key_), of_key);
  EXPECT_EQ(remembered(other_key_), Facts{fact(serial, KeyTrust::proven)});
  EXPECT_EQ(remembered(key_of("01234567890123456789")), Facts{});
}

TEST_F(KeyMemoryTest, KeepsOneFactForAKeyAtAMeter) {
  KeyMemory(dir_.path(), log_).remember(key_, fact(serial, KeyTrust::unanswered));
  KeyMemory memory(dir_.path(), log_);  // which has not been asked for the key before
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_EQ(remembered(key_), Facts{fact(serial, KeyTrust::rejected)});
}

TEST_F(KeyMemoryTest, ForgetsAKeyThatIsFreeToBeTriedAgain) {
  KeyMemory memory(dir_.path(), log_);
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  memory.remember(key_, fact(other_serial, KeyTrust::rejected));
  memory.remember(key_, fact(serial, KeyTrust::untried));
  EXPECT_EQ(memory.facts_of(key_), Facts{fact(other_serial, KeyTrust::rejected)});
  EXPECT_EQ(remembered(key_), Facts{fact(other_serial, KeyTrust::rejected)});
}

TEST_F(KeyMemoryTest, WritesOnlyNews) {
  KeyMemory memory(dir_.path(), log_);
  memory.remember(key_, fact(serial, KeyTrust::proven));
  fs::remove(dir_.path("keys"));
  memory.remember(key_, fact(serial, KeyTrust::proven));
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  EXPECT_EQ(lines().size(), 1U);
  KeyMemory after_restart(dir_.path(), log_);
  fs::remove(dir_.path("keys"));
  after_restart.remember(key_, fact(serial, KeyTrust::rejected));
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(KeyMemoryTest, WritesKeysAsSaltedHashesIntoAFileOfItsUserAlone) {
  dir_.write("keys.new", "left by a crash");
  KeyMemory memory(dir_.path(), log_);
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  memory.remember(other_key_, fact(serial, KeyTrust::proven));
  struct stat status {};
  ASSERT_EQ(stat(dir_.path("keys").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(content().find("0123456789ABCDEF"), std::string::npos);
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_TRUE(lines()[0].starts_with(std::string(serial) + " rejected $6$")) << lines()[0];
  EXPECT_TRUE(lines()[1].starts_with(std::string(serial) + " proven $6$")) << lines()[1];
  EXPECT_FALSE(fs::exists(dir_.path("keys.new")));

  const TempDir elsewhere;
  KeyMemory(elsewhere.path(), log_).remember(key_, fact(serial, KeyTrust::rejected));
  std::ifstream file(elsewhere.path("keys"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}).find(lines()[0]),
            std::string::npos);
}

// The hand tool is run by root.
TEST_F(KeyMemoryTest, LeavesTheFileToTheOwnerOfTheDirectory) {
  constexpr uid_t nobody = 65534;
  if (geteuid() == 0) {
    ASSERT_EQ(chown(dir_.path().c_str(), nobody, nobody), 0);
  }
  KeyMemory(dir_.path(), log_).remember(key_, fact(serial, KeyTrust::rejected));
  struct stat directory {};
  struct stat file {};
  ASSERT_EQ(stat(dir_.path().c_str(), &directory), 0);
  ASSERT_EQ(stat(dir_.path("keys").c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, directory.st_uid);
  EXPECT_EQ(file.st_gid, directory.st_gid);
}

TEST_F(KeyMemoryTest, DropsTheFactThatHasNotChangedForLongest) {
  const std::string hash = hash_of(key_, new_salt());
  std::string full;
  for (std::size_t i = 0; i < KeyMemory::max_facts; ++i) {
    full += "meter" + std::to_string(i) + " rejected " + hash + "\n";
  }
  dir_.write("keys", full);
  KeyMemory memory(dir_.path(), log_);
  memory.remember(key_, fact("meter0", KeyTrust::proven));
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  const Facts facts = remembered(key_);
  ASSERT_EQ(facts.size(), KeyMemory::max_facts);
  EXPECT_EQ(facts.front(), fact("meter2", KeyTrust::rejected));
  EXPECT_EQ(facts[facts.size() - 2], fact("meter0", KeyTrust::proven));
  EXPECT_EQ(facts.back(), fact(serial, KeyTrust::rejected));
}

TEST_F(KeyMemoryTest, KeepsADamagedFileAndGoesOnWithItsGoodLines) {
  const std::string hash = hash_of(key_, new_salt());
  const std::string good = std::string(serial) + " rejected " + hash + "\n";
  const std::string other_good = std::string(other_serial) + " proven " + hash;
  const std::string bad[] = {
      "",
      " ",
      std::string(100, '\0'),
      std::string(serial),
      std::string(serial) + " rejected",
      std::string(serial) + " untried " + hash,
      std::string(serial) + " rejected  " + hash,
      " rejected " + hash,
      std::string(serial) + " rejected " + hash.substr(0, hash.size() - 1),
      std::string(serial) + " rejected $6$" + hash.substr(hash.rfind('$')),
      std::string(serial) + " rejected $6$rounds=999999999" + hash.substr(2),
      std::string(serial) + " rejected $5$" + hash.substr(3),
      std::string(serial) + " rejected " + hash + " more",
  };
  for (const std::string& line : bad) {
    const std::string damaged = "# Comment\n" + good + line + "\n" + other_good;
    dir_.write("keys", damaged);
    const Facts facts{fact(serial, KeyTrust::rejected), fact(other_serial, KeyTrust::proven)};
    {
      const CapturedLog log;
      EXPECT_EQ(remembered(key_), facts) << line;
      EXPECT_EQ(log.text(), "warning: " + dir_.path("keys") +
                                ":3: this line of the file cannot be understood. What it says of "
                                "keys that were shown to meters is lost; the file as it was is "
                                "now " +
                                dir_.path("keys.damaged") + ".\n");
    }
    EXPECT_EQ(content("keys.damaged"), damaged);
    const CapturedLog log;
    EXPECT_EQ(remembered(key_), facts) << line;
    EXPECT_EQ(log.text(), "") << "said again";
  }
}

TEST_F(KeyMemoryTest, SaysInOneLineThatMuchIsDamaged) {
  dir_.write("keys", "\n\n\n");
  const CapturedLog log;
  EXPECT_EQ(remembered(key_), Facts{});
  EXPECT_EQ(log.count("warning"), 1U);
  EXPECT_EQ(log.count(dir_.path("keys") + ":1: this line and 2 more of the file"), 1U)
      << log.text();
}

TEST_F(KeyMemoryTest, SetsAFileAsideThatCannotBeRead) {
  fs::create_directory(dir_.path("keys"));
  const CapturedLog log;
  KeyMemory memory(dir_.path(), log_);
  EXPECT_EQ(log.count("warning"), 1U);
  EXPECT_EQ(log.count(dir_.path("keys") + ": is a directory, not a file. What it says"), 1U)
      << log.text();
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  EXPECT_TRUE(fs::is_directory(dir_.path("keys.damaged")));
  EXPECT_EQ(remembered(key_), Facts{fact(serial, KeyTrust::rejected)});
  EXPECT_EQ(log.count("warning"), 1U);
}

TEST_F(KeyMemoryTest, LeavesADamagedFileWhereItIsUntilAnotherCanBeWritten) {
  dir_.write("keys", "nonsense\n");
  fs::create_directories(dir_.path("keys.new/in the way"));
  const CapturedLog log;
  KeyMemory memory(dir_.path(), log_);
  EXPECT_EQ(content(), "nonsense\n");
  EXPECT_EQ(log.count("the file stays as it is until another can be written."), 1U) << log.text();
  fs::remove_all(dir_.path("keys.new"));
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  EXPECT_EQ(content("keys.damaged"), "nonsense\n");
  EXPECT_EQ(remembered(key_), Facts{fact(serial, KeyTrust::rejected)});
}

TEST_F(KeyMemoryTest, GoesOnInMemoryWhereItCannotWriteAndSaysSoOnce) {
  const std::string places[] = {dir_.path("missing"), dir_.write("file", "")};
  for (const std::string& place : places) {
    const CapturedLog log;
    KeyMemory memory(place, log_);
    EXPECT_EQ(log.text(), "");
    EXPECT_FALSE(memory.remember(key_, fact(serial, KeyTrust::rejected)));
    EXPECT_FALSE(memory.remember(key_, fact(serial, KeyTrust::rejected)));
    EXPECT_FALSE(memory.remember(key_, fact(other_serial, KeyTrust::proven)));
    const Facts facts{fact(serial, KeyTrust::rejected), fact(other_serial, KeyTrust::proven)};
    EXPECT_EQ(memory.facts_of(key_), facts);
    EXPECT_EQ(log.count("warning: Cannot write down what meters make of their keys: " + place +
                        "/keys.new: "),
              1U);
    EXPECT_EQ(log.count("\n"), 1U) << log.text();
    // No news, but something that is not on the disk yet.
    fs::remove(place);
    fs::create_directory(place);
    EXPECT_TRUE(memory.remember(key_, fact(serial, KeyTrust::rejected)));
    EXPECT_EQ(log.count("info: " + place + "/keys is written again."), 1U) << log.text();
    EXPECT_EQ(KeyMemory(place, log_).facts_of(key_), facts);
    fs::remove_all(place);
  }
}

TEST_F(KeyMemoryTest, IsInMemoryAloneWithoutAStateDirectory) {
  const CapturedLog log;
  KeyMemory memory("", log_);
  EXPECT_TRUE(memory.remember(key_, fact(serial, KeyTrust::rejected)));
  EXPECT_EQ(memory.facts_of(key_), Facts{fact(serial, KeyTrust::rejected)});
  EXPECT_EQ(log.text(), "");
}

TEST_F(KeyMemoryTest, NeverLogsAKeyOrItsHash) {
  const CapturedLog log;
  const Log everything(LogLevel::trace);
  KeyMemory memory(dir_.path("missing"), everything);
  memory.remember(key_, fact(serial, KeyTrust::rejected));
  dir_.write("keys", "0123456789ABCDEFghij " + hash_of(key_, new_salt()) + "\n");
  EXPECT_EQ(KeyMemory(dir_.path(), everything).facts_of(key_), Facts{});
  EXPECT_EQ(log.count("warning"), 2U);
  EXPECT_EQ(log.count("0123456789ABCDEF"), 0U);
  EXPECT_EQ(log.count("$6$"), 0U);
}

}  // namespace
}  // namespace irmeterd
