#include "daemon/meter/known_meters.hpp"

#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/files.hpp"

namespace irmeterd {
namespace {

using irmeter::Identity;
using nlohmann::json;

// A register that jumps with every other reading must not wear out a card.
constexpr std::chrono::minutes longest_unsaved{1};
constexpr std::chrono::hours log_told_every{1};
constexpr std::size_t max_file = 65536;  // bytes; a meter takes some 200

constexpr std::array<std::pair<const char*, std::string Identity::*>, 6> fields{{
    {"manufacturer", &Identity::manufacturer},
    {"model", &Identity::model},
    {"hardware_version", &Identity::hardware_version},
    {"firmware_version", &Identity::firmware_version},
    {"serial_number", &Identity::serial_number},
    {"utility_serial_number", &Identity::utility_serial_number},
}};

constexpr std::array<std::pair<const char*, irmeter::TableId>, 3> logs{{
    {"log_told", irmeter::bt74},
    {"other_log_told", irmeter::et79},
    {"outages_told", irmeter::et81},
}};

bool is_held_back(const MeterSnapshot& meter, irmeter::Quantity quantity) {
  return irmeter::is_register(quantity) && meter.withheld.test(static_cast<std::size_t>(quantity));
}

void read_kept(const json& kept, KnownMeter& meter) {
  meter.kept_since =
      std::chrono::sys_seconds(std::chrono::seconds(kept.at("since").get<std::uint32_t>()));
  for (const auto& quantity : irmeter::quantities) {
    if (irmeter::is_register(quantity.id) && kept.contains(quantity.key)) {
      meter.kept.set(quantity.id, kept.at(quantity.key).get<std::uint32_t>());
    }
  }
}

json write_kept(const KnownMeter& meter) {
  json kept = {{"since", meter.kept_since.time_since_epoch().count()}};
  for (const auto& quantity : irmeter::quantities) {
    if (const auto value = meter.kept.get(quantity.id)) {
      kept[std::string(quantity.key)] = *value;
    }
  }
  return kept;
}

}  // namespace

KnownMeters::KnownMeters(Loop& loop, const std::string& directory, const Log& log)
    : path_(directory.empty() ? "" : directory + "/meters.json"),
      log_(log),
      kept_(loop, longest_unsaved, [this] { save(); }),
      told_(loop, log_told_every, [this] { save(); }) {
  if (path_.empty()) {
    return;
  }
  std::string buffer(max_file, '\0');
  const auto text = read_file(path_, buffer);
  try {
    const json document = text ? json::parse(*text) : json::object();
    for (const auto& [name, meter] : document.items()) {
      for (const auto& [key, field] : fields) {
        meter.at(key).get_to(meters_[name].identity.*field);
      }
      meters_[name].exchanged = meter.value("exchanged", false);
      for (const auto& [key, table] : logs) {
        if (meter.contains(key)) {
          meters_[name].log_told[table] = meter.at(key).get<std::uint32_t>();
        }
      }
      if (meter.contains("kept")) {
        read_kept(meter.at("kept"), meters_[name]);
      }
    }
  } catch (const json::exception& error) {
    log_.warning(path_ + " makes no sense, and is written anew: " + error.what());
    meters_.clear();
  }
}

KnownMeter KnownMeters::meter(const std::string& name) const {
  const auto known = meters_.find(name);
  return known == meters_.end() ? KnownMeter{} : known->second;
}

void KnownMeters::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  KnownMeter known{after.identity, after.exchanged};
  note_kept(known, before, after);
  known.log_told = after.log_told;
  const KnownMeter earlier = meter(after.name);
  if (after.identity.serial_number.empty() || known == earlier) {
    return;
  }
  meters_[after.name] = known;
  if (known.identity != earlier.identity || known.exchanged != earlier.exchanged) {
    save();
    return;
  }
  if (known.kept != earlier.kept || known.kept_since != earlier.kept_since) {
    kept_.want();
  }
  if (known.log_told != earlier.log_told) {
    told_.want();
  }
}

// Until a meter has been read in this run, what was held back in the last one still is.
void KnownMeters::note_kept(KnownMeter& known, const MeterSnapshot& before,
                            const MeterSnapshot& after) const {
  const KnownMeter earlier = meter(after.name);
  const bool goes_on = earlier.identity.serial_number == after.identity.serial_number &&
                       earlier.kept != irmeter::Values{};
  if (!after.reading) {
    known.kept = goes_on ? earlier.kept : irmeter::Values{};
  }
  for (const auto& quantity : irmeter::quantities) {
    if (after.reading && is_held_back(after, quantity.id)) {
      known.kept.set(quantity.id, after.reading->values.get(quantity.id));
    }
  }
  if (known.kept != irmeter::Values{}) {
    known.kept_since =
        goes_on ? earlier.kept_since : std::chrono::floor<std::chrono::seconds>(before.read_at);
  }
}

void KnownMeters::save() const {
  if (path_.empty()) {
    return;
  }
  json document = json::object();
  for (const auto& [name, meter] : meters_) {
    for (const auto& [key, field] : fields) {
      document[name][key] = meter.identity.*field;
    }
    document[name]["exchanged"] = meter.exchanged;
    for (const auto& [key, table] : logs) {
      if (const auto told = meter.log_told.find(table); told != meter.log_told.end()) {
        document[name][key] = told->second;
      }
    }
    if (meter.kept != irmeter::Values{}) {
      document[name]["kept"] = write_kept(meter);
    }
  }
  try {
    replace_file(path_, document.dump(2) + "\n");
  } catch (const std::exception& error) {
    log_.warning(std::string("The meters are not remembered: ") + error.what());
  }
}

}  // namespace irmeterd
