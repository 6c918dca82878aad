// What a meter's tables of the pauses say, in the snapshot that the sinks get: status, clocks,
// ratios, M-Bus devices and logs.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/snapshot.hpp"
#include "daemon/store.hpp"
#include "lib/meter/clock.hpp"
#include "lib/meter/mbus_reads.hpp"
#include "lib/meter/pauses.hpp"

namespace irmeterd {

class SlowTables {
 public:
  // snapshot: the next one that the store gets.
  SlowTables(Loop& loop, const Log& log, Store& store, MeterSnapshot& snapshot)
      : loop_(loop), log_(log), store_(store), snapshot_(snapshot) {}

  void take(const irmeter::TableBytes& output);
  void take(const irmeter::LogNews& output);
  // Another meter is read: what the one before it said is not true of this one.
  void begin_anew();

 private:
  void show(const irmeter::LogNews& news);
  void show_mbus();
  void take_status(const irmeter::StatusFlags& flags);
  void take_clock(std::chrono::sys_seconds shown, const irmeter::TableBytes& table);
  void take_local_time(const irmeter::LocalClock& clock, const irmeter::TableBytes& table);

  // What one of the meter's clocks showed, and when.
  struct Shown {
    irmeter::MeterTime time;
    irmeter::Instant at;
  };

  Loop& loop_;
  const Log& log_;
  Store& store_;
  MeterSnapshot& snapshot_;
  irmeter::MbusTelegrams mbus_;
  std::optional<Shown> local_time_;
  std::optional<Shown> utc_;
  std::optional<std::chrono::minutes> zone_;  // how far the local one is ahead
  std::vector<irmeter::LogNews> outages_;     // that wait for it
};

}  // namespace irmeterd
