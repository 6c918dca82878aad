// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <string>

namespace esphome::text_sensor {

class TextSensor {
 public:
  void publish_state(const std::string& text) { state = text; }
  std::string state;
};

}  // namespace esphome::text_sensor
