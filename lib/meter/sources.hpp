// What a source counts: the vendor's numbers in BT22 and BT62.
//
// Source: the OSGP Alliance's guide to the optical port; BT22 was read of real meters there. The
// list has no numbers for apparent energy.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/meter/quantity.hpp"

namespace irmeter {

// Of a total or of one of a tier; nothing where it is not known.
[[nodiscard]] constexpr std::optional<Quantity> quantity_of_source(std::uint8_t source) {
  constexpr std::uint8_t pulses = 26;      // two inputs and the errors
  constexpr std::uint8_t first_tier = 29;  // 11 for each of four
  constexpr std::uint8_t of_a_tier = 11;
  constexpr std::uint8_t behind_tiers = 73;
  constexpr std::uint8_t quadrants = 108;  // of reactive energy
  std::optional<std::uint8_t> index;       // in BT23
  if (source < 8) {
    index = source;
  } else if (source >= pulses && source < pulses + 3) {
    index = static_cast<std::uint8_t>(source - pulses + 8);
  } else if (source >= quadrants && source < quadrants + 4) {
    index = static_cast<std::uint8_t>(source - quadrants + 11);
  }
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

}  // namespace irmeter
