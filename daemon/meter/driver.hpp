// Drives one meter: pumps bytes and time between the line and the protocol core, opens the line
// again whenever it is lost, and gives the store a snapshot of the meter after every poll.
#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "common/back_off.hpp"
#include "common/config/config.hpp"
#include "common/config/credentials.hpp"
#include "common/keys/key_record.hpp"
#include "common/line/line.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/history.hpp"
#include "daemon/meter/known_meters.hpp"
#include "daemon/meter/line_trace.hpp"
#include "daemon/meter/report.hpp"
#include "daemon/meter/slow_tables.hpp"
#include "daemon/service/progress.hpp"
#include "daemon/snapshot.hpp"
#include "daemon/store.hpp"
#include "lib/meter/meter.hpp"
#include "lib/timers.hpp"

namespace irmeterd {

class MeterDriver {
 public:
  // What the configuration says, and the protocol's own times. place: among the meters, counted
  // from 0; the points at which they are read are spread over the interval.
  static irmeter::MeterOptions options_for(const MeterConfig& config, std::size_t place = 0);
  // known: what is known of meters from before; null where nothing is.
  MeterDriver(Loop& loop, const Log& log, Store& store, KeyRecord& keys, const MeterConfig& config,
              const MeterKey& key, const irmeter::MeterOptions& options,
              const KnownMeters* known = nullptr);

  // Opens the line and polls from now on.
  void start();

  // A poll beside the grid, or an attempt to open the line if there is none. It ends with a
  // snapshot that has counted one poll more.
  void read_now();
  void retry_key();
  // Tables that the meter does not give are asked for again, in the next pause.
  void retry_tables() {
    meter_.retry_tables();
    history_.begin_anew();
  }
  // Part of a table, read in a pause; the handler is called once, from here or later from the loop.
  using TableHandler = HistoryReads::Answer;
  // at_once: false waits for the next poll where the session is not kept.
  void read_table(const irmeter::TableRead& what, TableHandler handler, bool at_once = true);
  // The load profile, likewise.
  void read_history(irmeter::MeterTime from, irmeter::MeterTime to, HistoryReads::Handler handler) {
    history_.read(from, to, std::move(handler));
  }

  // Logs off; done is called from the loop within two seconds. Nothing is polled afterwards.
  void stop(std::function<void()> done);

  // For the watchdog: a deadline is met, and sooner or later every poll ends.
  [[nodiscard]] std::vector<Step> steps() const;

  [[nodiscard]] const MeterConfig& config() const { return config_; }
  [[nodiscard]] const MeterKey& key() const { return key_; }

 private:
  enum class Timer : std::uint8_t { reopen, quiet, stale, details, count };

  void set(Timer timer, irmeter::Instant at);
  void wait();
  void on_time();
  void open_line();
  void on_ready();
  void on_bytes(irmeter::ByteView bytes);
  void on_line_failure(const irmeter::Failure& failure);
  void reopen_later();
  void reopen_hung_line();
  void pump();
  void apply_quiet_hours();
  void handle(irmeter::KeyQuestion& output);
  void handle(irmeter::KeyFact& output);
  void handle(irmeter::Transmit& output);
  void handle(irmeter::Identified& output);
  void begin_anew();
  void handle(irmeter::PollEnded& output);
  void handle(irmeter::DetailsRead& output);
  void handle(const irmeter::TableBytes& output) { slow_tables_.take(output); }
  void handle(const irmeter::LogNews& output) { slow_tables_.take(output); }
  void handle(irmeter::TableLeftOut& output);
  void handle(irmeter::TableAnswer& output);
  void handle(irmeter::Stopped& output);
  void take(const irmeter::Reading& reading, const irmeter::PollEnded& poll);
  void end_poll(std::optional<irmeter::Failure> failure);
  void on_stale();

  Loop& loop_;
  const Log& log_;
  Store& store_;
  KeyRecord& keys_;
  const KnownMeters* known_;
  MeterConfig config_;
  MeterKey key_;
  MeterSnapshot snapshot_;  // the next one that the store gets
  irmeter::Meter meter_;
  Line line_;
  LineTrace trace_;
  StateLog state_log_;
  SlowTables slow_tables_;
  HistoryReads history_;
  bool pumping_ = false;
  BackOff reopen_delay_;
  unsigned openings_ = 0;                 // of the line
  std::optional<unsigned> silent_polls_;  // in a row, on the line as it was opened, if it is
  std::vector<TableHandler> asked_;       // in the order in which the core answers
  irmeter::Instant last_end_{};           // of a poll, or of an attempt to open the line
  std::function<void()> stopped_;
  irmeter::Timers<Timer> timers_;
  EventSource timer_;  // for the first of them, and the deadline of the core
  EventSource stop_notice_;
};

}  // namespace irmeterd
