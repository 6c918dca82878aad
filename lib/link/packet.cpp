#include "lib/link/packet.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace irmeter {
namespace {

constexpr std::uint8_t control_multi = 0x80;
constexpr std::uint8_t control_first = 0x40;
constexpr std::uint8_t control_toggle = 0x20;
// Bits 4..2 are reserved, bits 1..0 select the data format, 0 = C12.18.
constexpr std::uint8_t control_must_be_zero = 0x1F;

constexpr std::array<std::uint16_t, 256> make_crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ 0x8408U : value >> 1U;
    }
    table[byte] = static_cast<std::uint16_t>(value);
  }
  return table;
}

constexpr auto crc_table = make_crc_table();

std::size_t payload_length(ByteView header) {
  return static_cast<std::size_t>(header[4]) << 8U | header[5];
}

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
  const unsigned control = (packet.multi ? control_multi : 0U) |
                           (packet.first ? control_first : 0U) |
                           (packet.toggle ? control_toggle : 0U);
  Bytes bytes;
  bytes.reserve(packet.payload.size() + packet_overhead);
  bytes.push_back(start_of_packet);
  bytes.push_back(packet.identity);
  bytes.push_back(static_cast<std::uint8_t>(control));
  bytes.push_back(packet.sequence);
  bytes.push_back(static_cast<std::uint8_t>(length >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(length & 0xFFU));
  bytes.insert(bytes.end(), packet.payload.begin(), packet.payload.end());
  const std::uint16_t crc = crc16_x25(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
  return bytes;
}

PacketScanner::PacketScanner(std::size_t max_packet_size) : max_packet_size_(max_packet_size) {}

void PacketScanner::push(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(head_));
  seen_ -= head_;
  head_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<LineItem> PacketScanner::next() {
  for (;;) {
    if (auto item = scan()) {
      return item;
    }
    if (seen_ == buffer_.size()) {
      return std::nullopt;
    }
    ++seen_;
  }
}

std::optional<LineItem> PacketScanner::scan() {
  while (head_ != seen_) {
    const std::uint8_t byte = buffer_[head_];
    if (byte != start_of_packet) {
      const bool stray = damaged_ != 0 || (byte != ack_byte && byte != nak_byte);
      drop(1);
      if (stray) {
        ++noise_;
      } else if (byte == ack_byte) {
        return ReceivedAck{};
      } else {
        return ReceivedNak{};
      }
      continue;
    }
    const auto [verdict, size] = examine(rest());
    switch (verdict) {
      case Candidate::no:
        drop(1);
        ++noise_;
        break;
      case Candidate::good:
        return take(size);
      case Candidate::bad: {
        const bool already_told = damaged_ != 0;
        damaged_ = std::max(damaged_, size);
        drop(1);
        ++noise_;
        if (!already_told) {
          return ReceivedDamage{};
        }
        break;
      }
      case Candidate::incomplete:
        if (const std::size_t at = find_complete(); at != 0) {
          drop(at);
          noise_ += at;
          break;
        }
        if (!gap_) {
          return std::nullopt;
        }
        const bool already_told = damaged_ != 0;
        damaged_ = seen_ - head_;
        drop(1);
        ++noise_;
        if (!already_told) {
          return ReceivedDamage{};
        }
        break;
    }
  }
  gap_ = false;
  return std::nullopt;
}

std::size_t PacketScanner::missing() const {
  if (!in_packet()) {
    return 0;
  }
  const std::size_t size = examine(rest()).size;
  return size > rest().size() ? size - rest().size() : 0;
}

void PacketScanner::gap() {
  gap_ = in_packet();
  damaged_ = 0;
}

void PacketScanner::clear() {
  buffer_.clear();
  head_ = 0;
  seen_ = 0;
  damaged_ = 0;
  gap_ = false;
}

PacketScanner::Examined PacketScanner::examine(ByteView bytes) const {
  if (bytes.size() > 2) {
    const unsigned control = bytes[2];
    const bool multi = (control & control_multi) != 0;
    if ((control & control_must_be_zero) != 0 || (!multi && (control & control_first) != 0) ||
        (bytes.size() > 3 && !multi && bytes[3] != 0)) {
      return {Candidate::no, 0};
    }
  }
  if (bytes.size() < packet_header_size) {
    return {Candidate::incomplete, packet_overhead + 1};  // at least
  }
  const std::size_t length = payload_length(bytes);
  const std::size_t size = length + packet_overhead;
  if (length == 0 || size > max_packet_size_) {
    return {Candidate::no, 0};
  }
  if (bytes.size() < size) {
    return {Candidate::incomplete, size};
  }
  const std::uint16_t crc = crc16_x25(bytes.first(size - 2));
  const bool matches = bytes[size - 2] == (crc & 0xFFU) && bytes[size - 1] == crc >> 8U;
  return {matches ? Candidate::good : Candidate::bad, size};
}

// Where behind the unfinished first candidate a complete packet lies; 0 if nowhere.
std::size_t PacketScanner::find_complete() const {
  const ByteView bytes = rest();
  for (std::size_t at = 1; at + packet_overhead < bytes.size(); ++at) {
    if (bytes[at] == start_of_packet && examine(bytes.subspan(at)).verdict == Candidate::good) {
      return at;
    }
  }
  return 0;
}

ReceivedPacket PacketScanner::take(std::size_t size) {
  const ByteView raw = rest().first(size);
  ReceivedPacket found;
  found.raw.assign(raw.begin(), raw.end());
  found.packet.identity = raw[1];
  found.packet.multi = (raw[2] & control_multi) != 0;
  found.packet.first = (raw[2] & control_first) != 0;
  found.packet.toggle = (raw[2] & control_toggle) != 0;
  found.packet.sequence = raw[3];
  found.packet.payload.assign(raw.begin() + packet_header_size,
                              raw.begin() + static_cast<std::ptrdiff_t>(size - 2));
  drop(size);
  return found;
}

void PacketScanner::drop(std::size_t count) {
  head_ += count;
  damaged_ -= std::min(damaged_, count);
}

}  // namespace irmeter
