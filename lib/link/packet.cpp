#include "lib/link/packet.hpp"

#include <array>
#include <numeric>

namespace irmeter {
namespace {

constexpr auto crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ 0x8408U : value >> 1U;
    }
    table[byte] = static_cast<std::uint16_t>(value);
  }
  return table;
}();

}  // namespace

std::uint16_t crc16_x25(ByteView data) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : data) {
    crc = (crc >> 8U) ^ crc_table[(crc ^ byte) & 0xFFU];
  }
  return static_cast<std::uint16_t>(crc ^ 0xFFFFU);
}

std::uint8_t table_checksum(ByteView data) {
  return static_cast<std::uint8_t>(0U - std::accumulate(data.begin(), data.end(), 0U));
}

Bytes encode(const Packet& packet) {
  const auto length = static_cast<std::uint16_t>(packet.payload.size());
  const unsigned control = (packet.multi ? control::multi : 0U) |
                           (packet.first ? control::first : 0U) |
                           (packet.toggle ? control::toggle : 0U);
  Bytes bytes{start_of_packet,
              packet.identity,
              static_cast<std::uint8_t>(control),
              packet.sequence,
              static_cast<std::uint8_t>(length >> 8U),
              static_cast<std::uint8_t>(length & 0xFFU)};
  bytes.reserve(packet.payload.size() + packet_overhead);
  bytes.insert(bytes.end(), packet.payload.begin(), packet.payload.end());
  const std::uint16_t crc = crc16_x25(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
  return bytes;
}

}  // namespace irmeter
