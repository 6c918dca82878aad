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

constexpr std::size_t max_file = 65536;  // bytes; a meter takes some 200

constexpr std::array<std::pair<const char*, std::string Identity::*>, 6> fields{{
    {"manufacturer", &Identity::manufacturer},
    {"model", &Identity::model},
    {"hardware_version", &Identity::hardware_version},
    {"firmware_version", &Identity::firmware_version},
    {"serial_number", &Identity::serial_number},
    {"utility_serial_number", &Identity::utility_serial_number},
}};

}  // namespace

KnownMeters::KnownMeters(const std::string& directory, const Log& log)
    : path_(directory.empty() ? "" : directory + "/meters.json"), log_(log) {
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

void KnownMeters::meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept {
  const KnownMeter known{after.identity, after.exchanged};
  if (after.identity.serial_number.empty() || known == meter(after.name)) {
    return;
  }
  meters_[after.name] = known;
  if (!path_.empty()) {
    save();
  }
}

void KnownMeters::save() const {
  json document = json::object();
  for (const auto& [name, meter] : meters_) {
    for (const auto& [key, field] : fields) {
      document[name][key] = meter.identity.*field;
    }
    document[name]["exchanged"] = meter.exchanged;
  }
  try {
    replace_file(path_, document.dump(2) + "\n");
  } catch (const std::exception& error) {
    log_.warning(std::string("The meters are not remembered: ") + error.what());
  }
}

}  // namespace irmeterd
