// Who is there, as the broker is told: the daemon, and each meter that has been identified.
//
// The broker itself says that a daemon is gone that ends without a word; that is the will. What it
// cannot say is that the meters are gone with it. For this it keeps a list of those online, and the
// daemon's next run takes back what nobody vouches for any more.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/mqtt/session.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/table.hpp"

namespace irmeterd {

class MqttPresence {
 public:
  // The daemon is online from now on.
  MqttPresence(MqttTable& table, const MqttTopics& topics);

  [[nodiscard]] static MqttMessage will(const MqttTopics& topics);

  void set(const std::string& id, bool online);
  // The meter is none of ours, or not any more: offline, and then forgotten.
  void give_up(const std::string& id);
  [[nodiscard]] bool knows(const std::string& id) const { return online_.contains(id); }

  // The list an earlier run has left: whichever is not ours by now is offline until it is
  // identified.
  void take_back(std::string_view list);

  // Daemon and meters are offline.
  void leave();

 private:
  void set_list();

  MqttTable& table_;
  const MqttTopics& topics_;
  std::map<std::string, bool> online_;  // by id
};

}  // namespace irmeterd
