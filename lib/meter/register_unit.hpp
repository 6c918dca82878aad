// What a meter counts its registers of energy in.
//
// From firmware 3.70 on a meter behind current transformers may have been made to count in 10 or
// 100 Wh and varh, so that its registers roll over less often. ET55 says so, at a place that
// depends on how many tariffs BT20 has room for. Registers and load profile are multiplied with it;
// the display of the meter shows kWh. Source: the vendor's guide for clients of the other port; the
// guide to the optical port refers to it. Not seen on the optical port.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/meter/tables.hpp"

namespace irmeter {

// The part of BT20 that has to be known first; nothing of a meter that counts in 1 for certain.
[[nodiscard]] std::optional<TableRead> most_tariffs_of(Firmware firmware);
// The byte of ET55; nothing where that part was not read, which is 0 then.
[[nodiscard]] std::optional<TableRead> register_unit_of(Firmware firmware,
                                                        std::uint8_t most_tariffs);
// 1, 10 or 100; nothing for anything else.
[[nodiscard]] std::optional<std::uint8_t> decode_register_unit(ByteView byte);

// The number of a register as it is counted, in Wh or varh; any other one is not changed.
[[nodiscard]] std::int64_t in_its_unit(const QuantityInfo& quantity, std::int64_t counted,
                                       std::uint8_t register_unit);

}  // namespace irmeter
