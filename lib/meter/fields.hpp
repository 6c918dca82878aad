// The fields of the tables whose layout is known, for people who look at one.
//
// Source: ANSI C12.19, the OSGP Alliance's guide to the optical port and the vendor's table
// descriptions; of the captured ones, BT00, BT01, BT21, BT23, BT28 and ET03 look like this on real
// meters. Decoding for the readings is not done here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/bytes.hpp"
#include "lib/meter/mbus.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter {

struct FieldValue {
  std::string name;                    // "manufacturer", "summation 0"
  std::string text;                    // as a person reads it
  std::optional<std::int64_t> number;  // where it is one, times 10^decimals
  std::string unit{};
  int decimals = 0;  // 0 to 18
};

// Of the bytes of a table from its start; fields that begin behind their end are left out. Empty
// where the layout is not known. BT23 and BT28 need the dimensions. ET16 needs those of ET11;
// without them its entries are taken to be as long as the guides have them, and a field says so.
[[nodiscard]] std::vector<FieldValue> decode_fields(TableId table, ByteView bytes,
                                                    const std::optional<Dimensions>& dimensions,
                                                    const std::optional<MbusDimensions>& mbus = {});

// How many bytes tell all that is known of it; 0 where only the meter knows, or nobody.
[[nodiscard]] std::uint32_t known_size(TableId table, const std::optional<Dimensions>& dimensions,
                                       const std::optional<MbusDimensions>& mbus = {});

}  // namespace irmeter
