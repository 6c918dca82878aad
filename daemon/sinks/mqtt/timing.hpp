// How long the MQTT sink waits for what; the tests wait less.
#pragma once

#include <chrono>

#include "common/mqtt/session.hpp"

namespace irmeterd {

struct MqttTiming {
  MqttRetry retry;
  // After Home Assistant's birth message: a random delay, so that not all its devices answer at
  // once.
  std::chrono::milliseconds birth_least{1000};
  std::chrono::milliseconds birth_most{5000};
  // After connecting, until the broker has said what it kept of an earlier run; after discovery,
  // until Home Assistant has subscribed to the topics it names.
  std::chrono::milliseconds settle{2000};
  // After the first connection, until the broker has said which form of discovery it keeps.
  std::chrono::milliseconds look{1000};
  // Between two different discovery messages of a meter; sooner, Home Assistant may miss parts.
  std::chrono::milliseconds discovery_gap{10'000};
  // What the broker keeps and nothing but its times has changed in is told again after this.
  std::chrono::milliseconds unchanged{60'000};
  // On stopping, until what is due has gone out; then nobody waits for the broker any longer.
  std::chrono::milliseconds close{450};
  std::chrono::milliseconds command_gap{1000};  // between two commands to a meter that are heeded
};

}  // namespace irmeterd
