// Which keys may be shown to which meters, and what of that stands on the disk.
#include "common/keys/key_record.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/file_descriptor.hpp"
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
    case KeyPermission::last:
      return "last";
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
    return word(record().ask(key, {meter, retry}).permission);
  }
  // Why an attempt is unrecorded.
  std::string why(const std::string& meter = serial) {
    return record().ask(key_, {meter, false}).why;
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

TEST_F(KeyRecordTest, GrantsOnceMoreWhatTheMeterHasNotLookedAt) {
  EXPECT_EQ(ask(), "granted");
  learn(KeyTrust::put_off);
  EXPECT_EQ(facts(), Lines{serial + " put-off"});
  restart();
  EXPECT_EQ(ask(), "last");
  EXPECT_EQ(facts(), Lines{serial + " unanswered"});
  EXPECT_EQ(ask(), "unanswered");
}

TEST_F(KeyRecordTest, GrantsARetryOnceAndWritesItDown) {
  for (const KeyTrust trust : {KeyTrust::put_off, KeyTrust::unanswered, KeyTrust::rejected}) {
    learn(trust);
    EXPECT_EQ(ask(serial, true), "last");
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
            (Lines{serial + " rejected", serial + " proven", other_serial + " unanswered"}));
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(ask(key_, serial), "rejected");
    EXPECT_EQ(ask(other_key_, serial), "proven");
    EXPECT_EQ(ask(key_, other_serial), "unanswered");
    restart();
  }
}

// Several that start at the same moment: two daemons, or a daemon and checks.
TEST_F(KeyRecordTest, GrantsAKeyToOneOfManyAlone) {
  for (int round = 0; round < 5; ++round) {
    const TempDir directory;
    std::vector<std::string> answers(8);
    std::vector<std::thread> askers;
    for (std::string& answer : answers) {
      askers.emplace_back(
          [&] { answer = word(KeyRecord(directory.path(), log_).ask(key_, {serial}).permission); });
    }
    for (std::thread& asker : askers) {
      asker.join();
    }
    EXPECT_EQ(std::ranges::count(answers, "granted"), 1);
    EXPECT_EQ(std::ranges::count(answers, "unanswered"), 7);
  }
}

TEST_F(KeyRecordTest, KnowsAtOnceWhatAnotherHasLearned) {
  KeyRecord other(dir_.path(), log_);
  EXPECT_EQ(ask(), "granted");
  EXPECT_EQ(word(other.ask(key_, {serial}).permission), "unanswered");
  learn(KeyTrust::proven);
  EXPECT_EQ(word(other.ask(key_, {serial}).permission), "proven");
  other.learn(key_, {serial, KeyTrust::rejected});
  EXPECT_EQ(ask(), "rejected");
  EXPECT_EQ(word(other.ask(key_, {other_serial}).permission), "granted");
  EXPECT_EQ(ask(other_serial), "unanswered");
}

