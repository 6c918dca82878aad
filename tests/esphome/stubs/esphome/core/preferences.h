// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

namespace esphome {

// The flash: what was written, and how often that still works.
struct Flash {
  std::map<std::uint32_t, std::vector<std::uint8_t>> written;
  unsigned writes_left = 1'000;
};
inline Flash flash;

class ESPPreferences;
extern ESPPreferences* global_preferences;

class ESPPreferenceObject {
 public:
  ESPPreferenceObject() = default;
  explicit ESPPreferenceObject(std::uint32_t type) : type_(type) {}
  template <typename T>
  bool save(const T* what);
  template <typename T>
  bool load(T* what);

 private:
  std::uint32_t type_ = 0;
};

// save() keeps what it is given in memory, and is content; sync() writes all of that, once.
class ESPPreferences {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T> ESPPreferenceObject make_preference(std::uint32_t type,
                                                                               bool /*in_flash*/) {
    return ESPPreferenceObject(type);
  }
  bool sync() {
    if (pending.empty()) {
      return true;
    }
    const bool works = flash.writes_left > 0;
    if (works) {
      --flash.writes_left;
      for (auto& [type, bytes] : pending) {
        flash.written[type] = std::move(bytes);
      }
    }
    pending.clear();
    return works;
  }

  std::map<std::uint32_t, std::vector<std::uint8_t>> pending;
};
inline ESPPreferences preferences_of_the_test;
inline ESPPreferences* global_preferences = &preferences_of_the_test;

template <typename T>
bool ESPPreferenceObject::save(const T* what) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(what);
  global_preferences->pending[type_].assign(bytes, bytes + sizeof(T));
  return true;
}
template <typename T>
bool ESPPreferenceObject::load(T* what) {
  for (const auto* const place : {&global_preferences->pending, &flash.written}) {
    if (const auto found = place->find(type_); found != place->end()) {
      const bool fits = found->second.size() == sizeof(T);
      if (fits) {
        std::memcpy(what, found->second.data(), sizeof(T));
      }
      return fits;
    }
  }
  return false;
}

}  // namespace esphome
