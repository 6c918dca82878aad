// The present snapshot of every meter, and the sinks that are shown each change.
//
// Data moves one way: drivers call update(), the store hands before and after to every sink in the
// order they were added. A sink changes nothing in the store from there, and never calls upstream.
// meters() reads as it is after the change. A sink may keep a reference to a snapshot, which is
// good until meter_removed() has returned.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/snapshot.hpp"

namespace irmeterd {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void meter_added(const MeterSnapshot&) noexcept {}
  // One call per poll, or when the state or the staleness changes between polls.
  virtual void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept = 0;
  virtual void meter_removed(const MeterSnapshot&) noexcept {}
  // The meter has a new entry in one of its logs; each once, the oldest of a log first.
  virtual void event_logged(const MeterSnapshot&, const irmeter::LogEntry&) noexcept {}
};

class Store {
 public:
  // The sink is told of every meter there is, as meter_added(). It must outlive the store or be
  // removed before it goes.
  void add_sink(Sink& sink) {
    sinks_.push_back(&sink);
    for (const auto& [name, meter] : meters_) {
      sink.meter_added(meter);
    }
  }
  void remove_sink(Sink& sink) { std::erase(sinks_, &sink); }

  // Adds the meter, or replaces its snapshot; sinks hear of it unless nothing changed.
  void update(const MeterSnapshot& meter) {
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
  // Of a meter that was added.
  void tell(const std::string& name, const irmeter::LogEntry& entry) {
    for (Sink* sink : sinks_) {
      sink->event_logged(meters_.at(name), entry);
    }
  }
  void remove(const std::string& name) {
    const auto place = meters_.find(name);
    if (place == meters_.end()) {
      return;
    }
    const auto gone = meters_.extract(place);
    for (Sink* sink : sinks_) {
      sink->meter_removed(gone.mapped());
    }
  }

  [[nodiscard]] const std::map<std::string, MeterSnapshot>& meters() const { return meters_; }

 private:
  std::map<std::string, MeterSnapshot> meters_;
  std::vector<Sink*> sinks_;
};

}  // namespace irmeterd
