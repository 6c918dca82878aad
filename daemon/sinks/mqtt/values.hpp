// What the broker is told of a meter's readings: registers, live values and diagnostics, each a
// document on a topic of its own.
#pragma once

#include <map>
#include <string>

#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "daemon/snapshot.hpp"

namespace irmeterd {

class MqttValues {
 public:
  MqttValues(MqttTable& table, const MqttTopics& topics) : table_(table), topics_(topics) {}

  // The documents of the meter with this id from now on. Returns every quantity seen since the
  // first of them: those the documents have keys for.
  const QuantitySet& set(const std::string& id, const MeterSnapshot& meter);
  void forget(const std::string& id);

 private:
  MqttTable& table_;
  const MqttTopics& topics_;
  std::map<std::string, QuantitySet> seen_;  // by id
};

}  // namespace irmeterd
