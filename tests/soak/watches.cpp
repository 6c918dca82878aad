#include "tests/soak/watches.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/faces.hpp"
#include "lib/meter/tables.hpp"
#include "tests/support/decode_reading.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// The meter's own integer behind a value with decimals. NaN is no value.
void set(irmeter::Values& values, irmeter::Quantity quantity, double shown, int decimals,
         Sightings& sightings) {
  constexpr double inexact = 1e-4;
  if (std::isnan(shown)) {
    return;
  }
  const double scaled = shown * std::pow(10, decimals);
  if (std::abs(scaled - std::round(scaled)) > inexact) {
    sightings.nonsense.push_back(std::string(irmeter::info(quantity).key) + " = " +
                                 std::to_string(shown));
  }
  values.set(quantity, std::llround(scaled));
}

irmeter::Values values_of(const json& document, Sightings& sightings) {
  irmeter::Values values;
  for (const Face& face : faces) {
    if (const auto found = document.find(face.json_key.view());
        found != document.end() && !found->is_null()) {
      set(values, face.id, found->get<double>(), face.json_decimals, sightings);
    }
  }
  return values;
}

// "2025-06-21T10:00:00.123Z"
WallTime time_of(const json& document) {
  tm broken_down{};
  int thousandths = 0;
  const auto text = document.at("time").get<std::string>();
  if (const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &broken_down);
      rest == nullptr || std::sscanf(rest, ".%3dZ", &thousandths) != 1) {
    throw std::runtime_error("no time: " + text);
  }
  return std::chrono::system_clock::from_time_t(::timegm(&broken_down)) + milliseconds(thousandths);
}

// What the properties show, if that is a reading.
void add(const char* where, const Properties& properties, const irmeter::Reading& reading,
         Sightings& sightings) {
  const auto time = std::get<std::uint64_t>(properties.at("LastReadingUSec"));
  if (time != 0) {
    sightings.add(where, WallTime{std::chrono::microseconds(time)}, reading);
  }
}

std::int64_t in_milliseconds(WallTime time) {
  return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

void BusWatch::connect(const std::string& address) {
  client_ = std::make_unique<BusClient>(loop_, address);
  client_->listen();
}

void BusWatch::disconnect() {
  properties_.reset();
  get_all_.reset();
  get_quantities_.reset();
  retry_.reset();
  client_.reset();
}

void BusWatch::look(Sightings& sightings) {
  if (!client_) {
    return;
  }
  if (get_quantities_ && get_quantities_->done) {
    if (get_quantities_->error.empty()) {
      show_quantities(get_quantities_->properties(), sightings);
    }
    get_quantities_.reset();
  }
  if (properties_) {
    take_signals(sightings);
    return;
  }
  if (!get_all_) {
    client_->signals.clear();
    get_all_ = client_->start(path_, properties_interface, "GetAll", {meter_interface});
  } else if (get_all_->done) {
    // Whether a signal came before the reply or behind it cannot be told, so there must be none.
    if (get_all_->error.empty() && client_->signals.empty()) {
      properties_ = get_all_->properties();
      show(sightings);
      show_quantities(*properties_, sightings);
    }
    get_all_.reset();
  }
}

void BusWatch::take_signals(Sightings& sightings) {
  for (const Signal& signal : std::exchange(client_->signals, {})) {
    if (signal.path != path_ || signal.interface != meter_interface) {
      if (signal.member == "InterfacesRemoved" || signal.member == "InterfacesAdded") {
        properties_.reset();  // the service is another one
        return;
      }
      continue;
    }
    for (const auto& [name, value] : signal.changed) {
      (*properties_)[name] = value;
    }
    if (signal.changed.contains("LastReadingUSec")) {
      show(sightings);
    }
    // With all the others, so that there is no doubt of which reading they are.
    if (!signal.invalidated.empty() && !get_quantities_) {
      get_quantities_ = client_->start(path_, properties_interface, "GetAll", {meter_interface});
    }
  }
}

void BusWatch::show(Sightings& sightings) const {
  irmeter::Reading reading;
  for (const Face& face : faces) {
    if (!face.dbus_name.empty()) {
      set(reading.values, face.id, std::get<double>(properties_->at(std::string(face.dbus_name))),
          face.dbus_decimals, sightings);
    }
  }
  add("D-Bus", *properties_, reading, sightings);
}

void BusWatch::show_quantities(const Properties& all, Sightings& sightings) {
  irmeter::Reading reading;
  for (const auto& [key, value] : std::get<std::map<std::string, double>>(all.at("Quantities"))) {
    const auto found = std::ranges::find(irmeter::quantities, key, &irmeter::QuantityInfo::key);
    if (found != irmeter::quantities.end()) {
      set(reading.values, found->id, value, face(found->id).dbus_decimals, sightings);
    }
  }
  add("Quantities on D-Bus", all, reading, sightings);
}

std::string BusWatch::fault() const {
  return properties_ ? std::get<std::string>(properties_->at("Fault")) : "";
}

void BusWatch::retry_key() {
  if (client_ && (!retry_ || retry_->done)) {
    retry_ = client_->start(path_, meter_interface, "RetryKey");
  }
}

void MqttWatch::look(const std::vector<MqttWatcher::Seen>& seen, std::size_t from,
                     Sightings& sightings) const {
  for (; from < seen.size(); ++from) {
    const auto& [topic, payload, retained, qos] = seen[from];
    if (!topic.starts_with(prefix_)) {
      continue;
    }
    const std::string kind = topic.substr(prefix_.size());
    if (kind != "registers" && kind != "live" && kind != "diagnostics") {
      continue;
    }
    const json document = json::parse(payload);
    if (document.at("time").is_null()) {
      continue;
    }
    const WallTime read_at = time_of(document);
    if (kind == "diagnostics") {
      sightings.poll_times[in_milliseconds(read_at)] =
          milliseconds(document.at("poll_time_ms").get<std::int64_t>());
    } else {
      irmeter::Reading reading;
      reading.values = values_of(document, sightings);
      sightings.add(kind + " on MQTT", read_at, reading);
    }
  }
}

void CacheWatch::look(Sightings& sightings) {
  for (const std::string name : {"reading.json", "BT23", "BT28"}) {
    const std::string file = folder_ + "/" + name;
    struct stat before {};
    struct stat after {};
    if (::stat(file.c_str(), &before) != 0) {
      continue;
    }
    const WallTime written =
        std::chrono::system_clock::from_time_t(before.st_mtim.tv_sec) +
        std::chrono::floor<WallTime::duration>(std::chrono::nanoseconds(before.st_mtim.tv_nsec));
    std::ifstream stream(file, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(stream), {});
    if (::stat(file.c_str(), &after) != 0 || after.st_ino != before.st_ino ||
        std::exchange(latest_[name], written) == written) {
      continue;
    }
    const irmeter::Bytes bytes(content.begin(), content.end());
    if (name == "reading.json") {
      const json document = json::parse(content);
      irmeter::Reading reading;
      reading.values = values_of(document, sightings);
      sightings.add(name, time_of(document), reading);
    } else if (name == "BT23" && bytes.size() == 8) {
      sightings.add(name, written, irmeter::decode_reading(bytes, {}));
    } else if (name == "BT28" && bytes.size() == 40) {
      sightings.add(name, written, irmeter::decode_reading({}, bytes));
    } else {
      sightings.nonsense.push_back(file + " has " + std::to_string(content.size()) + " bytes");
    }
  }
}

}  // namespace irmeterd
