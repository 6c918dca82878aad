#include "daemon/store.hpp"

#include <algorithm>
#include <utility>

namespace irmeterd {

void Store::add_sink(Sink& sink) {
  sinks_.push_back(&sink);
  for (const auto& [name, meter] : meters_) {
    sink.meter_added(meter);
  }
}

void Store::remove_sink(Sink& sink) {
  std::erase(sinks_, &sink);
}

void Store::update(const MeterSnapshot& meter) {
  const auto [place, added] = meters_.try_emplace(meter.name, meter);
  if (added) {
    for (Sink* sink : sinks_) {
      sink->meter_added(place->second);
    }
    return;
  }
  if (place->second == meter) {
    return;
  }
  const MeterSnapshot before = std::exchange(place->second, meter);
  for (Sink* sink : sinks_) {
    sink->meter_changed(before, place->second);
  }
}

void Store::remove(const std::string& name) {
  const auto place = meters_.find(name);
  if (place == meters_.end()) {
    return;
  }
  const auto gone = meters_.extract(place);
  for (Sink* sink : sinks_) {
    sink->meter_removed(gone.mapped());
  }
}

}  // namespace irmeterd
