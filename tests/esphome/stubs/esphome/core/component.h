// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

namespace esphome {

namespace setup_priority {
inline constexpr float DATA = 600;
}

class Component {
 public:
  virtual ~Component() = default;
  virtual void setup() {}
  virtual void loop() {}
  virtual void dump_config() {}
  virtual float get_setup_priority() const { return 0; }
};

}  // namespace esphome
