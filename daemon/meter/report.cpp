#include "daemon/meter/report.hpp"

#include <algorithm>
#include <utility>

#include "common/faces.hpp"
#include "common/json.hpp"
#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

// How long a poll and the attempts to open a line may take. When no poll has ended for longer, the
// process or the machine was asleep; what is old is then not the meter's doing, and the poll that
// is due gets as long to tell before the meter is called offline.
constexpr std::chrono::seconds longest_poll{15};

std::string amount(const Face& face, std::int64_t value) {
  std::string text = JsonWriter().fixed(value, face.json_decimals).take();
  return face.unit.empty() ? text : text + " " + std::string(face.unit);
}

bool is_good(irmeter::State state) {
  return state == irmeter::State::online || state == irmeter::State::quiet;
}

bool is_left_alone(irmeter::State state) {
  return state == irmeter::State::quiet || state == irmeter::State::locked_out;
}

std::optional<irmeter::Fault> fault_of(const std::optional<irmeter::Failure>& failure) {
  return failure ? std::optional(failure->fault) : std::nullopt;
}

}  // namespace

MeterReport::MeterReport(Loop& loop, const Log& log, Store& store, const MeterConfig& config,
                         std::string key_place)
    : loop_(loop), log_(log), store_(store), key_place_(std::move(key_place)) {
  snapshot_.name = config.name;
  snapshot_.device = config.device;
  snapshot_.interval = config.interval;
  stale_timer_ = loop.timer([this] { on_stale(); });
  store_.update(snapshot_);
}

void MeterReport::line_failed(const irmeter::Failure& failure) {
  if (!std::exchange(open_, false) || !is_left_alone(state())) {
    end_poll(failure);
  }
}

void MeterReport::line_ready() {
  open_ = true;
  if (std::exchange(was_open_, true)) {
    ++snapshot_.counters.reconnects;
  }
}

void MeterReport::identified(irmeter::Identity identity) {
  if (snapshot_.identity.serial_number != identity.serial_number) {
    // Another meter: what the one before it said is not true of this one.
    snapshot_.reading.reset();
    snapshot_.stale = true;
    log_.info(snapshot_.name + ": found meter " + identity.manufacturer + " " + identity.model +
                  ", serial number " + identity.serial_number + ", firmware " +
                  identity.firmware_version,
              {{"METER", snapshot_.name}});
  }
  snapshot_.identity = std::move(identity);
}

void MeterReport::poll_ended(const irmeter::PollEnded& poll, const irmeter::LinkCounters& link) {
  snapshot_.counters.retries = link.retries;
  snapshot_.counters.crc_errors = link.crc_errors;
  snapshot_.counters.echoes = link.echoes;
  if (const irmeter::Reading* reading = poll.reading()) {
    take(*reading, poll);
    end_poll(std::nullopt);
    return;
  }
  irmeter::Failure failure = std::get<irmeter::Failure>(poll.result);
  if (failure.fault == irmeter::Fault::no_key) {
    failure.context = key_place_;
  }
  end_poll(std::move(failure));
}

void MeterReport::take(const irmeter::Reading& reading, const irmeter::PollEnded& poll) {
  snapshot_.reading = reading;
  snapshot_.read_at = std::chrono::system_clock::now();
  snapshot_.stale = false;
  snapshot_.poll_time = std::chrono::duration_cast<std::chrono::milliseconds>(poll.duration);
  snapshot_.echo = poll.echo;
  snapshot_.withheld = poll.withheld;
  snapshot_.counters.held_back += poll.withheld.count();
  std::ranges::for_each(poll.accepted, [this](const auto& accepted) { log_accepted(accepted); });
  Loop::arm(stale_timer_, loop_.now() + snapshot_.stale_limit());
}

void MeterReport::end_poll(std::optional<irmeter::Failure> failure) {
  const auto before = std::exchange(snapshot_.failure, std::move(failure));
  const bool first = snapshot_.counters.polls++ == 0;
  last_end_ = loop_.now();
  if (first || fault_of(before) != fault_of(snapshot_.failure)) {
    log_state();
  }
  store_.update(snapshot_);
}

void MeterReport::log_state() const {
  const std::string name(irmeter::info(state()).name);
  Log::Fields fields{message_id(state()), {"METER", snapshot_.name}, {"STATE", name}};
  if (snapshot_.failure) {
    fields.emplace_back("FAULT", irmeter::info(snapshot_.failure->fault).name);
  }
  log_.write(is_good(state()) ? LogLevel::info : LogLevel::warning,
             snapshot_.name + ": " + name + ". " + snapshot_.detail(), fields);
}

void MeterReport::log_accepted(const irmeter::Plausibility::Accepted& accepted) const {
  const Face& shown = face(accepted.quantity);
  const std::string key(irmeter::info(accepted.quantity).key);
  const std::string from =
      accepted.before ? " went from " + amount(shown, *accepted.before) + " to " : " is ";
  log_.warning(snapshot_.name + ": " + key + from + amount(shown, accepted.now) +
                   " and stays there, so it is believed. Was the meter exchanged, did the register "
                   "roll over, or does the setting main_fuse not fit?",
               {message_id(Event::value_accepted), {"METER", snapshot_.name}, {"QUANTITY", key}});
}

void MeterReport::on_stale() {
  const irmeter::Instant now = loop_.now();
  if (now - std::exchange(last_end_, now) > snapshot_.interval + longest_poll) {
    Loop::arm(stale_timer_, now + longest_poll);
    return;
  }
  snapshot_.stale = true;
  store_.update(snapshot_);
}

}  // namespace irmeterd
