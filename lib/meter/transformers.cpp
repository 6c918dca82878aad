#include "lib/meter/transformers.hpp"

#include <array>
#include <optional>
#include <span>

#include "lib/meter/little_endian.hpp"

namespace irmeter {
namespace {

struct Primary {
  Quantity is;
  Quantity of;
  bool by_voltage;  // by the ratio of voltage as well as that of current
};
constexpr std::array<Primary, 13> all_primaries{{
    {Quantity::power_import_primary, Quantity::power_import, true},
    {Quantity::power_export_primary, Quantity::power_export, true},
    {Quantity::reactive_power_import_primary, Quantity::reactive_power_import, true},
    {Quantity::reactive_power_export_primary, Quantity::reactive_power_export, true},
    {Quantity::power_import_l1_primary, Quantity::power_import_l1, true},
    {Quantity::power_import_l2_primary, Quantity::power_import_l2, true},
    {Quantity::power_import_l3_primary, Quantity::power_import_l3, true},
    {Quantity::power_export_l1_primary, Quantity::power_export_l1, true},
    {Quantity::power_export_l2_primary, Quantity::power_export_l2, true},
    {Quantity::power_export_l3_primary, Quantity::power_export_l3, true},
    {Quantity::current_l1_primary, Quantity::current_l1, false},
    {Quantity::current_l2_primary, Quantity::current_l2, false},
    {Quantity::current_l3_primary, Quantity::current_l3, false},
}};
constexpr auto primaries = std::span(all_primaries).first(has_pauses ? all_primaries.size() : 0);

}  // namespace

Result<Ratios> decode_bt15(ByteView table) {
  if (table.size() < bt15_size) {
    return Error{"BT15 is too short"};
  }
  const Ratios ratios{little_endian<std::int32_t>(table, 9), little_endian<std::int32_t>(table, 13),
                      (table[8] & 1U) != 0};
  constexpr std::int32_t most = 10'000;  // a high-voltage line has less
  if (ratios.current < 0 || ratios.current > most || ratios.voltage < 0 || ratios.voltage > most) {
    return Error{"BT15 has impossible ratios"};
  }
  return ratios;
}

void compute_primaries(const Ratios& ratios, const Dimensions& dimensions, const Values& polled,
                       Values& details) {
  for (const Primary& each : primaries) {
    if (place_of(info(each.is), dimensions)) {
      continue;
    }
    const auto measured = polled.get(each.of) ? polled.get(each.of) : details.get(each.of);
    const std::int64_t ratio =
        ratios.applied ? 0 : std::int64_t{ratios.current} * (each.by_voltage ? ratios.voltage : 1);
    details.set(each.is, measured && ratio != 0 ? std::optional(*measured * ratio) : std::nullopt);
  }
}

}  // namespace irmeter
