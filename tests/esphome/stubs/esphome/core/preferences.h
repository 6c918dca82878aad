// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

namespace esphome {

// The flash: what was saved, and how often that still works.
struct Flash {
  std::map<std::uint32_t, std::vector<std::uint8_t>> saved;
  unsigned writes_left = 1'000;
};
inline Flash flash;

class ESPPreferenceObject {
 public:
  ESPPreferenceObject() = default;
  explicit ESPPreferenceObject(std::uint32_t type) : type_(type) {}
  template <typename T>
  bool save(const T* what) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(what);
    if (flash.writes_left == 0) {
      return false;
    }
    --flash.writes_left;
    flash.saved[type_].assign(bytes, bytes + sizeof(T));
    return true;
  }
  template <typename T>
  bool load(T* what) {
    const auto found = flash.saved.find(type_);
    if (found == flash.saved.end() || found->second.size() != sizeof(T)) {
      return false;
    }
    std::memcpy(what, found->second.data(), sizeof(T));
    return true;
  }

 private:
  std::uint32_t type_ = 0;
};

class ESPPreferences {
 public:
  template <typename T>
  ESPPreferenceObject make_preference(std::uint32_t type, bool /*in_flash*/) {
    return ESPPreferenceObject(type);
  }
  bool sync() { return true; }
};
inline ESPPreferences preferences_of_the_test;
inline ESPPreferences* global_preferences = &preferences_of_the_test;

}  // namespace esphome
