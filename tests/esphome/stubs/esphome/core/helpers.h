// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

namespace esphome {

class HighFrequencyLoopRequester {
 public:
  void start() { requested = true; }
  void stop() { requested = false; }
  static inline bool requested = false;
};

}  // namespace esphome
