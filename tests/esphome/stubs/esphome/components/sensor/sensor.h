// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

namespace esphome::sensor {

class Sensor {
 public:
  void publish_state(float value) {
    state = value;
    ++published;
  }
  float state = 0;
  unsigned published = 0;
};

}  // namespace esphome::sensor
