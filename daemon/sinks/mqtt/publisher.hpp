// The MQTT output: the broker is told of the meters by presence, values and announcements, each a
// sink of its own, and what the broker has to say is taken to whom it concerns.
//
// Nothing about a meter is published before it was identified.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/mqtt/announcements.hpp"
#include "daemon/sinks/mqtt/connection.hpp"
#include "daemon/sinks/mqtt/earlier_places.hpp"
#include "daemon/sinks/mqtt/plain_values.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/timing.hpp"
#include "daemon/sinks/mqtt/values.hpp"
#include "daemon/sinks/output.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttPublisher final : public Output {
 public:
  // Begins to connect. The configuration has been checked; password belongs to its username.
  // lacks: what it needs and has not; then it does not connect. state_directory: may be empty.
  MqttPublisher(Loop& loop, const MqttConfig& config, const Secret& password, Store& store,
                CommandQueue& commands, const Log& log, MqttTiming timing = {},
                const std::optional<MqttFailure>& lacks = {},
                const std::string& state_directory = {});
  ~MqttPublisher() override;

  [[nodiscard]] bool connected() const { return connection_.connected(); }
  // "MQTT connected", or why it is not.
  [[nodiscard]] std::string status() const override { return connection_.status(); }
  [[nodiscard]] std::vector<Step> steps() const override { return connection_.steps(); }
  // Tells the broker that daemon and meters are offline, and disconnects.
  void stop() noexcept override;

  // Topics whose latest message is kept, however many were published.
  [[nodiscard]] std::size_t remembered() { return connection_.table().size(); }

 private:
  void on_connected();
  void on_found(const std::string& id);
  void announced(const std::string& id);
  void on_message(const MqttMessage& message);
  void on_command(const std::string& name, const MqttMessage& message);
  void forget(const std::string& id);
  void leave_earlier_places();

  Loop& loop_;
  Store& store_;
  CommandQueue& commands_;
  const Log& log_;
  MqttTiming timing_;
  Discovery discovery_;
  bool plain_topics_;
  MqttTopics topics_;
  MqttEarlierPlaces earlier_;
  bool leaving_ = false;  // something was kept there
  EventSource left_;      // the earlier places are empty by now
  MqttConnection connection_;
  MqttPresence presence_;
  MqttValues values_;
  MqttPlainValues plain_values_;
  MqttAnnouncements announcements_;
  std::map<std::string, irmeter::Instant> commanded_;  // by name: the latest command heeded
};

}  // namespace irmeterd
