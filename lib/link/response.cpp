#include "lib/link/response.hpp"

#include <utility>

namespace irmeter {

void Response::new_session() {
  last_accepted_.clear();
  alternates_ = true;
}

void Response::begin() {
  message_.clear();
  next_sequence_.reset();
}

bool Response::is_repetition(const ReceivedPacket& received, bool acknowledged) const {
  return received.raw == last_accepted_ && (!acknowledged || begun() || alternates_);
}

Response::Progress Response::add(const ReceivedPacket& received, unsigned most_packets) {
  const Packet& packet = received.packet;
  const bool last_toggle = !last_accepted_.empty() && (last_accepted_[2] & control::toggle) != 0;
  if (!last_accepted_.empty() && packet.toggle == last_toggle) {
    alternates_ = false;
  }
  last_accepted_ = received.raw;
  const auto expected = std::exchange(next_sequence_, std::nullopt);
  if (packet.first || !packet.multi) {
    message_.clear();
  } else if (expected != packet.sequence) {
    return Progress::out_of_step;
  }
  message_.insert(message_.end(), packet.payload.begin(), packet.payload.end());
  if (packet.multi && packet.sequence >= most_packets) {
    return Progress::out_of_step;
  }
  if (packet.multi && packet.sequence != 0) {
    next_sequence_ = static_cast<std::uint8_t>(packet.sequence - 1);
    return Progress::incomplete;
  }
  return Progress::complete;
}

Bytes Response::take() {
  next_sequence_.reset();
  return std::exchange(message_, {});
}

}  // namespace irmeter
