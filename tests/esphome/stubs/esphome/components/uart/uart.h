// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace esphome::uart {

class UARTDevice {
 public:
  int available() { return static_cast<int>(incoming.size()); }
  bool read_array(std::uint8_t* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[i] = incoming.front();
      incoming.pop_front();
    }
    return true;
  }
  void write_array(const std::uint8_t* bytes, std::size_t size) {
    outgoing.insert(outgoing.end(), bytes, bytes + size);
  }
  void check_uart_settings(std::uint32_t /*baud*/) {}

  // The other end of the line.
  std::deque<std::uint8_t> incoming;
  std::vector<std::uint8_t> outgoing;
};

}  // namespace esphome::uart
