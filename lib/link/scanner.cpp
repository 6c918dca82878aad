#include "lib/link/scanner.hpp"

#include <algorithm>

namespace irmeter {

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
    // One more byte; or all up to where a packet can be complete, be it the one that has begun or
    // one that begins in it.
    std::size_t look_at = seen_ + 1;
    if (rest().size() >= packet_header_size) {
      const std::size_t end = std::min(head_ + examine(rest()).size, buffer_.size());
      const auto inside = ByteView(buffer_).first(end).subspan(head_ + 1);
      const auto other = std::ranges::find(inside, start_of_packet) - inside.begin();
      const std::size_t shortest =
          head_ + 1 + static_cast<std::size_t>(other) + packet_overhead + 1;
      look_at = std::max(look_at, std::min(end, shortest));
    }
    seen_ = look_at;
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
    const auto [candidate, size] = examine(rest());
    if (candidate == Candidate::good) {
      return take(size);
    }
    std::size_t damaged = candidate == Candidate::bad ? size : 0;
    std::size_t nothing = 1;
    if (candidate == Candidate::incomplete) {
      if (const std::size_t at = find_complete(); at != 0) {
        nothing = at;
      } else if (gap_) {
        damaged = seen_ - head_;
      } else {
        return std::nullopt;
      }
    }
    const bool news = damaged_ == 0 && damaged != 0;
    damaged_ = std::max(damaged_, damaged);
    drop(nothing);
    noise_ += nothing;
    if (news) {
      return ReceivedDamage{};
    }
  }
  gap_ = false;
  return std::nullopt;
}

std::size_t PacketScanner::missing(std::size_t expected) const {
  if (!in_packet()) {
    return expected;
  }
  const std::size_t begun = rest().size();
  std::size_t size = examine(rest()).size;
  if (begun < packet_header_size) {
    size = std::max(size, expected);
  }
  return size > begun ? size - begun : 0;
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
    const unsigned bits = bytes[2];
    const bool multi = (bits & control::multi) != 0;
    if ((bits & control::must_be_zero) != 0 || (!multi && (bits & control::first) != 0) ||
        (bytes.size() > 3 && !multi && bytes[3] != 0)) {
      return {Candidate::no, 0};
    }
  }
  if (bytes.size() < packet_header_size) {
    return {Candidate::incomplete, packet_overhead + 1};  // at least
  }
  const std::size_t length = static_cast<std::size_t>(bytes[4]) << 8U | bytes[5];
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
    const ByteView left = bytes.subspan(at, bytes.size() - packet_overhead - at);
    const auto begin = std::ranges::find(left, start_of_packet);
    if (begin == left.end()) {
      break;
    }
    at += static_cast<std::size_t>(begin - left.begin());
    if (examine(bytes.subspan(at)).candidate == Candidate::good) {
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
  found.packet.multi = (raw[2] & control::multi) != 0;
  found.packet.first = (raw[2] & control::first) != 0;
  found.packet.toggle = (raw[2] & control::toggle) != 0;
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
