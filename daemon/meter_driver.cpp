#include "daemon/meter_driver.hpp"

#include <algorithm>
#include <utility>

namespace irmeterd {
namespace {

constexpr std::chrono::milliseconds first_reopen_delay{500};
constexpr std::chrono::milliseconds longest_reopen_delay{5000};
constexpr irmeter::LinkTiming timing;

irmeter::MeterOptions options_for(const MeterConfig& config) {
  irmeter::MeterOptions options;
  options.link = timing;
  options.interval = config.interval;
  options.session = config.session;
  return options;
}

}  // namespace

MeterDriver::MeterDriver(Loop& loop, const Log& log, Store& store, const MeterConfig& config,
                         const MeterKey& key)
    : loop_(loop),
      log_(log),
      store_(store),
      config_(config),
      key_(key),
      meter_(options_for(config), key.key),
      line_(loop, config,
            {[this] { on_ready(); }, [this](irmeter::ByteView bytes) { on_bytes(bytes); },
             [this](const LineFailure& failure) { on_line_failure(failure); }}),
      reopen_delay_(first_reopen_delay) {
  snapshot_.name = config.name;
  snapshot_.device = config.device;
  snapshot_.interval = config.interval;
  snapshot_.detail = irmeter::info(irmeter::State::starting).meaning;
  // The protocol counts in characters of a millisecond, so its timer shares no wake-ups.
  protocol_timer_ = loop.timer(
      [this] {
        meter_.timeout(loop_.now());
        pump();
      },
      std::chrono::microseconds(1));
  reopen_timer_ = loop.timer([this] { open_line(); });
  stale_timer_ = loop.timer([this] { on_stale(); });
  stop_notice_ = loop.deferred([this] {
    const auto done = std::move(stopped_);
    done();
  });
  publish();
}

void MeterDriver::start() {
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

void MeterDriver::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  Loop::disarm(reopen_timer_);
  if (!line_.is_open()) {
    line_.close();
  }
  meter_.stop(loop_.now());
  pump();
}

void MeterDriver::open_line() {
  line_.open();
}

void MeterDriver::on_ready() {
  if (std::exchange(was_open_, true)) {
    ++snapshot_.counters.reconnects;
  }
  reopen_delay_ = first_reopen_delay;
  meter_.line_ready(loop_.now());
  pump();
}

void MeterDriver::on_bytes(irmeter::ByteView bytes) {
  if (key_sent_) {
    log_.trace(config_.name + " M> " + std::to_string(bytes.size()) + " bytes");
  } else {
    log_bytes("M>", bytes);
  }
  meter_.receive(bytes, loop_.now());
  pump();
  if (const std::size_t missing = meter_.missing(); missing > 1) {
    line_.rest_until(loop_.now() + timing.air_time(missing));
  }
}

void MeterDriver::on_line_failure(const LineFailure& failure) {
  meter_.line_lost();
  const irmeter::State before = std::exchange(snapshot_.state, failure.state);
  snapshot_.detail = failure.detail;
  ++snapshot_.counters.polls;
  log_state_change(before);
  publish();
  if (!stopped_) {
    Loop::arm(reopen_timer_, loop_.now() + reopen_delay_);
    reopen_delay_ = std::min(
        {2 * reopen_delay_, longest_reopen_delay, std::max(config_.interval, first_reopen_delay)});
  }
  pump();
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
  arm_timer();
}

void MeterDriver::handle(irmeter::Transmit& output) {
  key_sent_ = output.secret;
  if (output.secret) {
    log_.trace(config_.name + " C> Security, " + std::to_string(output.bytes.size()) + " bytes");
  } else {
    log_bytes("C>", output.bytes);
  }
  line_.write(output.bytes);
  if (output.secret) {
    irmeter::wipe(output.bytes.data(), output.bytes.size());
  }
}

void MeterDriver::handle(irmeter::Identified& output) {
  if (snapshot_.identity.serial_number != output.identity.serial_number) {
    // Another meter: what the one before it said is not true of this one.
    snapshot_.reading.reset();
    snapshot_.stale = true;
    log_.info(config_.name + ": found meter " + output.identity.manufacturer + " " +
                  output.identity.model + ", serial number " + output.identity.serial_number +
                  ", firmware " + output.identity.firmware_version,
              {{"METER", config_.name}});
  }
  snapshot_.identity = std::move(output.identity);
}

void MeterDriver::handle(irmeter::PollEnded& output) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const irmeter::State before = snapshot_.state;
  ++snapshot_.counters.polls;
  count_link_events();
  if (const irmeter::Reading* reading = output.reading()) {
    snapshot_.state = irmeter::State::online;
    snapshot_.detail = irmeter::info(irmeter::State::online).meaning;
    snapshot_.reading = *reading;
    snapshot_.read_at = std::chrono::system_clock::now();
    snapshot_.stale = false;
    snapshot_.poll_time = duration_cast<milliseconds>(output.duration);
    Loop::arm(stale_timer_, loop_.now() + snapshot_.stale_limit());
  } else {
    const auto& failure = std::get<irmeter::Failure>(output.result);
    snapshot_.state = failure.state();
    snapshot_.detail =
        failure.trouble == irmeter::Trouble::no_key ? key_.missing : failure.detail();
  }
  log_state_change(before);
  publish();
}

void MeterDriver::handle(irmeter::Stopped&) {
  line_.close();
  Loop::trigger(stop_notice_);  // not called from here: done may destroy this object
}

void MeterDriver::arm_timer() {
  if (const auto deadline = meter_.deadline()) {
    Loop::arm(protocol_timer_, *deadline);
  } else {
    Loop::disarm(protocol_timer_);
  }
}

void MeterDriver::on_stale() {
  snapshot_.stale = true;
  publish();
}

void MeterDriver::publish() {
  store_.update(snapshot_);
}

void MeterDriver::count_link_events() {
  const irmeter::LinkCounters& link = meter_.counters();
  snapshot_.counters.retries = link.retries;
  snapshot_.counters.crc_errors = link.crc_errors;
  snapshot_.counters.echoes = link.echoes;
}

void MeterDriver::log_state_change(irmeter::State before) {
  if (snapshot_.state == before) {
    return;
  }
  const std::string state(irmeter::info(snapshot_.state).name);
  const bool good = snapshot_.state == irmeter::State::online;
  log_.write(good ? LogLevel::info : LogLevel::warning,
             config_.name + ": " + state + ". " + snapshot_.detail,
             {{"METER", config_.name}, {"STATE", state}});
}

void MeterDriver::log_bytes(const char* direction, irmeter::ByteView bytes) const {
  if (!log_.enabled(LogLevel::trace)) {
    return;
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string line = config_.name + " " + direction;
  for (const std::uint8_t byte : bytes) {
    line += {' ', digits[byte >> 4U], digits[byte & 0xFU]};
  }
  log_.trace(line);
}

}  // namespace irmeterd
