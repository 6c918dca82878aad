#include "lib/hex.hpp"
#include "lib/link/packet.hpp"
#include "lib/meter/reading.hpp"

namespace irmeter {

std::string meter_id(const Identity& identity) {
  const std::string original = identity.manufacturer + "_" + identity.serial_number;
  std::string id;
  bool altered = false;
  for (const char c : original) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    id.push_back(upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : '_');
    altered = altered || !(upper || kept);
  }
  if (altered) {
    const Bytes bytes(original.begin(), original.end());
    const unsigned check = crc16_x25(bytes);
    id += '_' + hex(static_cast<std::uint8_t>(check >> 8U)) + hex(check & 0xFFU);
  }
  return id;
}

}  // namespace irmeter
