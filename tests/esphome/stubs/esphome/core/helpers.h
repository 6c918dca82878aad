// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

namespace esphome {

class HighFrequencyLoopRequester {
 public:
  void start() {
    requests_ += started_ ? 0U : 1U;
    started_ = true;
  }
  void stop() {
    requests_ -= started_ ? 1U : 0U;
    started_ = false;
  }
  static bool is_high_frequency() { return requests_ > 0; }

 private:
  bool started_ = false;
  static inline unsigned requests_ = 0;
};

}  // namespace esphome
