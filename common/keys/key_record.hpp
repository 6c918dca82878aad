// What meters made of the keys they were shown. A wrong key raises an alarm at the utility, so
// whoever is about to show a key asks here first, and none is shown twice, not after a restart
// either.
//
// The file `keys` in the state directory has a line for each key at each meter: the meter's serial
// number, what became of the key, and the key as a salted hash. The directory is for one process at
// a time: what it writes is what it knows, and another reads that only when it starts.
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

class KeyRecord {
 public:
  // Facts kept. Of more, the proven one goes that has not changed for longest: it proves itself
  // again.
  static constexpr std::size_t max_facts = 256;

  // Reads the file. What makes no sense in it is logged and left out, and the file as it was is
  // kept as `keys.damaged`. directory: $STATE_DIRECTORY; empty: nothing is read or written, and the
  // facts live as long as the process.
  KeyRecord(const std::string& directory, const Log& log);
  KeyRecord(const KeyRecord&) = delete;
  KeyRecord& operator=(const KeyRecord&) = delete;

  // Whether no other process has the directory. If one has, what either learns is not known to the
  // other before its next start.
  [[nodiscard]] bool alone() const { return alone_; }

  // Whether the key may be shown to the meter, whose serial number is neither empty nor has spaces
  // in it. A permission for a key that is not proven is on the disk as `unanswered` when this
  // returns; where it cannot be written it is not given, and nothing changes. A key is hashed the
  // first time, which takes some hundredths of a second on a small machine.
  [[nodiscard]] irmeter::KeyPermission ask(const irmeter::Key& key,
                                           const irmeter::KeyQuestion& question);

  // What became of the key; `untried`: the meter has not looked at it. What cannot be written is
  // tried again with the next call. Without news nothing is written.
  void learn(const irmeter::Key& key, const irmeter::KeyFact& fact);

 private:
  struct Entry {
    irmeter::KeyFact fact;
    std::string key_hash;
  };
  struct HashedKey {
    irmeter::Key key;
    std::string salt;
    std::string hash;
  };

  // Locks the directory for as long as this lives; false if another process has.
  [[nodiscard]] bool lock();
  static std::optional<Entry> parse(std::string_view line);
  void load();
  // Takes over what makes sense. What does not, to be read after the file's name; else empty.
  [[nodiscard]] std::string take_over(std::string_view text);

  [[nodiscard]] std::vector<Entry>::iterator find(const irmeter::Key& key,
                                                  const std::string& serial_number);
  void set(const irmeter::Key& key, const irmeter::KeyFact& fact);
  bool save();  // false if the file could not be written, which is logged once
  void write();
  [[nodiscard]] const std::string& hash(const irmeter::Key& key, const std::string& salt);

  const Log& log_;
  std::string directory_;
  std::string path_;
  FileDescriptor lock_;
  bool alone_ = true;
  std::vector<Entry> entries_;     // in the order of their last change
  std::vector<HashedKey> hashed_;  // so that no poll hashes its key again
  bool damaged_ = false;           // the file has something that is not in entries_
  bool unwritten_ = false;         // entries_ has something that is not in the file
};

}  // namespace irmeterd
