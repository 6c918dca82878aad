#include "daemon/meter/report.hpp"

#include <utility>

#include "common/event_texts.hpp"
#include "common/faces.hpp"
#include "common/json.hpp"
#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

std::string amount(const Face& face, std::int64_t value) {
  std::string text = JsonWriter().fixed(value, face.json_decimals).take();
  return face.unit.empty() ? text : text + " " + std::string(face.unit);
}

bool is_good(irmeter::State state) {
  return state == irmeter::State::online || state == irmeter::State::quiet;
}

std::optional<irmeter::Fault> fault_of(const std::optional<irmeter::Failure>& failure) {
  return failure ? std::optional(failure->fault) : std::nullopt;
}

constexpr std::chrono::minutes period{10};
constexpr unsigned most_lines = 6;

void write(const Log& log, const MeterSnapshot& meter, const std::string& more) {
  const irmeter::State state = meter.state();
  const std::string name(irmeter::info(state).name);
  Log::Fields fields{message_id(state), {"METER", meter.name}, {"STATE", name}};
  if (meter.failure) {
    fields.emplace_back("FAULT", irmeter::info(meter.failure->fault).name);
  }
  log.write(is_good(state) ? LogLevel::info : LogLevel::warning,
            meter.name + ": " + name + ". " + meter.detail() + more, fields);
}

}  // namespace

void log_found(const Log& log, const MeterSnapshot& meter) {
  const irmeter::Identity& identity = meter.identity;
  log.info(meter.name + ": found meter " + identity.manufacturer + " " + identity.model +
               ", serial number " + identity.serial_number + ", firmware " +
               identity.firmware_version,
           {{"METER", meter.name}});
}

void StateLog::poll_ended(const Log& log, const MeterSnapshot& meter,
                          const std::optional<irmeter::Failure>& before, irmeter::Instant now) {
  const bool changed = meter.counters.polls <= 1 || fault_of(before) != fault_of(meter.failure);
  const bool over = since_ && now - *since_ >= period;
  const unsigned untold = over ? std::exchange(untold_, 0) : 0;
  if (over) {
    since_.reset();
    lines_ = 0;
    told_ = untold > 0 ? told_ : decltype(told_){};
  }
  if (untold > 0) {
    (void)takes(meter.failure);
    write(log, meter,
          " Changes of the state in the last ten minutes that were not logged: " +
              std::to_string(untold + (changed ? 1 : 0)) + ".");
  } else if (changed && takes(meter.failure)) {
    write(log, meter, {});
  } else {
    untold_ += changed ? 1 : 0;
    return;
  }
  since_ = since_.value_or(now);
}

// Whether the change to this failure, or to none, has a line.
bool StateLog::takes(const std::optional<irmeter::Failure>& failure) {
  if (lines_ == most_lines) {
    return false;
  }
  if (!failure || is_good(failure->state())) {
    told_.reset();
  } else if (told_.test(static_cast<std::size_t>(failure->fault))) {
    return false;
  } else {
    told_.set(static_cast<std::size_t>(failure->fault));
  }
  ++lines_;
  return true;
}

void log_left_out(const Log& log, const std::string& meter, const irmeter::TableLeftOut& table) {
  const std::string name = irmeter::table_name(table.table);
  const bool brings_values = table.table == irmeter::bt23 || table.table == irmeter::bt28;
  const std::string reason = table.failure.context == name
                                 ? std::string(info(table.failure.fault).name)
                                 : table.failure.context;
  log.info(meter + ": " + (brings_values ? "what is read of " + name + " in pauses" : name) +
               " is left out for a day (" + reason +
               "); `ir-meterctl retry-tables` asks for it again",
           {{"METER", meter}, {"TABLE", name}});
}

void log_flags(const Log& log, const std::string& meter,
               const std::optional<irmeter::StatusFlags>& before,
               const irmeter::StatusFlags& after) {
  for (std::size_t i = 0; i < irmeter::status_flags.size(); ++i) {
    const irmeter::StatusFlag& flag = irmeter::status_flags[i];
    const bool notice = flag.kind == irmeter::FlagKind::notice;
    const bool set = after.test(i);
    if (set == (before ? before->test(i) : notice && set)) {
      continue;
    }
    log.write(set && !notice ? LogLevel::warning : LogLevel::info,
              meter + ": the meter " + (set ? "has set" : "has cleared") + " the flag " +
                  std::string(flag.name) + " of its status.",
              {message_id(set ? Event::flag_set : Event::flag_cleared),
               {"METER", meter},
               {"FLAG", std::string(flag.name)}});
  }
}

void log_event(const Log& log, const std::string& meter, const irmeter::LogEntry& entry) {
  const std::string text = event_text(entry);
  const std::string time = JsonWriter().time(entry.time).take();
  log.info(meter + ": the log of the meter has a new entry: " + text + " (" +
               time.substr(1, time.size() - 2) + " by its clock).",
           {message_id(Event::event_logged),
            {"METER", meter},
            {"EVENT", std::to_string(entry.id)},
            {"EVENT_TEXT", text}});
}

void log_accepted(const Log& log, const std::string& meter,
                  const irmeter::Plausibility::Accepted& accepted) {
  const Face& shown = face(accepted.quantity);
  const std::string key(irmeter::info(accepted.quantity).key);
  const std::string from =
      accepted.before ? " went from " + amount(shown, *accepted.before) + " to " : " is ";
  log.warning(meter + ": " + key + from + amount(shown, accepted.now) +
                  " and stays there, so it is published. Was the meter exchanged, did the register "
                  "roll over, or does the setting main_fuse not fit?",
              {message_id(Event::value_accepted), {"METER", meter}, {"QUANTITY", key}});
}

}  // namespace irmeterd
