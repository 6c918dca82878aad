#include "daemon/meter/report.hpp"

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

}  // namespace

void log_found(const Log& log, const MeterSnapshot& meter) {
  const irmeter::Identity& identity = meter.identity;
  log.info(meter.name + ": found meter " + identity.manufacturer + " " + identity.model +
               ", serial number " + identity.serial_number + ", firmware " +
               identity.firmware_version,
           {{"METER", meter.name}});
}

void log_poll(const Log& log, const MeterSnapshot& meter,
              const std::optional<irmeter::Failure>& before) {
  if (meter.counters.polls > 1 && fault_of(before) == fault_of(meter.failure)) {
    return;
  }
  const irmeter::State state = meter.state();
  const std::string name(irmeter::info(state).name);
  Log::Fields fields{message_id(state), {"METER", meter.name}, {"STATE", name}};
  if (meter.failure) {
    fields.emplace_back("FAULT", irmeter::info(meter.failure->fault).name);
  }
  log.write(is_good(state) ? LogLevel::info : LogLevel::warning,
            meter.name + ": " + name + ". " + meter.detail(), fields);
}

void log_accepted(const Log& log, const std::string& meter,
                  const irmeter::Plausibility::Accepted& accepted) {
  const Face& shown = face(accepted.quantity);
  const std::string key(irmeter::info(accepted.quantity).key);
  const std::string from =
      accepted.before ? " went from " + amount(shown, *accepted.before) + " to " : " is ";
  log.warning(meter + ": " + key + from + amount(shown, accepted.now) +
                  " and stays there, so it is believed. Was the meter exchanged, did the register "
                  "roll over, or does the setting main_fuse not fit?",
              {message_id(Event::value_accepted), {"METER", meter}, {"QUANTITY", key}});
}

}  // namespace irmeterd
