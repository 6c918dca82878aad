// The MQTT sink: takes each snapshot to those who make messages of it, sends what is due as soon as
// there is a broker, and takes the broker's messages to whom they concern.
//
// A table holds the latest message of every topic. Nothing about a meter is published before it was
// identified.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/mqtt/announcements.hpp"
#include "daemon/sinks/mqtt/connection.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/sinks/mqtt/timing.hpp"
#include "daemon/sinks/mqtt/values.hpp"
#include "daemon/sinks/output.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

class MqttPublisher final : public Output, private Sink {
 public:
  // Begins to connect. The configuration has been checked; password belongs to its username.
  MqttPublisher(Loop& loop, const MqttConfig& config, const Secret& password, Store& store,
                CommandQueue& commands, const Log& log, MqttTiming timing = {});
  ~MqttPublisher() override;

  [[nodiscard]] bool connected() const { return connection_.connected(); }
  // "MQTT connected", or why it is not.
  [[nodiscard]] std::string status() const override { return connection_.status(); }
  [[nodiscard]] std::vector<Step> steps() const override { return connection_.steps(); }
  // Tells the broker that daemon and meters are offline, and disconnects.
  void stop() noexcept override;

  // Topics whose latest message is kept, however many were published.
  [[nodiscard]] std::size_t remembered() const { return table_.size(); }

 private:
  struct Meter {
    std::string id;          // empty: not identified, nothing is published
    std::string refused_id;  // of another meter that has the same
    std::optional<irmeter::Instant> commanded;
  };

  void meter_added(const MeterSnapshot& meter) noexcept override;
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;
  void meter_removed(const MeterSnapshot& meter) noexcept override;

  void update(const MeterSnapshot& snapshot);
  void identify(const std::string& name, Meter& meter, const std::string& id);
  void flush();

  void on_connected();
  void on_message(const MqttMessage& message);
  void on_command(const std::string& name, Meter& meter, const MqttMessage& message);

  Loop& loop_;
  Store& store_;
  CommandQueue& commands_;
  const Log& log_;
  MqttTiming timing_;
  bool discovery_;
  MqttTopics topics_;
  std::map<std::string, Meter> meters_;  // by name
  MqttTable table_;
  MqttPresence presence_;
  MqttValues values_;
  MqttAnnouncements announcements_;
  MqttConnection connection_;  // last: its handlers use all the rest
};

}  // namespace irmeterd
