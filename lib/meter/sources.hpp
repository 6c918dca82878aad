// What a source counts: the vendor's numbers in BT22, BT27 and BT62.
//
// Source: the OSGP Alliance's guide to the optical port; BT22 was read of real meters there. The
// list has no numbers for apparent energy, and of the present values those of reactive power by
// quadrant alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/bytes.hpp"
#include "lib/meter/quantity.hpp"

namespace irmeter {

// The index in BT23 of a total; nothing where it is none.
[[nodiscard]] constexpr std::optional<std::uint8_t> index_of_total(std::uint8_t source) {
  constexpr std::uint8_t pulses = 26;      // two inputs and the errors
  constexpr std::uint8_t quadrants = 108;  // of reactive energy
  if (source < 8) {
    return source;
  }
  if (source >= pulses && source < pulses + 3) {
    return static_cast<std::uint8_t>(source - pulses + 8);
  }
  if (source >= quadrants && source < quadrants + 4) {
    return static_cast<std::uint8_t>(source - quadrants + 11);
  }
  return std::nullopt;
}

// The index in BT28 of a present value, likewise.
[[nodiscard]] constexpr std::optional<std::uint8_t> index_of_present_value(std::uint8_t source) {
  constexpr std::uint8_t quadrants = 104;  // of reactive power
  return source >= quadrants && source < quadrants + 4
             ? std::optional(static_cast<std::uint8_t>(source - quadrants + 22))
             : std::nullopt;
}

// Of a total or of one of a tier; nothing where it is not known.
[[nodiscard]] constexpr std::optional<Quantity> quantity_of_source(std::uint8_t source) {
  constexpr std::uint8_t first_tier = 29;  // 11 for each of four
  constexpr std::uint8_t of_a_tier = 11;
  constexpr std::uint8_t behind_tiers = 73;
  const std::optional<std::uint8_t> index = index_of_total(source);
  const bool tier = source >= first_tier && source < behind_tiers;
  for (const QuantityInfo& quantity : quantities) {
    if (tier && quantity.source == Source::tiers &&
        source == first_tier + quantity.index / 2 * of_a_tier + quantity.index % 2) {
      return quantity.id;
    }
    if (index && quantity.source == Source::bt23 && quantity.index == *index) {
      return quantity.id;
    }
  }
  return std::nullopt;
}

// Which place in a row of values each of them has: its own index, until the meter says otherwise.
template <std::size_t size, auto index_of>
class Places {
 public:
  // sources: what stands at each place. A number that is not in the list says nothing, and what
  // the list has no number for keeps its place unless something else is there. False, with nothing
  // changed, where a number is there twice.
  [[nodiscard]] bool take(ByteView sources) {
    std::array<std::uint8_t, size> places{};
    for (std::size_t place = 0; place < sources.size() && place + 1 < nowhere; ++place) {
      const auto index = index_of(sources[place]);
      if (index && places.at(*index) != 0) {
        return false;
      }
      if (index) {
        places.at(*index) = static_cast<std::uint8_t>(place + 1);
      }
    }
    for (std::size_t index = 0; index < size; ++index) {
      const bool taken = index < sources.size() && index_of(sources[index]);
      if (places[index] == 0 && taken) {
        places[index] = nowhere;
      } else if (places[index] == index + 1) {
        places[index] = 0;
      }
    }
    place_ = places;
    return true;
  }

  // Nothing where the meter has no such value.
  [[nodiscard]] constexpr std::optional<std::uint32_t> of(std::uint8_t index) const {
    if (place_[index] == nowhere) {
      return std::nullopt;
    }
    return place_[index] == 0 ? std::uint32_t{index} : place_[index] - std::uint32_t{1};
  }

  friend bool operator==(const Places&, const Places&) = default;

 private:
  static constexpr std::uint8_t nowhere = 0xFF;
  std::array<std::uint8_t, size> place_{};  // and one; 0: its own index
};

// Of a build that reads nothing in the pauses.
template <auto index_of>
class Places<0, index_of> {
 public:
  [[nodiscard]] bool take(ByteView) { return true; }
  [[nodiscard]] constexpr std::optional<std::uint32_t> of(std::uint8_t index) const {
    return index;
  }
  friend bool operator==(const Places&, const Places&) = default;
};

struct Sources {
  [[no_unique_address]] Places<has_pauses ? 19 : 0, index_of_total> totals{};  // of tiers as well
  [[no_unique_address]] Places<has_pauses ? 84 : 0, index_of_present_value> present_values{};

  friend bool operator==(const Sources&, const Sources&) = default;
};

}  // namespace irmeter
