// What meters made of the keys they were shown, remembered over restarts, so that a wrong key
// raises one alarm at the utility and not another.
//
// The file `keys` in the state directory has a line for each key at each meter: the meter's serial
// number, what is known, and the key as a salted hash. It is written when a fact changes and at no
// other time. Where that fails, the facts live as long as the process. The directory is for one
// process at a time: what it writes is what it knows, and no other reads that before it starts.
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

class KeyMemory {
 public:
  // Facts kept; the one that has not changed for longest goes first.
  static constexpr std::size_t max_facts = 256;

  // Reads the file. What makes no sense in it is logged and left out, and the file as it was is
  // kept as `keys.damaged`. directory: $STATE_DIRECTORY; empty: nothing is read or written.
  KeyMemory(const std::string& directory, const Log& log);
  KeyMemory(const KeyMemory&) = delete;
  KeyMemory& operator=(const KeyMemory&) = delete;

  // Whether no other memory lives in the directory, as another process has it. If one does, what
  // either learns is not known to the other before its next start.
  [[nodiscard]] bool alone() const { return alone_; }

  // What is known of the key, one fact for each meter. A key is hashed when it is first asked for
  // or remembered, which takes some hundredths of a second on a small machine.
  [[nodiscard]] std::vector<irmeter::KeyFact> facts_of(const irmeter::Key& key);

  // Replaces what is known of the key at the meter, whose serial number is neither empty nor has
  // spaces in it; `untried` forgets it. On return it is on the disk: call this before what follows
  // from it is sent; false if it is not. A write that fails is logged once and tried again with the
  // next call; without news nothing is written.
  bool remember(const irmeter::Key& key, const irmeter::KeyFact& fact);

 private:
  struct Record {
    irmeter::KeyFact fact;
    std::string key_hash;
  };
  struct HashedKey {
    irmeter::Key key;
    std::string salt;
    std::string hash;
  };

  // Takes the directory, for as long as this lives; false if it is taken.
  [[nodiscard]] bool take();
  static std::optional<Record> parse(std::string_view line);
  void load();
  // What is wrong with the text, after the file's name; empty when all of it is fine.
  [[nodiscard]] std::string take_over(std::string_view text);
  bool save();
  void write();

  [[nodiscard]] const std::string& hash(const irmeter::Key& key, const std::string& salt);
  [[nodiscard]] bool is_of(const irmeter::Key& key, const Record& record);

  const Log& log_;
  std::string directory_;
  std::string path_;
  FileDescriptor taken_;  // the directory, locked
  bool alone_ = true;
  std::vector<Record> records_;    // in the order of their last change
  std::vector<HashedKey> hashed_;  // so that no poll hashes its key again
  bool damaged_ = false;           // the file holds something that is not in records_
  bool unsaved_ = false;           // writing failed
};

}  // namespace irmeterd
