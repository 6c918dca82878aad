#include "daemon/meter/driver.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "common/config/url.hpp"
#include "daemon/meter/report.hpp"

namespace irmeterd {
namespace {

constexpr std::chrono::milliseconds first_reopen_delay{500};
// A serial server that hung, or a converter that lost its settings, may work again once it is
// opened anew.
constexpr unsigned most_silent_polls = 3;
constexpr irmeter::LinkTiming timing;

// How long a poll and the attempts to open a line may take. When no poll has ended for longer, the
// process or the machine was asleep; what is old is then not the meter's doing, and the poll that
// is due gets as long to tell before the meter is called offline.
constexpr std::chrono::seconds poll_over_within{15};

// For the watchdog. A loop that turns meets deadlines within milliseconds; a poll has a deadline of
// its own, and an attempt to open the line takes seconds for each address of a server.
constexpr std::chrono::minutes deadline_met_within{1};
constexpr std::chrono::minutes longest_poll{5};

// A line that is back is to be read within an interval. A missing device costs little to look for;
// a server is not to be pressed.
BackOff reopen_delay(const MeterConfig& config) {
  using namespace std::chrono_literals;
  const auto longest = std::clamp<std::chrono::milliseconds>(config.interval / 2, 250ms,
                                                             is_tcp_url(config.device) ? 5s : 2s);
  return {std::min(first_reopen_delay, longest), longest};
}

bool is_left_alone(irmeter::State state) {
  return state == irmeter::State::quiet || state == irmeter::State::locked_out;
}

}  // namespace

irmeter::MeterOptions MeterDriver::options_for(const MeterConfig& config, std::size_t place) {
  irmeter::MeterOptions options;
  options.link = timing;
  options.interval = config.interval;
  // Multiples of the golden ratio lie apart from each other, however many there are.
  double whole = 0;
  const double part = std::modf(static_cast<double>(place) * std::numbers::phi, &whole);
  options.phase = std::chrono::duration_cast<irmeter::Duration>(part * config.interval);
  options.session = config.session;
  options.pace.fast |= config.fast;
  options.pace.slow_interval = config.slow_interval;
  options.plausibility = {config.main_fuse, config.jump_after};
  return options;
}

MeterDriver::MeterDriver(Loop& loop, const Log& log, Store& store, KeyRecord& keys,
                         const MeterConfig& config, const MeterKey& key,
                         const irmeter::MeterOptions& options, const KnownMeters* known)
    : loop_(loop),
      log_(log),
      store_(store),
      keys_(keys),
      known_(known),
      config_(config),
      key_(key),
      meter_(options, key.key),
      line_(loop, config,
            {[this] { on_ready(); }, [this](irmeter::ByteView bytes) { on_bytes(bytes); },
             [this](const irmeter::Failure& failure) { on_line_failure(failure); }}),
      trace_(log, config.name, key.key),
      slow_tables_(loop, log, store, snapshot_),
      history_(
          {[this](const irmeter::TableRead& what, bool at_once, TableHandler answer) {
             read_table(what, std::move(answer), at_once);
           },
           [this] { return loop_.now(); }, [this] { return snapshot_.register_unit(); },
           [this](const irmeter::HistoryInterval& interval) {
             snapshot_.newest_interval = interval;
             store_.update(snapshot_);
           },
           [this](const irmeter::TableLeftOut& table) { log_left_out(log_, config_.name, table); }},
          options.pace.slow_interval),
      reopen_delay_(reopen_delay(config)),
      // The protocol counts in characters of a millisecond, so it shares no wake-ups.
      timer_(loop.timer([this] { on_time(); }, std::chrono::microseconds(1))) {
  snapshot_.name = config.name;
  snapshot_.device = config.device;
  snapshot_.interval = config.interval;
  snapshot_.slow_interval = config.slow_interval;
  snapshot_.slow = meter_.slow();
  if (known_ != nullptr) {
    const KnownName named = known_->name(config.name);
    snapshot_.remembered = known_->meter(named.serial_number).identity;
    snapshot_.exchanged = named.exchanged;
  }
  store_.update(snapshot_);
}

void MeterDriver::set(Timer timer, irmeter::Instant at) {
  timers_.set(timer, at);
  wait();
}

void MeterDriver::wait() {
  if (const auto next = irmeter::earlier(timers_.next(), meter_.deadline())) {
    Loop::arm(timer_, *next);
  } else {
    Loop::disarm(timer_);
  }
}

void MeterDriver::on_time() {
  const irmeter::Instant now = loop_.now();
  if (timers_.expired(Timer::reopen, now)) {
    open_line();
  }
  if (timers_.expired(Timer::stale, now)) {
    on_stale();
  }
  if (timers_.expired(Timer::details, now)) {
    snapshot_.details_stale = true;
    store_.update(snapshot_);
  }
  timers_.stop(Timer::quiet);  // it is set anew
  apply_quiet_hours();
  meter_.timeout(now);
  pump();
}

void MeterDriver::start() {
  last_end_ = loop_.now();
  apply_quiet_hours();
  meter_.start(loop_.now());
  open_line();
}

void MeterDriver::read_now() {
  if (stopped_) {
    return;
  }
  if (line_.is_open()) {
    meter_.poll_now(loop_.now());
    pump();
  } else if (!line_.is_opening()) {
    open_line();
  }
}

void MeterDriver::retry_key() {
  meter_.retry_key(loop_.now());
  pump();
}

void MeterDriver::read_table(const irmeter::TableRead& what, TableHandler handler, bool at_once) {
  if (!line_.is_open() && snapshot_.failure) {
    handler({what, *snapshot_.failure});
    return;
  }
  asked_.push_back(std::move(handler));
  if (meter_.read_table(what, loop_.now(), at_once)) {
    pump();
    return;
  }
  const TableHandler refused = std::move(asked_.back());
  asked_.pop_back();
  refused(
      {what, irmeter::Failure{irmeter::Fault::busy, irmeter::table_name(what.table)}, what.table});
}

void MeterDriver::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  timers_.stop(Timer::reopen);
  if (!line_.is_open()) {
    line_.close();
  }
  meter_.stop(loop_.now());
  pump();
}

