#include "lib/meter/self_reads.hpp"

namespace irmeter {

Result<SelfReads> decode_bt26_head(ByteView head, ByteView dimensions) {
  const auto decoded = decode_dimensions(dimensions);
  if (!decoded) {
    return decoded.error();
  }
  if (head.size() < bt26_head_size) {
    return Error{"BT26 is too short"};
  }
  constexpr std::uint8_t most = 100;  // of a table of months
  if (head[1] > most || (head[1] > 0 && head[2] >= most)) {
    return Error{"BT26 has impossible counts"};
  }
  const bool has_demands = dimensions[4] != 0;  // a number for the billing then stands in front
  constexpr std::uint32_t season = 1;
  const std::uint32_t time_offset = has_demands ? 2 : 0;
  const std::uint32_t bt23_size = decoded->tiers_offset + decoded->tiers * decoded->tier_size;
  return SelfReads{head[1],
                   time_offset + static_cast<std::uint32_t>(short_time_size) + season + bt23_size,
                   time_offset, *decoded};
}

Result<SelfRead> SelfReads::decode(ByteView record) const {
  if (record.size() < size) {
    return Error{"a record of BT26 is too short"};
  }
  const auto time = decode_time(record.subspan(time_offset, short_time_size));
  if (!time) {
    return time.error();
  }
  SelfRead read{*time, {}};
  decode_values(bt23, dimensions, 0, record.subspan(time_offset + short_time_size + 1),
                irmeter::registers(), read.registers);
  return read;
}

}  // namespace irmeter
