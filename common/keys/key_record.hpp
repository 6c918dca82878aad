// What meters made of the keys they were shown. A wrong key raises an alarm at the utility, so
// whoever is about to show a key asks here first, and none is shown again, not after a restart
// either.
//
// There is one record for the machine: the file `keys` in the state directory has a line for each
// key at each meter, with the meter's serial number, what became of the key, and the key as a
// salted hash. It is read each time, and changed under a lock, so that of several who ask for the
// same key at the same moment only one may show it. No line is ever dropped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/log.hpp"
#include "lib/session/key.hpp"
#include "lib/session/key_fact.hpp"

namespace irmeterd {

struct KeyAnswer {
  irmeter::KeyPermission permission;
  std::string why{};  // where the attempt is unrecorded: the place or the reason
};

class KeyRecord {
 public:
  // Lines there may be. Where there are so many no other key is shown for the first time.
  static constexpr std::size_t max_facts = 256;

  // directory: not empty. Nothing is read yet.
  KeyRecord(const std::string& directory, const Log& log)
      : log_(log), directory_(directory), path_(directory + "/keys") {}
  KeyRecord(const KeyRecord&) = delete;
  KeyRecord& operator=(const KeyRecord&) = delete;

  // Whether the key may be shown to the meter, whose serial number is neither empty nor has spaces
  // in it. A permission for a key that is not proven is on the disk as `unanswered` when this
  // returns; where it cannot be written it is not given, and nothing changes. Neither is it where
  // the file makes no sense, unless somebody asks for the attempt: the file as it was is then kept
  // as `keys.damaged`. Takes some hundredths of a second on a small machine when a key is hashed
  // for the first time, and a second at most where another process keeps the lock.
  [[nodiscard]] KeyAnswer ask(const irmeter::Key& key, const irmeter::KeyQuestion& question);

  // What became of the key. What cannot be written is true for this process all the same, and is
  // tried again with the next call.
  void learn(const irmeter::Key& key, const irmeter::KeyFact& fact);

 private:
  struct Entry {
    irmeter::KeyFact fact;
    std::string key_hash;
  };
  struct News {
    irmeter::Key key;
    irmeter::KeyFact fact;
  };
  struct HashedKey {
    irmeter::Key key;
    std::string salt;
    std::string hash;
  };

  static std::optional<Entry> parse(std::string_view line);
  // What the file says, with the news; where there is no file, what it said last.
  void load();
  // Takes over what makes sense. What does not, to be read after the file's name; else empty.
  [[nodiscard]] std::string take_over(std::string_view text);

  [[nodiscard]] std::vector<Entry>::iterator find(const irmeter::Key& key,
                                                  const std::string& serial_number);
  [[nodiscard]] irmeter::KeyTrust trust(const irmeter::Key& key, const std::string& serial_number);
  void set(const irmeter::Key& key, const irmeter::KeyFact& fact);
  [[nodiscard]] std::string obstacle(const irmeter::Key& key, const irmeter::KeyQuestion& question);
  // These two throw std::system_error.
  [[nodiscard]] FileDescriptor lock() const;
  void write();
  void on_unwritten(const std::string& why);
  [[nodiscard]] const std::string& hash(const irmeter::Key& key, const std::string& salt);

  const Log& log_;
  std::string directory_;
  std::string path_;
  std::vector<Entry> entries_;
  std::vector<News> news_;         // not in the file yet
  std::vector<HashedKey> hashed_;  // so that no poll hashes its key again
  std::string damage_;             // of the file, to be read after its name; empty: none
  bool unwritten_ = false;         // the latest attempt to write has failed
};

}  // namespace irmeterd