TEST_F(KeyRecordTest, GrantsNothingWhileAnotherKeepsTheLock) {
  const FileDescriptor held(open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(flock(held.get(), LOCK_EX), 0);
  EXPECT_EQ(why(), dir_.path() + ": Resource temporarily unavailable");
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  ASSERT_EQ(flock(held.get(), LOCK_UN), 0);
  EXPECT_EQ(ask(), "granted");
}

TEST_F(KeyRecordTest, WritesOnlyNews) {
  (void)ask();
  learn(KeyTrust::proven);
  const auto written = fs::last_write_time(dir_.path("keys"));
  for (int run = 0; run < 3; ++run) {
    EXPECT_EQ(ask(), "proven");
    EXPECT_EQ(fs::last_write_time(dir_.path("keys")), written);
    restart();
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

TEST_F(KeyRecordTest, ForgetsNothingAndTakesNoOtherKeyOnceItIsFull) {
  const std::string hash = hash_of(key_, new_salt());
  std::string full;
  for (std::size_t i = 1; i < KeyRecord::max_facts; ++i) {
    full += "meter" + std::to_string(i) + (i % 2 == 0 ? " proven " : " rejected ") + hash + "\n";
  }
  dir_.write("keys", full);
  EXPECT_EQ(ask(), "granted");
  EXPECT_EQ(ask(other_serial), "unrecorded");
  EXPECT_EQ(ask(other_serial, true), "unrecorded");
  EXPECT_EQ(why(other_serial), dir_.path("keys") + " is full");
  learn(KeyTrust::rejected);
  restart();
  EXPECT_EQ(ask(), "rejected");
  EXPECT_EQ(ask("meter1"), "rejected");
  EXPECT_EQ(ask("meter1", true), "last") << "it has a line already";
  EXPECT_EQ(ask("meter2"), "proven");
  EXPECT_EQ(facts().size(), KeyRecord::max_facts);
}

TEST_F(KeyRecordTest, ShowsNoNewKeyWhileTheFileIsDamaged) {
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
    const std::string place = dir_.path("keys") + ":3: this line of the file cannot be understood";
    dir_.write("keys", damaged);
    const CapturedLog log;
    restart();
    EXPECT_EQ(ask(), "rejected") << line;
    EXPECT_EQ(ask(other_serial), "proven") << line;
    EXPECT_EQ(why("another"), place);
    learn(KeyTrust::rejected, other_serial);
    EXPECT_EQ(ask(other_serial), "rejected") << line;
    EXPECT_EQ(content(), damaged);
    EXPECT_EQ(log.count("warning: " + place + ". What it says of keys"), 1U) << log.text();
    EXPECT_EQ(log.count("\n"), 1U) << log.text();

    EXPECT_EQ(ask("another", true), "granted") << "somebody has asked";
    EXPECT_EQ(content("keys.damaged"), damaged);
    EXPECT_EQ(facts(),
              (Lines{serial + " rejected", other_serial + " rejected", "another unanswered"}));
    EXPECT_EQ(ask("one more"), "granted");
  }
}

TEST_F(KeyRecordTest, LogsInOneLineThatMuchIsDamaged) {
  dir_.write("keys", "\n\n\n");
  const CapturedLog log;
  EXPECT_EQ(ask(), "unrecorded");
  EXPECT_EQ(ask(), "unrecorded");
  EXPECT_EQ(log.count("warning"), 1U);
  EXPECT_EQ(log.count(dir_.path("keys") + ":1: this line and 2 more of the file"), 1U)
      << log.text();
}

TEST_F(KeyRecordTest, ShowsNoNewKeyWhereTheFileCannotBeRead) {
  dir_.write("keys", "");
  EXPECT_EQ(why(), dir_.path("keys") + " is empty");
  fs::remove(dir_.path("keys"));
  fs::create_directory(dir_.path("keys"));
  EXPECT_EQ(why(), dir_.path("keys") + " is a directory, not a file");
  EXPECT_EQ(ask(serial, true), "granted");
  EXPECT_TRUE(fs::is_directory(dir_.path("keys.damaged")));
  EXPECT_EQ(facts(), Lines{serial + " unanswered"});
}

TEST_F(KeyRecordTest, LeavesADamagedFileWhereItIsUntilAnotherCanBeWritten) {
  dir_.write("keys", "nonsense\n");
  fs::create_directories(dir_.path("keys.new/in the way"));
  EXPECT_EQ(ask(serial, true), "unrecorded");
  EXPECT_EQ(content(), "nonsense\n");
  fs::remove_all(dir_.path("keys.new"));
  EXPECT_EQ(ask(serial, true), "granted");
  EXPECT_EQ(content("keys.damaged"), "nonsense\n");
}

TEST_F(KeyRecordTest, GrantsNothingNewWhereItCannotWriteAndLogsItOnce) {
  const std::string places[] = {dir_.path("missing"), dir_.write("file", "")};
  for (const std::string& place : places) {
    const CapturedLog log;
    KeyRecord record(place, log_);
    const auto answer = [&](const std::string& meter, bool retry = false) {
      return word(record.ask(key_, {meter, retry}).permission);
    };
    EXPECT_EQ(answer(serial), "unrecorded");
    EXPECT_EQ(answer(serial), "unrecorded") << "nothing has changed";
    EXPECT_TRUE(record.ask(key_, {serial}).why.starts_with(place + ": "));
    record.learn(key_, {serial, KeyTrust::rejected});
    record.learn(key_, {other_serial, KeyTrust::proven});
    EXPECT_EQ(answer(serial, true), "unrecorded");
    EXPECT_EQ(answer(serial), "rejected") << "nothing has changed";
    EXPECT_EQ(answer(other_serial), "proven");
    EXPECT_EQ(
        log.count("warning: Cannot write down what meters make of their keys: " + place + ": "),
        1U);
    EXPECT_EQ(log.count("\n"), 1U) << log.text();

    fs::remove(place);
    fs::create_directory(place);
    EXPECT_EQ(answer(other_serial), "proven");  // no news, but not on the disk yet
    EXPECT_EQ(log.count("info: " + place + "/keys is written again."), 1U) << log.text();
    EXPECT_EQ(lines_of(place + "/keys").size(), 2U);
    EXPECT_EQ(answer(serial, true), "last");
    fs::remove_all(place);
  }
}

// What may happen to a record, one after the other, with the disk out of order for a while: no key
// is granted more often than the rule says.
TEST_F(KeyRecordTest, KeepsTheRuleWhateverBecomesOfTheDisk) {
  const TempDir place("/dev/shm");
  const std::string state = place.path("state");
  const std::string away = place.path("away");
  const CapturedLog log;
  const std::string known = "other rejected " + hash_of(key_, new_salt()) + "\n";
  constexpr std::size_t length = 4;
  constexpr std::size_t sequences = 4 * 4 * 4;  // the first is always to ask
  for (const bool gone : {false, true}) {
    const auto set = [&](bool well) {
      if (gone) {
        fs::rename(well ? away : state, well ? state : away);
      } else if (well) {
        fs::remove_all(state + "/keys.new");
      } else {
        fs::create_directories(state + "/keys.new/in the way");
      }
    };
    const auto run = [&](std::size_t sequence, std::size_t from, std::size_t to) {
      fs::remove_all(state);
      fs::create_directory(state);
      std::ofstream(state + "/keys") << known;
      auto record = std::make_unique<KeyRecord>(state, log_);
      unsigned granted = 0;
      unsigned allowed = 1;
      KeyPermission latest = KeyPermission::unrecorded;
      std::size_t left = sequence * 4;
      for (std::size_t step = 0; step < length; ++step, left /= 4) {
        if (step == from || step == to) {
          set(step == to);
        }
        const KeyPermission before = std::exchange(latest, KeyPermission::unrecorded);
        if (left % 4 == 0) {
          latest = record->ask(key_, {serial}).permission;
          granted += is_attempt(latest) ? 1U : 0U;
        } else if (left % 4 == 1 && before == KeyPermission::granted) {
          record->learn(key_, {serial, KeyTrust::put_off});
          allowed = 2;
        } else if (left % 4 == 2 && is_attempt(before)) {
          record->learn(key_, {serial, KeyTrust::rejected});
          allowed = granted;
        } else if (left % 4 == 3) {
          record = std::make_unique<KeyRecord>(state, log_);
        }
      }
      if (to == length) {
        set(true);
      }
      for (int again = 0; again < 3; ++again) {
        granted += is_attempt(record->ask(key_, {serial}).permission) ? 1U : 0U;
      }
      EXPECT_LE(granted, allowed) << sequence << " " << from << " " << to;
    };
    for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
      for (std::size_t from = 0; from < length; ++from) {
        for (std::size_t to = from + 1; to <= length; ++to) {
          run(sequence, from, to);
        }
      }
    }
  }
}

TEST_F(KeyRecordTest, NeverLogsAKeyOrItsHash) {
  const CapturedLog log;
  const Log everything(LogLevel::trace);
  KeyRecord(dir_.path("missing"), everything).learn(key_, {serial, KeyTrust::rejected});
  dir_.write("keys", "0123456789ABCDEFghij " + hash_of(key_, new_salt()) + "\n");
  (void)KeyRecord(dir_.path(), everything).ask(key_, {serial});
  EXPECT_EQ(log.count("warning"), 2U);
  EXPECT_EQ(log.count("0123456789ABCDEF"), 0U);
  EXPECT_EQ(log.count("$6$"), 0U);
}

}  // namespace
}  // namespace irmeterd
