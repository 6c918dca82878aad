// The readings as files on a tmpfs, for scripts, Node-RED flows and the Prometheus node exporter.
//
//   <directory>/<name>/BT23          8 bytes as the meter sent them: import and export, Wh
//   <directory>/<name>/BT28          40 bytes likewise: the first ten present values
//   <directory>/<name>/reading.json  the whole reading
//   <directory>/metrics.prom         every meter, as text for the node exporter
//
// Every file is replaced by rename, so nobody reads a torn one, and removed where it cannot be
// replaced, as on a full disk. BT23 and BT28 are only there while the reading is live; of a stale
// one reading.json and metrics.prom keep the registers. The metrics are written about once a second
// at most, however many meters there are.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/at_most.hpp"
#include "daemon/sinks/output.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class Cache final : public Output, private Sink {
 public:
  // Of a store that outlives it. metrics_gap: from one writing of the metrics to the next; a little
  // less than the shortest interval, so that it falls between no two polls of one meter.
  Cache(Loop& loop, std::string directory, const Log& log, Store& store,
        irmeter::Duration metrics_gap = std::chrono::milliseconds(900));
  // Takes all files away: nobody would keep them true.
  ~Cache() override;

 private:
  void meter_added(const MeterSnapshot& meter) noexcept override;
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;
  // Takes the meter's files away.
  void meter_removed(const MeterSnapshot& meter) noexcept override;
  void show_reading(const MeterSnapshot& meter);
  void remove_reading(const std::string& meter) noexcept;
  void write_metrics() noexcept;
  void write(const std::string& name, const std::string& content);
  void remove(const std::string& name);
  // Runs an action on what has this name in the directory; the log says once that it fails, and
  // once that it no longer does.
  template <typename Action>
  void guarded(const std::string& name, const Action& action) noexcept;

  std::string directory_;
  const Log& log_;
  Store& store_;
  std::set<std::string> failing_;  // folders of meters, and metrics.prom
  AtMostEvery metrics_;
};

// The Prometheus text format of all meters.
[[nodiscard]] std::string prometheus_text(const std::map<std::string, MeterSnapshot>& meters);

}  // namespace irmeterd