std::vector<Step> MeterDriver::steps() const {
  const std::string part = "meter " + config_.name;
  std::vector<Step> steps{{part, last_end_, config_.interval + longest_poll}};
  if (const auto deadline = meter_.deadline()) {
    steps.push_back({part, *deadline, deadline_met_within});
  }
  return steps;
}

void MeterDriver::open_line() {
  timers_.stop(Timer::reopen);  // read_now() may have come before it
  line_.open();
}

void MeterDriver::on_ready() {
  snapshot_.counters.reconnects = openings_++;
  silent_polls_ = 0;
  meter_.line_ready(loop_.now());
  pump();
}

void MeterDriver::on_bytes(irmeter::ByteView bytes) {
  trace_.received(bytes);
  meter_.receive(bytes, loop_.now());
  pump();
}

// The poll that was due or under way has failed. Of a meter that is left alone nothing was due, and
// servers end connections that are idle; that line is missed once it cannot be opened again.
void MeterDriver::on_line_failure(const irmeter::Failure& failure) {
  last_end_ = loop_.now();
  trace_.ended();
  meter_.line_lost();
  const bool was_open = std::exchange(silent_polls_, std::nullopt).has_value();
  if (!was_open || !is_left_alone(snapshot_.state())) {
    end_poll(failure);
  }
  reopen_later();
  pump();
}

void MeterDriver::reopen_later() {
  if (!stopped_) {
    set(Timer::reopen, loop_.now() + reopen_delay_.next());
  }
}

// The state stays what the polls say: this is an attempt at a cure.
void MeterDriver::reopen_hung_line() {
  line_.close();
  silent_polls_.reset();
  meter_.line_lost();
  reopen_later();
}

// Carries out what the core wants until it wants nothing more. Writing may lose the line, which
// leads back here; the outer call then goes on with what that left.
void MeterDriver::pump() {
  if (std::exchange(pumping_, true)) {
    return;
  }
  while (auto output = meter_.output()) {
    std::visit([this](auto& value) { handle(value); }, *output);
  }
  pumping_ = false;
  wait();
  if (const std::size_t missing = meter_.missing(); missing > 1) {
    const irmeter::Instant complete = loop_.now() + timing.air_time(missing);
    // Nothing is decided by a deadline while what would decide otherwise has arrived.
    const auto deadline = meter_.deadline();
    if (!deadline || complete < *deadline) {
      line_.rest_until(complete);
    }
  }
}

void MeterDriver::handle(irmeter::Transmit& output) {
  trace_.sent(output.bytes);
  line_.write(output.bytes);
  if (output.secret) {
    irmeter::wipe(output.bytes.data(), output.bytes.size());
  }
}

void MeterDriver::handle(irmeter::KeyQuestion& output) {
  auto [permission, why] = keys_.ask(*key_.key, output);
  meter_.answer_key(permission, loop_.now(), std::move(why));
}

void MeterDriver::handle(irmeter::KeyFact& output) {
  keys_.learn(*key_.key, output);
}

void MeterDriver::handle(irmeter::Identified& output) {
  const bool same = snapshot_.identity.serial_number == output.identity.serial_number;
  const std::string known = snapshot_.known().serial_number;
  snapshot_.exchanged |= !known.empty() && known != output.identity.serial_number;
  snapshot_.identity = std::move(output.identity);
  if (!same) {
    begin_anew();
    log_found(log_, snapshot_);
  }
}

