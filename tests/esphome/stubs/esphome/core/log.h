// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstdio>
#include <string>

namespace esphome {

// All warnings so far.
inline std::string warnings;

template <typename... Arguments>
void warn(const char* format, const Arguments&... arguments) {
  std::string text(1'000, '\0');
  const int size = std::snprintf(text.data(), text.size(), format, arguments...);
  warnings.append(text, 0, static_cast<std::size_t>(size)) += '\n';
}

}  // namespace esphome

#define ESP_LOGW(tag, ...) ((void)(tag), ::esphome::warn(__VA_ARGS__))
#define ESP_LOGCONFIG(tag, ...) ((void)(tag), (void)std::snprintf(nullptr, 0, __VA_ARGS__))
