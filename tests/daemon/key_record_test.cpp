// Which keys may be shown to which meters, and what of that stands on the disk.
#include "common/keys/key_record.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/keys/key_hash.hpp"
#include "tests/daemon/captured_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

namespace fs = std::filesystem;
using irmeter::KeyPermission;
using irmeter::KeyTrust;
using Lines = std::vector<std::string>;

const std::string serial = "0000000012345678";
const std::string other_serial = "00000000000000ff";

irmeter::Key key_of(std::string_view text) {
  return irmeter::Key::from_text(text).value();
}

// How tests print what was answered.
std::string word(KeyPermission permission) {
  switch (permission) {
    case KeyPermission::proven:
      return "proven";
    case KeyPermission::granted:
      return "granted";
    case KeyPermission::rejected:
      return "rejected";
    case KeyPermission::unanswered:
      return "unanswered";
    case KeyPermission::unrecorded:
      return "unrecorded";
  }
  return "?";
}

class KeyRecordTest : public testing::Test {
 protected:
  [[nodiscard]] std::string content(const std::string& name = "keys") const {
    std::ifstream file(dir_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The lines with a fact in them, whole.
  static Lines lines_of(const std::string& path) {
    std::ifstream file(path);
    Lines lines;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with('#')) {
        lines.push_back(line);
      }
    }
    return lines;
  }
  // The same without the hash: "0000000012345678 proven".
  [[nodiscard]] Lines facts() const {
    Lines lines = lines_of(dir_.path("keys"));
    for (std::string& line : lines) {
      line.resize(std::min(line.rfind(' '), line.size()));
    }
    return lines;
  }

  std::string ask(const std::string& meter = serial, bool retry = false) {
    return ask(key_, meter, retry);
  }
  std::string ask(const irmeter::Key& key, const std::string& meter, bool retry = false) {
    return word(record().ask(key, {meter, retry}));
  }
  void learn(KeyTrust trust, const std::string& meter = serial) {
    record().learn(key_, {meter, trust});
  }
  void restart() { record_.reset(); }
  KeyRecord& record() {
    if (!record_) {
      record_ = std::make_unique<KeyRecord>(dir_.path(), log_);
    }
    return *record_;
  }

  TempDir dir_;
  Log log_;
  const irmeter::Key key_ = key_of("0123456789ABCDEFghij");
  const irmeter::Key other_key_ = key_of("0123456789ABCDEFghiJ");
  std::unique_ptr<KeyRecord> record_;
};

TEST_F(KeyRecordTest, WritesAnAttemptDownBeforeItIsMade) {
  const CapturedLog log;
  record();
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  EXPECT_EQ(ask(), "granted");
  EXPECT_EQ(facts(), Lines{serial + " unanswered"});
  EXPECT_EQ(ask(), "unanswered") << "shown already";
  restart();
  EXPECT_EQ(ask(), "unanswered") << "shown before the restart";
  EXPECT_EQ(log.text(), "");
}

TEST_F(KeyRecordTest, GrantsWhatIsProvenAndRefusesWhatIsRejected) {
  (void)ask();
  learn(KeyTrust::proven);
  EXPECT_EQ(ask(), "proven");
  EXPECT_EQ(facts(), Lines{serial + " proven"});
  restart();
  EXPECT_EQ(ask(), "proven");
  learn(KeyTrust::rejected);
  EXPECT_EQ(ask(), "rejected");
  EXPECT_EQ(facts(), Lines{serial + " rejected"});
  restart();
  EXPECT_EQ(ask(), "rejected");
}

TEST_F(KeyRecordTest, GrantsAgainWhatTheMeterHasNotLookedAt) {
  EXPECT_EQ(ask(), "granted");
  learn(KeyTrust::untried);
  EXPECT_EQ(facts(), Lines{});
  restart();
  EXPECT_EQ(ask(), "granted");
  EXPECT_EQ(ask(), "unanswered");
}

TEST_F(KeyRecordTest, GrantsARetryOnceAndWritesItDown) {
  for (const KeyTrust trust : {KeyTrust::untried, KeyTrust::unanswered, KeyTrust::rejected}) {
    learn(trust);
    EXPECT_EQ(ask(serial, true), "granted");
    EXPECT_EQ(facts(), Lines{serial + " unanswered"});
    EXPECT_EQ(ask(), "unanswered");
  }
  learn(KeyTrust::proven);
  EXPECT_EQ(ask(serial, true), "proven");
  EXPECT_EQ(facts(), Lines{serial + " proven"}) << "nothing is doubted";
}

TEST_F(KeyRecordTest, TellsKeysAndMetersApart) {
  EXPECT_EQ(ask(key_, serial), "granted");
  EXPECT_EQ(ask(other_key_, serial), "granted");
  EXPECT_EQ(ask(key_, other_serial), "granted");
  record().learn(key_, {serial, KeyTrust::rejected});
  record().learn(other_key_, {serial, KeyTrust::proven});
  EXPECT_EQ(facts(),
            (Lines{other_serial + " unanswered", serial + " rejected", serial + " proven"}));
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(ask(key_, serial), "rejected");
    EXPECT_EQ(ask(other_key_, serial), "proven");
    EXPECT_EQ(ask(key_, other_serial), "unanswered");
    restart();
  }
}

