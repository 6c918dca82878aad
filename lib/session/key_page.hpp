// What is known of one key at a few meters, as bytes of a fixed size: for whoever has a page of
// flash and no files.
//
// An attempt is saved before it is allowed. Where that fails, where there is no room, or where the
// page is not what was saved, a key that is not proven is not shown. What became of a key is saved
// at once, and again with each poll until that works.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/link/packet.hpp"
#include "lib/session/key_fact.hpp"

namespace irmeter {

class KeyPage {
 public:
  static constexpr std::size_t most_meters = 4;
  static constexpr std::size_t serial_size = 16;
  // For each meter its serial number and what is known; then a CRC, low byte first.
  static constexpr std::size_t size = most_meters * (serial_size + 1) + 2;
  using Image = std::array<std::uint8_t, size>;

  // Nothing is known.
  KeyPage() = default;
  // Nothing where it is not an image that was saved.
  [[nodiscard]] static std::optional<KeyPage> from(const Image& image) {
    KeyPage page;
    page.image_ = image;
    const bool whole = page.checksum() == (image[size - 2] | image[size - 1] << 8);
    for (std::size_t meter = 0; meter < most_meters; ++meter) {
      if (!whole || page.trust_at(meter) > static_cast<unsigned>(KeyTrust::rejected)) {
        return std::nullopt;
      }
    }
    return page;
  }

  // save: bool(const Image&), true once the image would be there after a loss of power.
  template <typename Save>
  [[nodiscard]] KeyPermission ask(const KeyQuestion& question, const Save& save) {
    const auto meter = place_of(question.serial_number);
    if (!meter) {
      return KeyPermission::unrecorded;
    }
    const KeyPermission permission =
        permission_for(static_cast<KeyTrust>(trust_at(*meter)), question.retry);
    if (is_attempt(permission)) {
      const Image before = image_;
      put(*meter, question.serial_number, KeyTrust::unanswered);
      if (!save(image_)) {
        image_ = before;
        return KeyPermission::unrecorded;
      }
      saved_ = true;
    }
    return permission;
  }
  template <typename Save>
  void learn(const KeyFact& fact, const Save& save) {
    if (const auto meter = place_of(fact.serial_number)) {
      put(*meter, fact.serial_number, fact.trust);
      saved_ = save(image_);
    }
  }
  // Saves what could not be saved before: to be called at the end of each poll.
  template <typename Save>
  void save_again(const Save& save) {
    saved_ = saved_ || save(image_);
  }

 private:
  [[nodiscard]] std::string_view serial_at(std::size_t meter) const {
    const auto* const text = reinterpret_cast<const char*>(&image_[meter * (serial_size + 1)]);
    return {text, static_cast<std::size_t>(std::find(text, text + serial_size, '\0') - text)};
  }
  [[nodiscard]] std::uint8_t trust_at(std::size_t meter) const {
    return image_[meter * (serial_size + 1) + serial_size];
  }
  // Of this meter, or the first that is free.
  [[nodiscard]] std::optional<std::size_t> place_of(std::string_view serial_number) const {
    if (serial_number.empty() || serial_number.size() > serial_size) {
      return std::nullopt;
    }
    for (std::size_t meter = 0; meter < most_meters; ++meter) {
      if (serial_at(meter) == serial_number || serial_at(meter).empty()) {
        return meter;
      }
    }
    return std::nullopt;
  }
  void put(std::size_t meter, std::string_view serial_number, KeyTrust trust) {
    std::ranges::copy(serial_number, &image_[meter * (serial_size + 1)]);
    image_[meter * (serial_size + 1) + serial_size] = static_cast<std::uint8_t>(trust);
    image_[size - 2] = static_cast<std::uint8_t>(checksum());
    image_[size - 1] = static_cast<std::uint8_t>(checksum() >> 8U);
  }
  [[nodiscard]] std::uint16_t checksum() const {
    return crc16_x25(ByteView(image_).first(size - 2));
  }

  Image image_{};
  bool saved_ = true;
};

}  // namespace irmeter