// What the meter before it said is not true of this one. What was known of this one before is, be
// it from an earlier run, or by another name.
void MeterDriver::begin_anew() {
  snapshot_.reading.reset();
  snapshot_.echo = false;
  snapshot_.withheld.reset();
  snapshot_.details = {};
  snapshot_.details_at.reset();
  snapshot_.details_withheld.reset();
  slow_tables_.begin_anew();
  snapshot_.newest_interval.reset();
  history_.begin_anew();
  snapshot_.details_stale = true;
  snapshot_.stale = true;
  snapshot_.log.reset();
  snapshot_.log_told.clear();
  if (known_ == nullptr) {
    return;
  }
  const KnownMeter known = known_->meter(snapshot_.identity.serial_number);
  snapshot_.log_told = known.log_told;
  const auto age = std::max(std::chrono::system_clock::now() - known.kept_since,
                            std::chrono::system_clock::duration{});
  irmeter::Values kept;
  for (const auto& [quantity, value] : known.kept) {
    kept.set(quantity, value);
  }
  meter_.remember(kept, loop_.now() - std::chrono::floor<irmeter::Duration>(age));
}

void MeterDriver::handle(irmeter::PollEnded& output) {
  const irmeter::LinkCounters& link = meter_.counters();
  snapshot_.counters.retries = link.retries;
  snapshot_.counters.crc_errors = link.crc_errors;
  snapshot_.counters.echoes = link.echoes;
  bool silent = false;
  if (const irmeter::Reading* reading = output.reading()) {
    take(*reading, output);
    end_poll(std::nullopt);
    // Not as soon as the line opens: a server may take a connection only to drop it.
    reopen_delay_.reset();
    history_.polled();
  } else {
    auto& failure = std::get<irmeter::Failure>(output.result);
    if (failure.fault == irmeter::Fault::no_key) {
      failure.context = key_.place;
    }
    silent = failure.state() == irmeter::State::silent;
    // A meter was read behind it: then it is a serial server, whatever it says.
    const bool is_serial = !snapshot_.identity.serial_number.empty();
    if (const auto why = silent && !is_serial ? line_.why_silent() : std::nullopt) {
      failure = *why;
    }
    end_poll(std::move(failure));
  }
  if (silent_polls_) {
    silent_polls_ = silent ? *silent_polls_ + 1 : 0;
    if (silent_polls_ == most_silent_polls) {
      reopen_hung_line();
    }
  }
}

void MeterDriver::take(const irmeter::Reading& reading, const irmeter::PollEnded& poll) {
  snapshot_.reading = reading;
  snapshot_.read_at = std::chrono::system_clock::now();
  snapshot_.stale = false;
  snapshot_.poll_time = std::chrono::duration_cast<std::chrono::milliseconds>(poll.duration);
  snapshot_.echo = poll.echo;
  snapshot_.withheld = poll.withheld;
  snapshot_.counters.withheld += poll.withheld.count();
  for (const auto& accepted : poll.accepted) {
    log_accepted(log_, config_.name, accepted);
  }
  set(Timer::stale, loop_.now() + snapshot_.stale_limit());
}

void MeterDriver::end_poll(std::optional<irmeter::Failure> failure) {
  last_end_ = loop_.now();
  ++snapshot_.counters.polls;
  const auto before = std::exchange(snapshot_.failure, std::move(failure));
  state_log_.poll_ended(log_, snapshot_, before, last_end_);
  store_.update(snapshot_);
}

void MeterDriver::on_stale() {
  const irmeter::Instant now = loop_.now();
  if (now - std::exchange(last_end_, now) > snapshot_.interval + poll_over_within) {
    set(Timer::stale, now + poll_over_within);
    return;
  }
  snapshot_.stale = true;
  store_.update(snapshot_);
}

void MeterDriver::handle(irmeter::DetailsRead& output) {
  snapshot_.details = output.values;
  snapshot_.details_at = std::chrono::system_clock::now();
  snapshot_.details_stale = false;
  snapshot_.details_withheld = output.withheld;
  snapshot_.counters.withheld += output.withheld.count();
  for (const auto& accepted : output.accepted) {
    log_accepted(log_, config_.name, accepted);
  }
  set(Timer::details, loop_.now() + snapshot_.details_limit());
  store_.update(snapshot_);
}

void MeterDriver::handle(irmeter::TableLeftOut& output) {
  log_left_out(log_, config_.name, output);
}

void MeterDriver::handle(irmeter::TableAnswer& output) {
  const TableHandler handler = std::move(asked_.front());
  asked_.erase(asked_.begin());
  handler(output);
}

void MeterDriver::handle(irmeter::Stopped&) {
  line_.close();
  // Not called from here: done may destroy this object.
  stop_notice_ = loop_.deferred([this] {
    const auto done = std::move(stopped_);
    done();
  });
  Loop::trigger(stop_notice_);
}

// Asked before every poll too, because somebody may have set the clock.
void MeterDriver::apply_quiet_hours() {
  if (config_.quiet_hours.empty() || stopped_) {
    return;
  }
  const auto now = std::chrono::system_clock::now();
  meter_.set_quiet(is_quiet(config_.quiet_hours, now), loop_.now());
  if (const auto change = next_change(config_.quiet_hours, now)) {
    const auto left = std::chrono::ceil<irmeter::Duration>(*change - now);
    set(Timer::quiet, loop_.now() + left);
  }
}

}  // namespace irmeterd
