#include "lib/meter/register_unit.hpp"

namespace irmeter {
namespace {

constexpr std::uint8_t place_in_bt20 = 7;

}  // namespace

std::optional<TableRead> most_tariffs_of(Firmware firmware) {
  const bool counts_in_one = firmware < firmware_since(3, 70);
  return counts_in_one ? std::nullopt : std::optional(TableRead{bt20, place_in_bt20, 1});
}

std::optional<TableRead> register_unit_of(Firmware firmware, std::uint8_t most_tariffs) {
  if (most_tariffs == 0) {
    return std::nullopt;
  }
  const std::uint32_t thresholds = firmware < firmware_since(4, 0) ? 146 : 147;
  const std::uint32_t behind_thresholds = thresholds + 4U * (most_tariffs - 1U);
  return TableRead{et55, behind_thresholds + 39, 1};
}

std::optional<std::uint8_t> decode_register_unit(ByteView byte) {
  const bool known = byte.size() == 1 && (byte[0] == 1 || byte[0] == 10 || byte[0] == 100);
  return known ? std::optional(byte[0]) : std::nullopt;
}

std::int64_t in_its_unit(const QuantityInfo& quantity, std::int64_t counted,
                         std::uint8_t register_unit) {
  const bool is_energy = quantity.unit == Unit::watt_hour || quantity.unit == Unit::var_hour;
  return is_energy && register_unit > 1 ? counted * register_unit : counted;
}

}  // namespace irmeter
