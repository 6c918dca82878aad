// What is known of one meter, told to the store after every poll and to the log at every change.
//
// Takes what the driver and the protocol core find out, and makes a snapshot of it, with counters
// and staleness.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/config/config.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/snapshot.hpp"
#include "daemon/store.hpp"
#include "lib/meter/meter.hpp"

namespace irmeterd {

class MeterReport {
 public:
  // key_place: where a missing key was looked for, the context of the fault no_key.
  MeterReport(Loop& loop, const Log& log, Store& store, const MeterConfig& config,
              std::string key_place);
  MeterReport(const MeterReport&) = delete;
  MeterReport& operator=(const MeterReport&) = delete;

  // The line could not be opened, or was lost: the poll that was due or under way has failed. Of a
  // meter that is left alone nothing was due, and servers end connections that are idle; that line
  // is missed once it cannot be opened again.
  void line_failed(const irmeter::Failure& failure);
  // The line is open. Each time but the first is a reconnect.
  void line_ready();
  void identified(irmeter::Identity identity);
  void poll_ended(const irmeter::PollEnded& poll, const irmeter::LinkCounters& link);

  [[nodiscard]] irmeter::State state() const { return snapshot_.state(); }

 private:
  void take(const irmeter::Reading& reading, const irmeter::PollEnded& poll);
  void end_poll(std::optional<irmeter::Failure> failure);
  void log_state() const;
  void log_accepted(const irmeter::Plausibility::Accepted& accepted) const;
  void on_stale();

  Loop& loop_;
  const Log& log_;
  Store& store_;
  std::string key_place_;
  MeterSnapshot snapshot_;
  bool open_ = false;  // the line
  bool was_open_ = false;
  irmeter::Instant last_end_{};  // of a poll
  EventSource stale_timer_;
};

}  // namespace irmeterd
