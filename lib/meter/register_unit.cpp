#include "lib/meter/register_unit.hpp"

#include <charconv>
#include <string_view>

namespace irmeter {
namespace {

constexpr std::uint8_t place_in_bt20 = 7;

struct Firmware {
  unsigned major = 0;
  unsigned minor = 0;
};

// "3.70.04"
Firmware firmware_of(const Identity& identity) {
  const std::string_view text = identity.firmware_version;
  const char* const end = text.data() + text.size();
  Firmware firmware;
  const auto major = std::from_chars(text.data(), end, firmware.major);
  if (major.ptr != end) {
    (void)std::from_chars(major.ptr + 1, end, firmware.minor);
  }
  return firmware;
}

}  // namespace

std::optional<TableRead> most_tariffs_of(const Identity& identity) {
  const Firmware firmware = firmware_of(identity);
  const bool counts_in_one = firmware.major < 3 || (firmware.major == 3 && firmware.minor < 70);
  return counts_in_one ? std::nullopt : std::optional(TableRead{bt20, place_in_bt20, 1});
}

std::optional<TableRead> register_unit_of(const Identity& identity, std::uint8_t most_tariffs) {
  if (most_tariffs == 0) {
    return std::nullopt;
  }
  const std::uint32_t thresholds = firmware_of(identity).major < 4 ? 146 : 147;
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
