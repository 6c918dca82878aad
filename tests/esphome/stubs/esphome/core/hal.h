// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstdint>

namespace esphome {

std::uint32_t micros();

}  // namespace esphome
