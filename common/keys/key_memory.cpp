#include "common/keys/key_memory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "common/files.hpp"
#include "common/keys/key_hash.hpp"

namespace irmeterd {
namespace {

using irmeter::KeyTrust;

constexpr std::size_t max_file = 65'536;  // bytes
constexpr std::string_view explanation =
    "# What meters made of the keys they were shown, so that none is shown a wrong key again.\n"
    "# Serial number, verdict, key as a salted hash.\n";

constexpr std::array<std::pair<std::string_view, KeyTrust>, 3> verdicts{{
    {"unanswered", KeyTrust::unanswered},
    {"proven", KeyTrust::proven},
    {"rejected", KeyTrust::rejected},
}};

std::string_view verdict_of(KeyTrust trust) {
  const auto* const found = std::find_if(
      verdicts.begin(), verdicts.end(), [trust](const auto& each) { return each.second == trust; });
  return found == verdicts.end() ? "" : found->first;
}

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

void write_all(const FileDescriptor& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      fail(path);
    }
    text.remove_prefix(count < 0 ? 0U : static_cast<std::size_t>(count));
  }
}

void sync(const FileDescriptor& file, const std::string& path) {
  if (!file || fsync(file.get()) != 0) {
    fail(path);
  }
}

// What root writes here when it checks a meter is for the service to read.
void leave_to_owner_of(const std::string& directory, const FileDescriptor& file,
                       const std::string& path) {
  struct stat owner {};
  if (geteuid() == 0 && (stat(directory.c_str(), &owner) != 0 ||
                         fchown(file.get(), owner.st_uid, owner.st_gid) != 0)) {
    fail(path);
  }
}

void rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    fail(to);
  }
}

}  // namespace

KeyMemory::KeyMemory(const std::string& directory, const Log& log)
    : log_(log), directory_(directory), path_(directory + "/keys") {
  if (!directory_.empty()) {
    alone_ = take();
    load();
  }
}

bool KeyMemory::take() {
  taken_ = FileDescriptor(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory that cannot be locked is no reason to do without it.
  return !taken_ || flock(taken_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

std::vector<irmeter::KeyFact> KeyMemory::facts_of(const irmeter::Key& key) {
  std::vector<irmeter::KeyFact> facts;
  for (const Record& record : records_) {
    if (is_of(key, record)) {
      facts.push_back(record.fact);
    }
  }
  return facts;
}

bool KeyMemory::remember(const irmeter::Key& key, const irmeter::KeyFact& fact) {
  const auto old = std::find_if(records_.begin(), records_.end(), [&](const Record& record) {
    return record.fact.serial_number == fact.serial_number && is_of(key, record);
  });
  const KeyTrust before = old == records_.end() ? KeyTrust::untried : old->fact.trust;
  if (before == fact.trust && !unsaved_) {
    return true;
  }
  if (before != fact.trust) {
    // One salt for all, so that a key is hashed once, however many meters have seen it.
    const std::string salt = records_.empty() ? new_salt() : salt_of(records_.back().key_hash);
    if (old != records_.end()) {
      records_.erase(old);
    }
    if (fact.trust != KeyTrust::untried) {
      records_.push_back({fact, hash(key, salt)});
    }
    if (records_.size() > max_facts) {
      records_.erase(records_.begin());
    }
  }
  return save();
}

void KeyMemory::load() {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return;  // no key has been shown yet; a directory that is not there is missed on writing
  }
  std::vector<char> buffer(max_file + 1);
  const auto text = read_file(path_, buffer);
  const std::string wrong = text ? take_over(*text) : ": " + text.error().what;
  if (wrong.empty()) {
    return;
  }
  damaged_ = true;
  (void)save();
  log_.warning(path_ + wrong + ". What it says of keys that were shown to meters is lost; " +
               (damaged_ ? "the file stays as it is until another can be written."
                         : "the file as it was is now " + path_ + ".damaged."));
}

std::string KeyMemory::take_over(std::string_view text) {
  std::size_t number = 0;
  std::size_t first_bad = 0;
  std::size_t more_bad = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (line.starts_with('#')) {
      continue;
    }
    if (auto record = parse(line)) {
      records_.push_back(std::move(*record));
    } else if (first_bad == 0) {
      first_bad = number;
    } else {
      ++more_bad;
    }
  }
  if (first_bad == 0) {
    return "";
  }
  return ":" + std::to_string(first_bad) + ": this line" +
         (more_bad == 0 ? "" : " and " + std::to_string(more_bad) + " more") +
         " of the file cannot be understood";
}

std::optional<KeyMemory::Record> KeyMemory::parse(std::string_view line) {
  const std::size_t end_of_serial = line.find(' ');
  const std::size_t end_of_verdict = line.rfind(' ');
  if (end_of_serial == 0 || end_of_serial == end_of_verdict) {
    return std::nullopt;
  }
  const std::string_view serial = line.substr(0, end_of_serial);
  const std::string_view verdict =
      line.substr(end_of_serial + 1, end_of_verdict - end_of_serial - 1);
  const std::string_view key_hash = line.substr(end_of_verdict + 1);
  const auto* const known = std::find_if(verdicts.begin(), verdicts.end(),
                                         [&](const auto& each) { return each.first == verdict; });
  if (known == verdicts.end() || !is_key_hash(key_hash)) {
    return std::nullopt;
  }
  return Record{{std::string(serial), known->second}, std::string(key_hash)};
}

bool KeyMemory::save() {
  if (directory_.empty()) {
    return true;
  }
  try {
    write();
    if (std::exchange(unsaved_, false)) {
      log_.info(path_ + " is written again.");
    }
  } catch (const std::system_error& error) {
    if (!std::exchange(unsaved_, true)) {
      log_.warning(std::string("Cannot write down what meters make of their keys: ") +
                   error.what() +
                   ". Until this works again, no key is shown to a meter that has not accepted it "
                   "before.");
    }
  }
  return !unsaved_;
}

void KeyMemory::write() {
  const std::string temporary = path_ + ".new";
  std::string text(explanation);
  for (const Record& record : records_) {
    text += record.fact.serial_number + " " + std::string(verdict_of(record.fact.trust)) + " " +
            record.key_hash + "\n";
  }
  unlink(temporary.c_str());  // left by a crash, and O_EXCL makes sure that the mode is ours
  const FileDescriptor file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    fail(temporary);
  }
  leave_to_owner_of(directory_, file, temporary);
  write_all(file, text, temporary);
  sync(file, temporary);
  if (damaged_) {
    rename(path_, path_ + ".damaged");
    damaged_ = false;
  }
  rename(temporary, path_);
  sync(FileDescriptor(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), directory_);
}

const std::string& KeyMemory::hash(const irmeter::Key& key, const std::string& salt) {
  const auto known = std::find_if(hashed_.begin(), hashed_.end(), [&](const HashedKey& each) {
    return each.key == key && each.salt == salt;
  });
  if (known != hashed_.end()) {
    return known->hash;
  }
  if (hashed_.size() == max_facts) {
    hashed_.erase(hashed_.begin());
  }
  hashed_.push_back({key, salt, hash_of(key, salt)});
  return hashed_.back().hash;
}

bool KeyMemory::is_of(const irmeter::Key& key, const Record& record) {
  return hash(key, salt_of(record.key_hash)) == record.key_hash;
}

}  // namespace irmeterd
