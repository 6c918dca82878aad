// Drives one meter: pumps bytes and time between the line and the protocol core, opens the line
// again whenever it is lost, and tells the store how each poll ended.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "daemon/config/config.hpp"
#include "daemon/config/credentials.hpp"
#include "daemon/line/line.hpp"
#include "daemon/log.hpp"
#include "daemon/loop.hpp"
#include "daemon/snapshot.hpp"
#include "daemon/store.hpp"
#include "lib/meter.hpp"

namespace irmeterd {

class MeterDriver {
 public:
  MeterDriver(Loop& loop, const Log& log, Store& store, const MeterConfig& config,
              const MeterKey& key);

  // Opens the line and polls from now on.
  void start();

  // A poll beside the grid, or an attempt to open the line if there is none. It ends with a
  // snapshot that has counted one poll more.
  void read_now();
  void retry_key();

  // Logs off; done is called from the loop within two seconds. Nothing is polled afterwards.
  void stop(std::function<void()> done);

  [[nodiscard]] const MeterConfig& config() const { return config_; }
  [[nodiscard]] const MeterKey& key() const { return key_; }

 private:
  void open_line();
  void on_ready();
  void on_bytes(irmeter::ByteView bytes);
  void on_line_failure(const LineFailure& failure);
  void pump();
  void handle(irmeter::Transmit& output);
  void handle(irmeter::Identified& output);
  void handle(irmeter::PollEnded& output);
  void handle(irmeter::Stopped& output);
  void arm_timer();
  void on_stale();
  void publish();
  void count_link_events();
  void log_state_change(irmeter::State before);
  void log_bytes(const char* direction, irmeter::ByteView bytes) const;

  Loop& loop_;
  const Log& log_;
  Store& store_;
  MeterConfig config_;
  MeterKey key_;
  irmeter::Meter meter_;
  Line line_;
  MeterSnapshot snapshot_;
  bool was_open_ = false;  // the line has been open before: opening it again is a reconnect
  bool pumping_ = false;
  bool key_sent_ = false;  // by the latest transmission: a probe's echo of it holds the key
  std::chrono::milliseconds reopen_delay_;
  std::function<void()> stopped_;
  EventSource protocol_timer_;
  EventSource reopen_timer_;
  EventSource stale_timer_;
  EventSource stop_notice_;
};

}  // namespace irmeterd