TEST_F(KeyRecordTest, KnowsWhetherAnotherHasTheDirectory) {
  {
    const KeyRecord first(dir_.path(), log_);
    EXPECT_TRUE(first.alone());
    EXPECT_FALSE(KeyRecord(dir_.path(), log_).alone());
  }
  EXPECT_TRUE(KeyRecord(dir_.path(), log_).alone());
  EXPECT_TRUE(KeyRecord("", log_).alone());
  EXPECT_TRUE(KeyRecord(dir_.path("missing"), log_).alone());
}

TEST_F(KeyRecordTest, WritesOnlyNews) {
  learn(KeyTrust::untried);
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  learn(KeyTrust::proven);
  for (int run = 0; run < 2; ++run) {
    fs::remove(dir_.path("keys"));
    EXPECT_EQ(ask(), "proven");
    learn(KeyTrust::proven);
    EXPECT_TRUE(fs::is_empty(dir_.path()));
    learn(KeyTrust::rejected);
    learn(KeyTrust::proven);
    EXPECT_EQ(facts(), Lines{serial + " proven"});
    restart();
    record();
  }
}

TEST_F(KeyRecordTest, WritesKeysAsSaltedHashesIntoAFileOfItsUserAlone) {
  dir_.write("keys.new", "left by a crash");
  learn(KeyTrust::rejected);
  record().learn(other_key_, {serial, KeyTrust::proven});
  struct stat status {};
  ASSERT_EQ(stat(dir_.path("keys").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(content().find("0123456789ABCDEF"), std::string::npos);
  const Lines lines = lines_of(dir_.path("keys"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with(serial + " rejected $6$")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with(serial + " proven $6$")) << lines[1];
  EXPECT_FALSE(fs::exists(dir_.path("keys.new")));

  const TempDir elsewhere;
  KeyRecord(elsewhere.path(), log_).learn(key_, {serial, KeyTrust::rejected});
  EXPECT_NE(lines_of(elsewhere.path("keys")).at(0), lines[0]) << "another salt";
}

// The hand tool is run by root.
TEST_F(KeyRecordTest, LeavesTheFileToTheOwnerOfTheDirectory) {
  constexpr uid_t nobody = 65534;
  if (geteuid() == 0) {
    ASSERT_EQ(chown(dir_.path().c_str(), nobody, nobody), 0);
  }
  learn(KeyTrust::rejected);
  struct stat directory {};
  struct stat file {};
  ASSERT_EQ(stat(dir_.path().c_str(), &directory), 0);
  ASSERT_EQ(stat(dir_.path("keys").c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, directory.st_uid);
  EXPECT_EQ(file.st_gid, directory.st_gid);
}

TEST_F(KeyRecordTest, DropsTheProvenFactThatHasNotChangedForLongest) {
  const std::string hash = hash_of(key_, new_salt());
  std::string full = "first rejected " + hash + "\n";
  for (std::size_t i = 1; i < KeyRecord::max_facts; ++i) {
    full += "meter" + std::to_string(i) + " proven " + hash + "\n";
  }
  dir_.write("keys", full);
  learn(KeyTrust::rejected, "meter1");
  learn(KeyTrust::proven, "meter1");
  learn(KeyTrust::rejected);
  const Lines known = facts();
  ASSERT_EQ(known.size(), KeyRecord::max_facts);
  EXPECT_EQ(known[0], "first rejected");
  EXPECT_EQ(known[1], "meter3 proven");
  EXPECT_EQ(known[known.size() - 2], "meter1 proven");
  EXPECT_EQ(known.back(), serial + " rejected");
}

TEST_F(KeyRecordTest, KeepsADamagedFileAndGoesOnWithItsGoodLines) {
  const std::string hash = hash_of(key_, new_salt());
  const std::string bad[] = {
      "",
      " ",
      std::string(100, '\0'),
      serial,
      serial + " rejected",
      serial + " untried " + hash,
      serial + " rejected  " + hash,
      " rejected " + hash,
      serial + " rejected " + hash.substr(0, hash.size() - 1),
      serial + " rejected $6$" + hash.substr(hash.rfind('$')),
      serial + " rejected $6$rounds=999999999" + hash.substr(2),
      serial + " rejected $5$" + hash.substr(3),
      serial + " rejected " + hash + " more",
  };
  for (const std::string& line : bad) {
    const std::string damaged = "# Comment\n" + serial + " rejected " + hash + "\n" + line + "\n" +
                                other_serial + " proven " + hash;
    dir_.write("keys", damaged);
    for (const std::string& expected :
         {"warning: " + dir_.path("keys") +
              ":3: this line of the file cannot be understood. What it says of keys that were "
              "shown to meters is lost; the file as it was is now " +
              dir_.path("keys.damaged") + ".\n",
          std::string()}) {
      const CapturedLog log;
      restart();
      EXPECT_EQ(ask(), "rejected") << line;
      EXPECT_EQ(ask(other_serial), "proven") << line;
      EXPECT_EQ(facts(), (Lines{serial + " rejected", other_serial + " proven"})) << line;
      EXPECT_EQ(log.text(), expected);
    }
    EXPECT_EQ(content("keys.damaged"), damaged);
  }
}

TEST_F(KeyRecordTest, LogsInOneLineThatMuchIsDamaged) {
  dir_.write("keys", "\n\n\n");
  const CapturedLog log;
  record();
  EXPECT_EQ(log.count("warning"), 1U);
  EXPECT_EQ(log.count(dir_.path("keys") + ":1: this line and 2 more of the file"), 1U)
      << log.text();
}

TEST_F(KeyRecordTest, SetsAFileAsideThatCannotBeRead) {
  fs::create_directory(dir_.path("keys"));
  const CapturedLog log;
  learn(KeyTrust::rejected);
  EXPECT_EQ(log.count(dir_.path("keys") + ": is a directory, not a file. What it says"), 1U)
      << log.text();
  EXPECT_TRUE(fs::is_directory(dir_.path("keys.damaged")));
  restart();
  EXPECT_EQ(ask(), "rejected");
  EXPECT_EQ(log.count("warning"), 1U);
}

TEST_F(KeyRecordTest, LeavesADamagedFileWhereItIsUntilAnotherCanBeWritten) {
  dir_.write("keys", "nonsense\n");
  fs::create_directories(dir_.path("keys.new/in the way"));
  const CapturedLog log;
  EXPECT_EQ(ask(), "unrecorded");
  EXPECT_EQ(content(), "nonsense\n");
  EXPECT_EQ(log.count("the file stays as it is until another can be written."), 1U) << log.text();
  fs::remove_all(dir_.path("keys.new"));
  EXPECT_EQ(ask(), "granted");
  EXPECT_EQ(content("keys.damaged"), "nonsense\n");
  EXPECT_EQ(facts(), Lines{serial + " unanswered"});
}

TEST_F(KeyRecordTest, GrantsNothingNewWhereItCannotWriteAndLogsItOnce) {
  const std::string places[] = {dir_.path("missing"), dir_.write("file", "")};
  for (const std::string& place : places) {
    const CapturedLog log;
    KeyRecord record(place, log_);
    const auto answer = [&](const std::string& meter, bool retry = false) {
      return word(record.ask(key_, {meter, retry}));
    };
    EXPECT_EQ(log.text(), "");
    EXPECT_EQ(answer(serial), "unrecorded");
    EXPECT_EQ(answer(serial), "unrecorded") << "nothing has changed";
    record.learn(key_, {serial, KeyTrust::rejected});
    record.learn(key_, {other_serial, KeyTrust::proven});
    EXPECT_EQ(answer(serial, true), "unrecorded");
    EXPECT_EQ(answer(serial), "rejected") << "nothing has changed";
    EXPECT_EQ(answer(other_serial), "proven");
    EXPECT_EQ(log.count("warning: Cannot write down what meters make of their keys: " + place +
                        "/keys.new: "),
              1U);
    EXPECT_EQ(log.count("\n"), 1U) << log.text();

    fs::remove(place);
    fs::create_directory(place);
    record.learn(key_, {serial, KeyTrust::rejected});  // no news, but not on the disk yet
    EXPECT_EQ(log.count("info: " + place + "/keys is written again."), 1U) << log.text();
    EXPECT_EQ(lines_of(place + "/keys").size(), 2U);
    EXPECT_EQ(answer(serial, true), "granted");
    fs::remove_all(place);
  }
}

TEST_F(KeyRecordTest, LivesAsLongAsTheProcessWithoutAStateDirectory) {
  const CapturedLog log;
  KeyRecord record("", log_);
  EXPECT_EQ(word(record.ask(key_, {serial})), "granted");
  EXPECT_EQ(word(record.ask(key_, {serial})), "unanswered");
  record.learn(key_, {serial, KeyTrust::rejected});
  EXPECT_EQ(word(record.ask(key_, {serial})), "rejected");
  EXPECT_EQ(log.text(), "");
}

TEST_F(KeyRecordTest, NeverLogsAKeyOrItsHash) {
  const CapturedLog log;
  const Log everything(LogLevel::trace);
  KeyRecord(dir_.path("missing"), everything).learn(key_, {serial, KeyTrust::rejected});
  dir_.write("keys", "0123456789ABCDEFghij " + hash_of(key_, new_salt()) + "\n");
  const KeyRecord damaged(dir_.path(), everything);
  EXPECT_EQ(log.count("warning"), 2U);
  EXPECT_EQ(log.count("0123456789ABCDEF"), 0U);
  EXPECT_EQ(log.count("$6$"), 0U);
}

}  // namespace
}  // namespace irmeterd
