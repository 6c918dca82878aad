#include "lib/meter/tables.hpp"

#include <algorithm>
#include <limits>

#include "lib/hex.hpp"
#include "lib/meter/register_unit.hpp"

namespace irmeter {
namespace {

// Printable ASCII of a fixed-length field, up to a NUL, without padding; anything else as '?'.
std::string decode_text(ByteView field) {
  std::string text(field.begin(), std::ranges::find(field, 0));
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  text.erase(text.find_last_not_of(' ') + 1);  // all, where there is nothing else
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

constexpr std::size_t version_size = 2;
std::uint16_t version_word(ByteView table, std::size_t at) {
  return static_cast<std::uint16_t>(table[at] << 8U | table[at + 1]);
}
std::string decode_version_at(ByteView table, std::size_t at) {
  return decode_version(version_word(table, at));
}
// BCD; what is no digit shows as a letter.
std::string decode_serial_number(ByteView field) {
  return hex(field.first(8));
}

// What a meter writes where it has no value, as for a phase that is not connected: the extremes.
bool stands_for_nothing(std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  return value == Limits::max() || value == Limits::min();
}

}  // namespace

std::optional<std::int64_t> int32_at(ByteView data, std::size_t index) {
  if (data.size() < (index + 1) * int32_size) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (std::size_t i = int32_size; i-- > 0;) {
    value = value << 8U | data[index * int32_size + i];
  }
  return static_cast<std::int32_t>(value);
}

Result<bool> check_bt00(ByteView table) {
  if (table.size() < bt00_size) {
    return Error{"BT00 is too short"};
  }
  constexpr unsigned int32_format = 8;
  if ((table[0] & 1U) != 0) {
    return Error{"the meter stores numbers big-endian, which no NES meter does"};
  }
  if ((table[1] >> 3U & 3U) != 1) {
    return Error{"the meter does not offer reads by offset"};
  }
  if ((table[2] & 0xFU) != int32_format || table[2] >> 4U != int32_format) {
    return Error{"the meter's registers are not 32-bit integers"};
  }
  return true;
}

std::string decode_version(std::uint16_t word) {
  const auto two_digits = [](unsigned number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::to_string(word >> 12U) + "." + two_digits(word >> 5U & 0x7FU) + "." +
         two_digits(word & 0x1FU);
}

Result<Identity> decode_bt01(ByteView table) {
  if (table.size() < bt01_size) {
    return Error{"BT01 is too short"};
  }
  Identity identity;
  identity.manufacturer = decode_text(table.subspan(0, 4));
  identity.model = decode_text(table.subspan(4, 8));
  identity.hardware_version = decode_version_at(table, bt01_rest - version_size);
  identity.firmware_version = decode_version_at(table, bt01_rest);
  identity.serial_number = decode_serial_number(table.subspan(bt01_rest + version_size));
  return identity;
}

Result<Firmware> decode_firmware(ByteView table) {
  if (table.size() < bt01_size) {
    return Error{"BT01 is too short"};
  }
  return static_cast<Firmware>(version_word(table, bt01_rest));
}

bool is_of(const Identity& identity, ByteView rest) {
  return rest.size() == bt01_size - bt01_rest &&
         decode_version_at(rest, 0) == identity.firmware_version &&
         decode_serial_number(rest.subspan(version_size)) == identity.serial_number;
}

std::string decode_et03(ByteView table) {
  return decode_text(table.first(std::min<std::size_t>(table.size(), et03_size)));
}

Result<Dimensions> decode_dimensions(ByteView table) {
  if (table.size() < dimensions_size) {
    return Error{"the dimensions table is too short"};
  }
  const bool demand_reset_counter = (table[0] & 1U << 2U) != 0;
  const bool time_remaining = (table[0] & 1U << 6U) != 0;
  const std::uint8_t present_demands = table[8];
  Dimensions dimensions;
  dimensions.summations = table[3];
  dimensions.present_values = table[9];
  dimensions.summations_offset = demand_reset_counter ? 1 : 0;
  // Behind the totals, and behind those of each tier, lie demands and coincidents.
  const auto bit = [&](unsigned number) { return (table[0] & 1U << number) != 0 ? 1U : 0U; };
  const std::uint32_t occurrences = table[6];
  const std::uint32_t demand = (bit(1) * 5 + 4) * occurrences + (bit(4) + bit(5)) * 4;
  dimensions.tiers = table[7];
  dimensions.tier_size = 4U * table[3] + table[4] * demand + table[5] * 4 * occurrences;
  dimensions.tiers_offset = dimensions.summations_offset + dimensions.tier_size;
  dimensions.present_demands = present_demands;
  dimensions.present_values_offset = (time_remaining ? 3U + 4U : 4U) * present_demands;
  return dimensions;
}

std::optional<TableRead> sources_of(TableId values, const Dimensions& dimensions) {
  // In BT27 those of the present demands stand in front.
  const TableRead part =
      values == bt23 ? TableRead{bt22, 0, dimensions.summations}
                     : TableRead{bt27, dimensions.present_demands, dimensions.present_values};
  return dimensions.assumed || part.count == 0 ? std::nullopt : std::optional(part);
}

Result<bool> take_sources(ByteView part, TableId values, Dimensions& dimensions) {
  const std::string name = table_name(values == bt23 ? bt22 : bt27);
  Dimensions told = dimensions;
  if (!(values == bt23 ? told.sources.totals.take(part) : told.sources.present_values.take(part))) {
    return Error{name + " has a source twice"};
  }
  const QuantitySet& usual = usual_quantities();
  for (const QuantityInfo& quantity : quantities) {
    if (usual.test(static_cast<std::size_t>(quantity.id)) &&
        place_of(quantity, told) != place_of(quantity, dimensions)) {
      return Error{name + " moves what every known meter has at the same place"};
    }
  }
  dimensions = told;
  return true;
}

std::optional<std::uint32_t> place_of(const QuantityInfo& quantity, const Dimensions& dimensions) {
  const auto place = [](std::uint32_t begin, std::optional<std::uint32_t> number,
                        std::size_t count) {
    return number && *number < count
               ? std::optional(begin + *number * static_cast<std::uint32_t>(int32_size))
               : std::nullopt;
  };
  const auto total = [&](std::uint32_t begin, unsigned index) {
    return place(begin, dimensions.sources.totals.of(static_cast<std::uint8_t>(index)),
                 dimensions.summations);
  };
  switch (quantity.source) {
    case Source::bt23:
      return total(dimensions.summations_offset, quantity.index);
    case Source::tiers: {
      const std::uint32_t tier = quantity.index / 2U;
      return tier < dimensions.tiers
                 ? total(dimensions.tiers_offset + tier * dimensions.tier_size, quantity.index % 2U)
                 : std::nullopt;
    }
    case Source::bt28:
      return place(dimensions.present_values_offset,
                   dimensions.sources.present_values.of(quantity.index), dimensions.present_values);
    case Source::derived:
      break;
  }
  return std::nullopt;
}

void decode_values(TableId table, const Dimensions& dimensions, std::uint32_t offset,
                   ByteView bytes, const QuantitySet& wanted, Values& values) {
  for (const QuantityInfo& quantity : quantities) {
    const auto place =
        table_of(quantity.source) == table && wanted.test(static_cast<std::size_t>(quantity.id))
            ? place_of(quantity, dimensions)
            : std::nullopt;
    if (!place || *place < offset || *place - offset >= bytes.size()) {
      continue;
    }
    const auto value = int32_at(bytes.subspan(*place - offset), 0);
    const bool possible =
        value && !stands_for_nothing(*value) && (*value >= 0 || quantity.may_be_negative);
    values.set(quantity.id,
               possible ? std::optional(in_its_unit(quantity, *value, dimensions.register_unit))
                        : std::nullopt);
  }
  compute_differences(values);
}

void compute_differences(Values& values) {
  for (const Difference& difference : differences) {
    const auto of = values.get(difference.of);
    const auto less = values.get(difference.less);
    values.set(difference.is, of && less ? std::optional(*of - *less) : std::nullopt);
  }
}

}  // namespace irmeter
