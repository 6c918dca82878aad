#include "lib/meter/status.hpp"

namespace irmeter {

std::vector<std::string_view> names_of(const StatusFlags& flags) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < status_flags.size(); ++i) {
    if (flags.test(i)) {
      names.push_back(status_flags[i].name);
    }
  }
  return names;
}

Result<StatusFlags> decode_bt03(ByteView table) {
  if (table.size() < bt03_least_size) {
    return Error{"BT03 is too short"};
  }
  if (std::ranges::all_of(table, [](std::uint8_t byte) { return byte == 0xFF; })) {
    return Error{"BT03 has every bit set"};
  }
  StatusFlags set;
  for (std::size_t i = 0; i < status_flags.size(); ++i) {
    const std::size_t byte = status_flags[i].bit / 8U;
    set.set(i, byte < table.size() && (table[byte] & 1U << status_flags[i].bit % 8U) != 0);
  }
  return set;
}

}  // namespace irmeter
