#include "daemon/meter/known_meters.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/files.hpp"

namespace irmeterd {
namespace {

using irmeter::Identity;
using nlohmann::json;

// A register that jumps with every other reading must not wear out a card.
constexpr std::chrono::minutes longest_unsaved{1};
constexpr std::chrono::hours log_told_every{1};
constexpr std::size_t max_meters_file = 262'144;  // bytes; a meter takes some 400

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

auto is_meter(const std::string& serial_number) {
  return [&serial_number](const KnownMeter& known) {
    return known.identity.serial_number == serial_number;
  };
}

bool is_held_back(const MeterSnapshot& meter, irmeter::Quantity quantity) {
  return irmeter::is_register(quantity) && meter.withheld.test(static_cast<std::size_t>(quantity));
}

// Until a meter has been read in this run, what was held back in the last one still is.
void take_kept(KnownMeter& known, const MeterSnapshot& before, const MeterSnapshot& after) {
  if (!after.reading) {
    return;
  }
  const bool begins = known.kept.empty();
  known.kept.clear();
  if (after.withheld.any()) {
    for (const auto& quantity : irmeter::quantities) {
      const auto value = after.reading->values.get(quantity.id);
      if (value && is_held_back(after, quantity.id)) {
        known.kept[quantity.id] = *value;
      }
    }
  }
  if (known.kept.empty()) {
    known.kept_since = {};
  } else if (begins) {
    known.kept_since = std::chrono::floor<std::chrono::seconds>(before.read_at);
  }
}

void read_kept(const json& kept, KnownMeter& meter) {
  meter.kept_since =
      std::chrono::sys_seconds(std::chrono::seconds(kept.at("since").get<std::uint32_t>()));
  for (const auto& quantity : irmeter::quantities) {
    if (irmeter::is_register(quantity.id) && kept.contains(quantity.key)) {
      meter.kept[quantity.id] = kept.at(quantity.key).get<std::uint32_t>();
    }
  }
}

json write_kept(const KnownMeter& meter) {
  json kept = {{"since", meter.kept_since.time_since_epoch().count()}};
  for (const auto& [quantity, value] : meter.kept) {
    kept[std::string(irmeter::info(quantity).key)] = value;
  }
  return kept;
}

KnownMeter read_meter(const json& document) {
  KnownMeter meter;
  for (const auto& [key, field] : fields) {
    document.at(key).get_to(meter.identity.*field);
  }
  for (const auto& [key, table] : logs) {
    if (document.contains(key)) {
      meter.log_told[table] = document.at(key).get<std::uint32_t>();
    }
  }
  if (document.contains("kept")) {
    read_kept(document.at("kept"), meter);
  }
  return meter;
}

json write_meter(const KnownMeter& meter) {
  json document = json::object();
  for (const auto& [key, field] : fields) {
    document[key] = meter.identity.*field;
  }
  for (const auto& [key, table] : logs) {
    if (const auto told = meter.log_told.find(table); told != meter.log_told.end()) {
      document[key] = told->second;
    }
  }
  if (!meter.kept.empty()) {
    document["kept"] = write_kept(meter);
  }
  return document;
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
  std::string buffer(max_meters_file, '\0');
  const auto text = read_file(path_, buffer);
  if (!text) {
    return;
  }
  try {
    const json document = json::parse(*text);
    for (const auto& meter : document.at("meters")) {
      meters_.push_back(read_meter(meter));
    }
    for (const auto& [name, named] : document.at("names").items()) {
      const std::string number = named.at("serial_number");
      if (std::ranges::any_of(meters_, is_meter(number))) {
        names_[name] = {number, named.value("exchanged", false)};
      }
    }
  } catch (const json::exception&) {
    log_.warning(path_ + " makes no sense, and is written anew");
    meters_.clear();
    names_.clear();
  }
}

KnownName KnownMeters::name(const std::string& name) const {
  const auto known = names_.find(name);
  return known == names_.end() ? KnownName{} : known->second;
}

KnownMeter KnownMeters::meter(const std::string& serial_number) const {
  const auto known = std::ranges::find_if(meters_, is_meter(serial_number));
  return known == meters_.end() ? KnownMeter{} : *known;
}

void KnownMeters::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  const std::string& number = after.identity.serial_number;
  if (number.empty()) {
    return;
  }
  const KnownMeter earlier = meter(number);
  KnownMeter known = earlier;
  known.identity = after.identity;
  known.log_told = after.log_told;
  take_kept(known, before, after);
  const KnownName name{number, after.exchanged};
  const bool named = this->name(after.name) == name;
  if (named && known == earlier) {
    return;
  }
  if (named) {
    *std::ranges::find_if(meters_, is_meter(number)) = known;
  } else {
    std::erase_if(meters_, is_meter(number));
    meters_.push_back(known);
    names_[after.name] = name;
    drop_nameless();
  }
  if (!named || known.identity != earlier.identity) {
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

void KnownMeters::drop_nameless() {
  std::set<std::string> named;
  for (const auto& [name, known] : names_) {
    named.insert(known.serial_number);
  }
  std::size_t nameless = meters_.size() - named.size();
  std::erase_if(meters_, [&](const KnownMeter& meter) {
    return nameless > most_nameless && !named.contains(meter.identity.serial_number) &&
           nameless-- > 0;
  });
}

void KnownMeters::save() const {
  if (path_.empty()) {
    return;
  }
  json document = {{"meters", json::array()}, {"names", json::object()}};
  for (const KnownMeter& meter : meters_) {
    document["meters"].push_back(write_meter(meter));
  }
  for (const auto& [name, known] : names_) {
    document["names"][name] = {{"serial_number", known.serial_number},
                               {"exchanged", known.exchanged}};
  }
  try {
    replace_file(path_, document.dump(2) + "\n");
  } catch (const std::exception& error) {
    log_.warning(std::string("The meters are not remembered: ") + error.what());
  }
}

}  // namespace irmeterd
