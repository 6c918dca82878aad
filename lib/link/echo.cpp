#include "lib/link/echo.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace irmeter {
namespace {

// The ACK that we sent before the request may come back in front of it.
constexpr std::size_t in_front = 2;

}  // namespace

// By the longest common subsequence, row by row.
bool looks_like_echo(ByteView sent, ByteView received) {
  std::array<std::size_t, default_packet_size + in_front + 1> row{};
  sent = sent.first(std::min(sent.size(), default_packet_size));
  received = received.first(std::min(received.size(), sent.size() + in_front));
  for (const std::uint8_t byte : sent) {
    std::size_t diagonal = 0;
    for (std::size_t i = 0; i < received.size(); ++i) {
      const std::size_t above = row[i + 1];
      row[i + 1] = received[i] == byte ? diagonal + 1 : std::max(above, row[i]);
      diagonal = above;
    }
  }
  return !sent.empty() && 4 * row[received.size()] >= 3 * sent.size();
}

void EchoWatch::transmitted(ByteView request, std::uint64_t noise) {
  wipe_bytes();
  window_ = request.size() + in_front;
  noise_ = noise;
  echoed_ = false;
}

void EchoWatch::received(ByteView bytes) {
  const std::size_t room = window_ - std::min(window_, bytes_.size());
  const ByteView kept = bytes.first(std::min(room, bytes.size()));
  bytes_.insert(bytes_.end(), kept.begin(), kept.end());
}

bool EchoWatch::clean_echo() {
  hears_itself_ = true;
  return !std::exchange(echoed_, true);
}

bool EchoWatch::damaged_echo(ByteView request, std::uint64_t noise) {
  if (echoed_ || 2 * (noise - noise_) < request.size() || !looks_like_echo(request, bytes_)) {
    return false;
  }
  return clean_echo();
}

}  // namespace irmeter
