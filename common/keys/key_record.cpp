#include "common/keys/key_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/files.hpp"
#include "common/keys/key_hash.hpp"

namespace irmeterd {
namespace {

using irmeter::KeyPermission;
using irmeter::KeyTrust;

constexpr std::size_t max_file = 65'536;  // bytes
constexpr std::string_view explanation =
    "# What meters made of the keys they were shown, so that none is shown a wrong key again.\n"
    "# Serial number of the meter, what became of the key, the key as a salted hash.\n";

// By KeyTrust. A key that is untried has no line.
constexpr std::array<std::string_view, 4> words{"untried", "unanswered", "proven", "rejected"};

std::optional<KeyTrust> trust_from(std::string_view word) {
  const auto* const found = std::find(words.begin() + 1, words.end(), word);
  return found == words.end() ? std::nullopt : std::optional(KeyTrust(found - words.begin()));
}

}  // namespace

KeyRecord::KeyRecord(const std::string& directory, const Log& log)
    : log_(log), directory_(directory), path_(directory + "/keys") {
  if (!directory_.empty()) {
    alone_ = lock();
    load();
  }
}

bool KeyRecord::lock() {
  lock_ = FileDescriptor(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory that cannot be locked is no reason to do without it.
  return !lock_ || flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

KeyPermission KeyRecord::ask(const irmeter::Key& key, const irmeter::KeyQuestion& question) {
  const auto known = find(key, question.serial_number);
  const KeyTrust trust = known == entries_.end() ? KeyTrust::untried : known->fact.trust;
  if (trust == KeyTrust::proven) {
    return KeyPermission::proven;
  }
  if (trust != KeyTrust::untried && !question.retry) {
    return trust == KeyTrust::rejected ? KeyPermission::rejected : KeyPermission::unanswered;
  }
  auto before = entries_;
  set(key, {question.serial_number, KeyTrust::unanswered});
  if (save()) {
    return KeyPermission::granted;
  }
  entries_ = std::move(before);
  return KeyPermission::unrecorded;
}

void KeyRecord::learn(const irmeter::Key& key, const irmeter::KeyFact& fact) {
  const auto known = find(key, fact.serial_number);
  const KeyTrust before = known == entries_.end() ? KeyTrust::untried : known->fact.trust;
  if (before != fact.trust) {
    set(key, fact);
  }
  if (before != fact.trust || unwritten_) {
    (void)save();
  }
}

std::vector<KeyRecord::Entry>::iterator KeyRecord::find(const irmeter::Key& key,
                                                        const std::string& serial_number) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.fact.serial_number == serial_number &&
           hash(key, salt_of(entry.key_hash)) == entry.key_hash;
  });
}

void KeyRecord::set(const irmeter::Key& key, const irmeter::KeyFact& fact) {
  // One salt for all, so that a key is hashed once, however many meters have seen it.
  const std::string salt = entries_.empty() ? new_salt() : salt_of(entries_.back().key_hash);
  if (const auto old = find(key, fact.serial_number); old != entries_.end()) {
    entries_.erase(old);
  }
  if (fact.trust != KeyTrust::untried) {
    entries_.push_back({fact, hash(key, salt)});
  }
  if (entries_.size() > max_facts) {
    const auto proven = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
      return entry.fact.trust == KeyTrust::proven;
    });
    entries_.erase(proven == entries_.end() ? entries_.begin() : proven);
  }
}

void KeyRecord::load() {
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

std::string KeyRecord::take_over(std::string_view text) {
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
    if (auto entry = parse(line)) {
      entries_.push_back(std::move(*entry));
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

std::optional<KeyRecord::Entry> KeyRecord::parse(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == 0 || first == last) {
    return std::nullopt;
  }
  const auto trust = trust_from(line.substr(first + 1, last - first - 1));
  const std::string_view key_hash = line.substr(last + 1);
  if (!trust || !is_key_hash(key_hash)) {
    return std::nullopt;
  }
  return Entry{{std::string(line.substr(0, first)), *trust}, std::string(key_hash)};
}

bool KeyRecord::save() {
  if (directory_.empty()) {
    return true;
  }
  try {
    write();
    if (std::exchange(unwritten_, false)) {
      log_.info(path_ + " is written again.");
    }
  } catch (const std::system_error& error) {
    if (!std::exchange(unwritten_, true)) {
      log_.warning(std::string("Cannot write down what meters make of their keys: ") +
                   error.what() +
                   ". Until this works again, no key is shown to a meter that has not accepted it "
                   "before.");
    }
  }
  return !unwritten_;
}

void KeyRecord::write() {
  std::string text(explanation);
  for (const auto& [fact, key_hash] : entries_) {
    text += fact.serial_number + " " + std::string(words.at(static_cast<std::size_t>(fact.trust))) +
            " " + key_hash + "\n";
  }
  // What root writes here when it checks a meter is for the service to read.
  replace_file(path_, text,
               {.mode = 0600,
                .durable = true,
                .inherited = true,
                .keep_old = damaged_ ? path_ + ".damaged" : ""});
  damaged_ = false;
}

const std::string& KeyRecord::hash(const irmeter::Key& key, const std::string& salt) {
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

}  // namespace irmeterd
