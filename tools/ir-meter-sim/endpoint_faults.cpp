#include "tools/ir-meter-sim/endpoint_faults.hpp"

#include <string_view>

namespace irmetersim {

irmeter::Bytes EndpointFaults::read(Instant now) {
  constexpr std::string_view text = "ser2net port 2001 device /dev/ttyUSB0 [9600N81]\r\n";
  const int waited_on = endpoint_.descriptor();
  irmeter::Bytes bytes = endpoint_.read();
  const bool connected = bytes.empty() && endpoint_.descriptor() != waited_on;
  if (connected && faults_.strike(FaultKind::banner, now) != nullptr) {
    endpoint_.write(irmeter::Bytes(text.begin(), text.end()));
  }
  return bytes;
}

void EndpointFaults::write(irmeter::ByteView bytes, Instant now) {
  std::size_t written = 0;
  const auto write_up_to = [&](std::size_t end) {
    if (end > written) {
      endpoint_.write(bytes.subspan(written, end - written));
    }
    written = end;
  };
  for (std::size_t i = 0; i < bytes.size() && passes(); ++i) {
    if (const auto* const fault = faults_.strike(FaultKind::unplug, now)) {
      write_up_to(i);
      endpoint_.hang_up();
      gone_ = true;
      timers_.set(Timer::unplugged, now + fault->fault.pause);
    } else if (const auto* const pause = faults_.strike(FaultKind::stall, now)) {
      write_up_to(i);
      timers_.set(Timer::stall, now + pause->fault.pause);
    } else if (faults_.strike(FaultKind::rst, now) != nullptr) {
      write_up_to(i);
      endpoint_.reset_connection();
      written = bytes.size();
    } else if (bytes[i] == 0xFF && faults_.strike(FaultKind::telnet, now) != nullptr) {
      write_up_to(i + 1);
      endpoint_.write(bytes.subspan(i, 1));
    }
  }
  if (passes()) {
    write_up_to(bytes.size());
  }
}

void EndpointFaults::timeout(Instant now) {
  if (faults_.none()) {
    timers_.stop_all();
  }
  (void)timers_.expired(Timer::stall, now);
  (void)timers_.expired(Timer::unplugged, now);
  const bool was_missing = missing_;
  missing_ = faults_.find(FaultKind::missing, now) != nullptr;
  if (missing_ && !gone_) {
    endpoint_.hang_up();
    gone_ = true;
  } else if (gone_ && !missing_ && !timers_.running(Timer::unplugged)) {
    endpoint_.come_back();
    gone_ = false;
  }
  if (missing_ && !was_missing) {
    (void)faults_.strike(FaultKind::missing, now);  // to be counted and told
  }
}

std::optional<Instant> EndpointFaults::deadline(Instant now) const {
  return irmeter::earlier(timers_.next(), faults_.next_change(FaultKind::missing, now));
}

}  // namespace irmetersim
