#include "tools/ir-meter-sim/endpoint_faults.hpp"

#include <cstddef>

namespace irmetersim {

int EndpointFaults::descriptor() const {
  return gone_ || stalled_until_ ? -1 : endpoint_.descriptor();
}

irmeter::Bytes EndpointFaults::read() {
  return endpoint_.read();
}

void EndpointFaults::write(irmeter::ByteView bytes, Instant now) {
  std::size_t written = 0;
  const auto write_up_to = [&](std::size_t end) {
    if (end > written) {
      endpoint_.write(bytes.subspan(written, end - written));
    }
    written = end;
  };
  for (std::size_t i = 0; i < bytes.size() && !gone_ && !stalled_until_; ++i) {
    if (const auto* const fault = faults_.strike(FaultKind::unplug, now)) {
      write_up_to(i);
      endpoint_.hang_up();
      gone_ = true;
      back_at_ = now + fault->fault.pause;
    } else if (const auto* const pause = faults_.strike(FaultKind::stall, now)) {
      write_up_to(i);
      stalled_until_ = now + pause->fault.pause;
    } else if (faults_.strike(FaultKind::rst, now) != nullptr) {
      write_up_to(i);
      endpoint_.reset_connection();
      written = bytes.size();
    }
  }
  if (!gone_ && !stalled_until_) {
    write_up_to(bytes.size());
  }
}

void EndpointFaults::timeout(Instant now) {
  if (stalled_until_ && (*stalled_until_ <= now || faults_.none())) {
    stalled_until_.reset();
  }
  if (back_at_ && (*back_at_ <= now || faults_.none())) {
    back_at_.reset();
  }
  const bool was_missing = missing_;
  missing_ = faults_.find(FaultKind::missing, now) != nullptr;
  if (missing_ && !gone_) {
    endpoint_.hang_up();
    gone_ = true;
  } else if (gone_ && !missing_ && !back_at_) {
    endpoint_.come_back();
    gone_ = false;
  }
  if (missing_ && !was_missing) {
    (void)faults_.strike(FaultKind::missing, now);  // to be counted and told
  }
}

std::optional<Instant> EndpointFaults::deadline(Instant now) const {
  std::optional<Instant> earliest = faults_.next_change(FaultKind::missing, now);
  for (const auto& due : {back_at_, stalled_until_}) {
    if (due && (!earliest || *due < *earliest)) {
      earliest = due;
    }
  }
  return earliest;
}

}  // namespace irmetersim
