// Everything the daemon knows of one meter at one moment: what every sink is shown.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/event_log.hpp"
#include "lib/meter/history.hpp"
#include "lib/meter/mbus.hpp"
#include "lib/meter/mbus_records.hpp"
#include "lib/meter/reading.hpp"
#include "lib/meter/status.hpp"
#include "lib/meter/transformers.hpp"
#include "lib/state.hpp"

namespace irmeterd {

// Counted since the daemon started (or since the meter entered the configuration).
struct MeterCounters {
  std::uint64_t polls = 0;       // ended well or badly; grows by one with each attempt to read
  std::uint64_t retries = 0;     // packets sent again
  std::uint64_t crc_errors = 0;  // damaged packets
  std::uint64_t echoes = 0;      // our own packets come back
  std::uint64_t reconnects = 0;  // times the device was opened again
  std::uint64_t withheld = 0;    // values that were read and could not be true

  friend bool operator==(const MeterCounters&, const MeterCounters&) = default;
};

// By the table of the log.
using LogTold = std::map<irmeter::TableId, std::uint32_t>;

struct MeterSnapshot {
  std::string name;    // from the configuration
  std::string device;  // from the configuration
  std::chrono::milliseconds interval{0};
  std::chrono::milliseconds slow_interval{0};
  irmeter::QuantitySet slow;  // what is read at that pace

  irmeter::Identity identity;               // empty until the meter was identified
  irmeter::Identity remembered;             // what was there in an earlier run; may be empty
  bool exchanged = false;                   // the name stood for another meter before
  std::optional<irmeter::Failure> failure;  // of the latest poll

  std::optional<irmeter::Reading> reading;        // the last good one, however old
  std::chrono::system_clock::time_point read_at;  // when the meter answered; valid with reading
  bool stale = true;                              // no reading, or one older than stale_limit()

  // What is read at the slow pace, and when all of it had been read.
  irmeter::Values details;
  std::optional<std::chrono::system_clock::time_point> details_at;
  irmeter::QuantitySet details_withheld;
  bool details_stale = true;  // none, or older than details_limit()

  // Likewise of the slow pace, each by itself, as the meter may lack any of them. The offset, how
  // far the meter's clock is ahead, only while this machine's is right.
  std::optional<irmeter::StatusFlags> status;
  std::chrono::system_clock::time_point status_at;  // valid with status
  std::optional<std::uint8_t> tariff;               // 1 to 8
  std::optional<irmeter::Ratios> ratios;
  std::optional<std::chrono::milliseconds> clock_offset;
  // The M-Bus devices behind it, by slot.
  std::array<std::optional<irmeter::MbusDevice>, irmeter::mbus_slots> mbus_devices;
  // What each of them has sent.
  using MbusValues = std::array<std::vector<irmeter::MbusValue>, irmeter::mbus_slots>;
  MbusValues mbus_values;

  // Of the load profile: the latest interval that was read once it was closed.
  std::optional<irmeter::HistoryInterval> newest_interval;

  // The newest entries of the meter's logs in UTC, oldest first, as they were read in this run;
  // null where it gives none. What is in one of the logs up to its number in log_told is not told
  // again. Each has a number of its own, although two are counted together: they are read one after
  // the other.
  static constexpr std::size_t most_entries = 100;
  std::shared_ptr<const std::vector<irmeter::LogEntry>> log;
  LogTold log_told;

  // Of the latest good poll.
  bool echo = false;              // the probe heard itself
  irmeter::QuantitySet withheld;  // what was read and could not be true

  // Everything that was read, at whichever pace, and could not be true.
  [[nodiscard]] irmeter::QuantitySet held() const { return withheld | details_withheld; }

  std::chrono::milliseconds poll_time{0};  // how long the latest good poll took
  MeterCounters counters;

  // The meter as far as it is known, be it from an earlier run.
  [[nodiscard]] const irmeter::Identity& known() const {
    return identity.serial_number.empty() ? remembered : identity;
  }

  // The outcome of the latest poll, and the same in one sentence that a person can act on.
  [[nodiscard]] irmeter::State state() const {
    if (failure) {
      return failure->state();
    }
    return counters.polls == 0 ? irmeter::State::starting : irmeter::State::online;
  }
  [[nodiscard]] std::string detail() const;

  // As in irmeter::Reading.
  [[nodiscard]] std::uint8_t register_unit() const { return reading ? reading->register_unit : 0; }

  // There is something to be said of its status.
  [[nodiscard]] bool tells_status() const { return status || tariff || clock_offset; }

  // What is still true of all that was read: the registers always, the rest while it is not stale.
  [[nodiscard]] irmeter::Values true_values() const;
  [[nodiscard]] std::optional<std::int64_t> true_value(irmeter::Quantity quantity) const {
    const auto live = reading ? reading->values.get(quantity) : std::nullopt;
    const bool is_true =
        reading && (!(live ? stale : details_stale) || irmeter::is_register(quantity));
    return !is_true ? std::nullopt : live ? live : details.get(quantity);
  }

  // Likewise of the M-Bus devices: the counters always.
  [[nodiscard]] MbusValues true_mbus_values() const;

  // Older than this, a reading is no longer live: three intervals, at least 30 s.
  [[nodiscard]] std::chrono::milliseconds stale_limit() const {
    return std::max<std::chrono::milliseconds>(3 * interval, std::chrono::seconds(30));
  }

  // The same of the details, which may come with every poll only.
  [[nodiscard]] std::chrono::milliseconds details_limit() const {
    return std::max<std::chrono::milliseconds>(3 * std::max(interval, slow_interval),
                                               std::chrono::seconds(30));
  }

  friend bool operator==(const MeterSnapshot&, const MeterSnapshot&) = default;
};

}  // namespace irmeterd
