// What is known of the meters from before, over restarts and reloads.
//
// By the number of a meter, as it stays the same behind another head and under another name: which
// values its registers keep while they are held back, for a restart is no reason to believe a jump;
// and what of its logs was told, as each entry is told once. And by the names of the configuration:
// which meter answered there last. What is told of that one has its topics before it answers again,
// or does not.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/at_most.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

struct KnownName {
  std::string serial_number;  // empty where the name is new
  bool exchanged = false;     // the name stood for another meter before

  friend bool operator==(const KnownName&, const KnownName&) = default;
};

struct KnownMeter {
  irmeter::Identity identity{};  // empty where the meter is new
  // Of registers that are held back, in place of what was read.
  std::map<irmeter::Quantity, std::int64_t> kept{};
  std::chrono::sys_seconds kept_since{};  // when they were read last and could be true
  LogTold log_told{};                     // MeterSnapshot's

  friend bool operator==(const KnownMeter&, const KnownMeter&) = default;
};

class KnownMeters final : public Sink {
 public:
  // Of meters that no name stands for any more, those are known that were the last to get one.
  static constexpr std::size_t most_nameless = 16;

  // Reads `meters.json` in the directory, $STATE_DIRECTORY; empty: nothing is read or written. What
  // makes no sense in it is not known.
  KnownMeters(Loop& loop, const std::string& directory, const Log& log);
  ~KnownMeters() override {
    kept_.hurry();
    told_.hurry();
  }
  KnownMeters(const KnownMeters&) = delete;
  KnownMeters& operator=(const KnownMeters&) = delete;

  [[nodiscard]] KnownName name(const std::string& name) const;
  [[nodiscard]] KnownMeter meter(const std::string& serial_number) const;

  // Writes the file when a name stands for another meter, or the meter says something else of
  // itself; and when the registers that are held back are others, at most once a minute; and when
  // more of its log was told, at most once an hour. What was not written yet is when this ends.
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;

 private:
  void drop_nameless();
  void save() const;

  std::string path_;  // empty: no file
  const Log& log_;
  std::map<std::string, KnownName> names_;
  std::vector<KnownMeter> meters_;  // the one that was the last to get a name is at the end
  AtMostEvery kept_;                // what is held back is written down
  AtMostEvery told_;                // likewise what of a log was told
};

}  // namespace irmeterd
