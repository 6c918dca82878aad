#include "daemon/meter/slow_tables.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "daemon/meter/clock_offset.hpp"
#include "daemon/meter/report.hpp"

namespace irmeterd {

void SlowTables::begin_anew() {
  snapshot_.status.reset();
  snapshot_.tariff.reset();
  snapshot_.ratios.reset();
  snapshot_.clock_offset.reset();
  snapshot_.mbus_devices = {};
  snapshot_.mbus_values = {};
  mbus_ = {};
  local_time_.reset();
  utc_.reset();
  zone_.reset();
  outages_.clear();
}

// What makes no sense has been left out by the plan.
void SlowTables::take(const irmeter::TableBytes& output) {
  switch (output.what.table) {
    case irmeter::bt03:
      take_status(*irmeter::decode_bt03(output.bytes));
      break;
    case irmeter::bt15:
      snapshot_.ratios = *irmeter::decode_bt15(output.bytes);
      break;
    case irmeter::bt52:
      take_clock(*irmeter::decode_bt52(output.bytes), output);
      break;
    case irmeter::bt55:
      take_local_time(*irmeter::decode_bt55(output.bytes), output);
      break;
    case irmeter::et11:
      mbus_.take_dimensions(*irmeter::decode_et11(output.bytes));
      show_mbus();
      break;
    case irmeter::et16:
      (void)mbus_.take(output.what, output.bytes);
      show_mbus();
      break;
    default:
      return;
  }
  store_.update(snapshot_);
}

// Outages are in local time: they wait until it is known how far that is ahead.
void SlowTables::take(const irmeter::LogNews& output) {
  if (output.table != irmeter::et81) {
    show(output);
  } else if (zone_) {
    irmeter::LogNews news = output;
    for (irmeter::LogEntry& entry : news.entries) {
      entry.time -= *zone_;
    }
    show(news);
  } else if (outages_.empty() || output.count > 0) {
    outages_.push_back(output);
    constexpr std::size_t most = MeterSnapshot::most_entries / irmeter::LogNews::most + 1;
    if (outages_.size() > most) {  // of a meter that never shows both of its clocks
      outages_.erase(outages_.begin());
    }
  }
}

// What is in the log of a meter that is new here, or in one that has begun anew, is history. An
// event may be in two logs under the same number.
void SlowTables::show(const irmeter::LogNews& news) {
  auto log = snapshot_.log ? *snapshot_.log : std::vector<irmeter::LogEntry>();
  const auto [told, begins] = snapshot_.log_told.try_emplace(news.table, news.newest);
  const bool begins_anew = news.newest < told->second;
  if (begins_anew) {
    told->second = news.newest;
    std::erase_if(log, [&](const auto& entry) { return entry.table == news.table; });
  }
  std::vector<irmeter::LogEntry> untold;
  for (const irmeter::LogEntry& entry : std::span(news.entries).first(news.count)) {
    const bool is_new = entry.sequence > told->second;
    told->second = std::max(told->second, entry.sequence);
    if (std::ranges::any_of(log, [&](const auto& each) { return each.is_same(entry); })) {
      continue;
    }
    const auto behind = std::find_if(log.rbegin(), log.rend(),
                                     [&](const auto& each) { return !entry.is_before(each); });
    log.insert(behind.base(), entry);
    if (is_new) {
      untold.push_back(entry);
    }
  }
  if (snapshot_.log && !begins && !begins_anew && news.count == 0) {
    return;
  }
  if (log.size() > MeterSnapshot::most_entries) {
    log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(MeterSnapshot::most_entries));
  }
  snapshot_.log = std::make_shared<const std::vector<irmeter::LogEntry>>(std::move(log));
  store_.update(snapshot_);
  for (const irmeter::LogEntry& entry : untold) {
    log_event(log_, snapshot_.name, entry);
    store_.tell(snapshot_.name, entry);
  }
}

void SlowTables::take_status(const irmeter::StatusFlags& flags) {
  log_flags(log_, snapshot_.name, snapshot_.status, flags);
  snapshot_.status = flags;
  snapshot_.status_at = std::chrono::system_clock::now();
}

void SlowTables::take_local_time(const irmeter::LocalClock& clock,
                                 const irmeter::TableBytes& table) {
  snapshot_.tariff = clock.tariff;
  local_time_ = Shown{clock.time, table.answered};
  show_mbus();
  if (!utc_) {
    return;
  }
  const auto later = local_time_->at - utc_->at;
  zone_ = zone_of(utc_->time, local_time_->time, std::chrono::floor<std::chrono::seconds>(later));
  if (zone_) {
    for (const irmeter::LogNews& news : std::exchange(outages_, {})) {
      take(news);
    }
  }
}

// With the time that has passed since, for what they say does not stay true.
void SlowTables::show_mbus() {
  std::optional<irmeter::MeterTime> now;
  if (local_time_) {
    now =
        local_time_->time + std::chrono::floor<std::chrono::seconds>(loop_.now() - local_time_->at);
  }
  for (std::size_t slot = 0; slot < irmeter::mbus_slots; ++slot) {
    snapshot_.mbus_devices.at(slot) = mbus_.device(slot);
    snapshot_.mbus_values.at(slot) = irmeter::mbus_values(mbus_.entry(slot), now);
  }
}

void SlowTables::take_clock(std::chrono::sys_seconds shown, const irmeter::TableBytes& table) {
  utc_ = Shown{shown, table.answered};
  if (!clock_is_synchronised()) {
    snapshot_.clock_offset.reset();
    return;
  }
  const auto now = std::chrono::system_clock::now();
  const auto wall = [&](irmeter::Instant then) { return now - (loop_.now() - then); };
  snapshot_.clock_offset =
      clock_offset(shown, wall(table.asked), wall(table.answered), snapshot_.clock_offset);
}

}  // namespace irmeterd
