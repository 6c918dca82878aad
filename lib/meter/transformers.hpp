// The transformers in front of a meter of large connections: what BT15 says of them.
//
// The registers of BT23 include their ratios. The present values of BT28 do not, but for those that
// are "primary" by name. A meter that lacks one of these gets it computed, where BT15 says that the
// ratios have not been applied. What else it has, a multiplier and an offset, no source explains;
// they are left alone. Source: the OSGP Alliance's guides; not seen on the optical port.
#pragma once

#include <cstdint>

#include "lib/bytes.hpp"
#include "lib/meter/tables.hpp"
#include "lib/result.hpp"

namespace irmeter {

inline constexpr std::uint16_t bt15_size = 17;

struct Ratios {
  std::int32_t current = 0;  // 1 of a meter without; 0 where it does not say
  std::int32_t voltage = 0;  // likewise
  bool applied = false;

  friend bool operator==(const Ratios&, const Ratios&) = default;
};

[[nodiscard]] Result<Ratios> decode_bt15(ByteView table);

// Sets those of the primary values that the meter lacks, of what it has measured behind the
// transformers; absent where that is.
void compute_primaries(const Ratios& ratios, const Dimensions& dimensions, const Values& polled,
                       Values& details);

}  // namespace irmeter
