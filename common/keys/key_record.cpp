#include "common/keys/key_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>
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
constexpr std::array<std::string_view, 5> words{"untried", "unanswered", "put-off", "proven",
                                                "rejected"};

std::optional<KeyTrust> trust_from(std::string_view word) {
  const auto* const found = std::find(words.begin() + 1, words.end(), word);
  return found == words.end() ? std::nullopt : std::optional(KeyTrust(found - words.begin()));
}

}  // namespace

KeyAnswer KeyRecord::ask(const irmeter::Key& key, const irmeter::KeyQuestion& question) {
  const auto permission = [&] {
    load();
    return irmeter::permission_for(trust(key, question.serial_number), question.retry);
  };
  KeyPermission given = permission();
  if (!is_attempt(given) && news_.empty()) {
    return {given};
  }
  auto before = entries_;
  std::string why;
  try {
    const FileDescriptor locked = lock();
    given = permission();
    before = entries_;
    why = is_attempt(given) ? obstacle(key, question) : "";
    if (is_attempt(given) && why.empty()) {
      set(key, {question.serial_number, KeyTrust::unanswered});
    }
    if (why.empty() && (damage_.empty() || is_attempt(given))) {
      write();
      return {given};
    }
  } catch (const std::system_error& error) {
    on_unwritten(why = error.what());
  }
  entries_ = std::move(before);
  return is_attempt(given) ? KeyAnswer{KeyPermission::unrecorded, why} : KeyAnswer{given};
}

// Why an attempt is out of the question; empty: it is not.
std::string KeyRecord::obstacle(const irmeter::Key& key, const irmeter::KeyQuestion& question) {
  if (!damage_.empty() && !question.retry) {
    return path_ + damage_;
  }
  const bool fits =
      entries_.size() < max_facts || find(key, question.serial_number) != entries_.end();
  return fits ? "" : path_ + " is full";
}

void KeyRecord::learn(const irmeter::Key& key, const irmeter::KeyFact& fact) {
  std::erase_if(news_, [&](const News& old) {
    return old.key == key && old.fact.serial_number == fact.serial_number;
  });
  news_.push_back({key, fact});
  try {
    const FileDescriptor locked = lock();
    load();
    if (damage_.empty()) {
      write();
    }
  } catch (const std::system_error& error) {
    on_unwritten(error.what());
  }
}

std::vector<KeyRecord::Entry>::iterator KeyRecord::find(const irmeter::Key& key,
                                                        const std::string& serial_number) {
  return std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.fact.serial_number == serial_number &&
           hash(key, salt_of(entry.key_hash)) == entry.key_hash;
  });
}

KeyTrust KeyRecord::trust(const irmeter::Key& key, const std::string& serial_number) {
  const auto known = find(key, serial_number);
  return known == entries_.end() ? KeyTrust::untried : known->fact.trust;
}

void KeyRecord::set(const irmeter::Key& key, const irmeter::KeyFact& fact) {
  if (const auto old = find(key, fact.serial_number); old != entries_.end()) {
    old->fact = fact;
  } else {
    // One salt for all, so that a key is hashed once, however many meters have seen it.
    const std::string salt = entries_.empty() ? new_salt() : salt_of(entries_.back().key_hash);
    entries_.push_back({fact, hash(key, salt)});
  }
}

void KeyRecord::load() {
  // Read anew with each session, and hardly ever long: not filled with zeros first.
  const auto buffer = std::make_unique_for_overwrite<std::array<char, max_file + 1>>();
  const auto text = read_file(path_, *buffer);
  struct stat status {};
  std::string damage;
  if (text) {
    damage = take_over(*text);
  } else if (lstat(path_.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
    damage = " " + text.error().what;
  }
  if (std::exchange(damage_, damage) != damage && !damage.empty()) {
    log_.warning(path_ + damage +
                 ". What it says of keys that were shown to meters may be lost, so no key is shown "
                 "to a meter that has not proven it before: mend the file, or have the key tried "
                 "with 'sudo ir-meterctl retry-key'; the file as it is then becomes " +
                 path_ + ".damaged.");
  }
  for (const News& news : news_) {
    set(news.key, news.fact);
  }
}

std::string KeyRecord::take_over(std::string_view text) {
  if (text.empty()) {
    return " is empty";
  }
  entries_.clear();
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

// Waits for a moment only: the loop has other things to do.
FileDescriptor KeyRecord::lock() const {
  using namespace std::chrono_literals;
  FileDescriptor directory(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (auto left = 1000ms; !directory || flock(directory.get(), LOCK_EX | LOCK_NB) != 0;
       left -= 10ms) {
    if (!directory || errno != EWOULDBLOCK || left == 0ms) {
      throw std::system_error(errno, std::generic_category(), directory_);
    }
    std::this_thread::sleep_for(10ms);
  }
  return directory;
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
                .keep_old = damage_.empty() ? "" : path_ + ".damaged"});
  damage_.clear();
  news_.clear();
  if (std::exchange(unwritten_, false)) {
    log_.info(path_ + " is written again.");
  }
}

void KeyRecord::on_unwritten(const std::string& why) {
  if (!std::exchange(unwritten_, true)) {
    log_.warning("Cannot write down what meters make of their keys: " + why +
                 ". Until this works again, no key is shown to a meter that has not proven it "
                 "before.");
  }
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
