#include "lib/link/packet.hpp"

#include <numeric>

namespace irmeter {

std::uint16_t crc16_x25(ByteView data) {
  // The polynomial has so few terms that eight bits at once take no table.
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : data) {
    unsigned bits = (crc ^ byte) & 0xFFU;
    bits = (bits ^ bits << 4U) & 0xFFU;
    crc = (crc >> 8U) ^ bits << 8U ^ bits << 3U ^ bits >> 4U;
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
