// Which meter each name of the configuration stood for when it answered last, over restarts: what
// is told of a meter has its topics before it answers again, or does not. And which values its
// registers keep while they are held back: a restart is no reason to believe a jump. And what of a
// meter's log was told: each entry is told once.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/at_most.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

struct KnownMeter {
  irmeter::Identity identity;  // empty where the name is new
  bool exchanged = false;      // the name stood for another meter before
  irmeter::Values kept{};      // of registers that are held back, in place of what was read
  std::chrono::sys_seconds kept_since{};  // when they were read last and could be true
  LogTold log_told{};                     // MeterSnapshot's

  friend bool operator==(const KnownMeter&, const KnownMeter&) = default;
};

class KnownMeters final : public Sink {
 public:
  // Reads `meters.json` in the directory, $STATE_DIRECTORY; empty: nothing is read or written. What
  // makes no sense in it is not known.
  KnownMeters(Loop& loop, const std::string& directory, const Log& log);
  ~KnownMeters() override {
    kept_.hurry();
    told_.hurry();
  }
  KnownMeters(const KnownMeters&) = delete;
  KnownMeters& operator=(const KnownMeters&) = delete;

  [[nodiscard]] KnownMeter meter(const std::string& name) const;

  // Writes the file when a meter is another one, or says something else of itself; and when the
  // registers that are held back are others, at most once a minute; and when more of its log was
  // told, at most once an hour. What was not written yet is when this ends.
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;

 private:
  void note_kept(KnownMeter& known, const MeterSnapshot& before, const MeterSnapshot& after) const;
  void save() const;

  std::string path_;  // empty: no file
  const Log& log_;
  std::map<std::string, KnownMeter> meters_;  // by name
  AtMostEvery kept_;                          // what is held back is written down
  AtMostEvery told_;                          // likewise what of a log was told
};

}  // namespace irmeterd
