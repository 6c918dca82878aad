// What a scanner finds, as text that tests can compare.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/link/scanner.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {

using Items = std::vector<std::string>;

inline std::string to_text(const LineItem& item) {
  if (const auto* packet = std::get_if<ReceivedPacket>(&item)) {
    return to_hex(packet->raw);
  }
  if (std::holds_alternative<ReceivedAck>(item)) {
    return "ACK";
  }
  return std::holds_alternative<ReceivedNak>(item) ? "NAK" : "damage";
}

inline void drain(PacketScanner& scanner, Items& items) {
  while (const auto item = scanner.next()) {
    items.push_back(to_text(*item));
  }
}

// The bytes in pieces that end at the given places, then a gap.
inline Items scan(ByteView bytes, const std::vector<std::size_t>& cuts,
                  std::size_t max_packet_size = default_packet_size) {
  PacketScanner scanner(max_packet_size);
  Items items;
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    scanner.push(bytes.subspan(begin, end - begin));
    drain(scanner, items);
    begin = end;
  }
  scanner.push(bytes.subspan(begin));
  drain(scanner, items);
  scanner.gap();
  drain(scanner, items);
  return items;
}

inline Items scan(ByteView bytes) {
  return scan(bytes, {});
}

inline Items scan_byte_by_byte(ByteView bytes) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    cuts.push_back(i);
  }
  return scan(bytes, cuts);
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace irmeter::testing
