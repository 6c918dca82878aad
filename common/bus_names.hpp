// The names the daemon goes by on D-Bus: what it serves, and what a client asks for.
#pragma once

#include <string>

#include "lib/state.hpp"

namespace irmeterd {

inline constexpr const char* service_name = "org.irmeterd.IrMeter1";
inline constexpr const char* root_path = "/org/irmeterd/IrMeter1";
inline constexpr const char* manager_interface = "org.irmeterd.IrMeter1.Manager";
inline constexpr const char* meter_interface = "org.irmeterd.IrMeter1.Meter";

// Of the meter with this name in the configuration.
[[nodiscard]] inline std::string meter_path(const std::string& name) {
  return std::string(root_path) + "/Meter/" + name;
}

// The last part is the name in CamelCase: "no-device" makes NoDevice.
[[nodiscard]] inline std::string error_name(irmeter::State state) {
  std::string error = "org.irmeterd.IrMeter1.Error.";
  bool begins_word = true;
  for (const char c : irmeter::info(state).name) {
    if (c != '-') {
      error += begins_word ? static_cast<char>(c - 'a' + 'A') : c;
    }
    begins_word = c == '-';
  }
  return error;
}
inline constexpr const char* cancelled_error = "org.irmeterd.IrMeter1.Error.Cancelled";

}  // namespace irmeterd
