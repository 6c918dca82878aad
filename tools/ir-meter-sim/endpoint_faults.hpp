// What goes wrong with the line to the probe: it is unplugged, it hangs, its server is gone or has
// something to say of its own.
//
// Stands between the paced line and the endpoint, where the program waits for input.
#pragma once

#include <optional>

#include "lib/timers.hpp"
#include "tools/ir-meter-sim/endpoint.hpp"
#include "tools/ir-meter-sim/faults.hpp"

namespace irmetersim {

class EndpointFaults {
 public:
  // Both must outlive this object.
  EndpointFaults(Endpoint& endpoint, Faults& faults) : endpoint_(endpoint), faults_(faults) {}

  // The descriptor to wait for input on; -1 while none is to be expected.
  [[nodiscard]] int descriptor() const { return passes() ? endpoint_.descriptor() : -1; }
  [[nodiscard]] irmeter::Bytes read(Instant now);
  void write(irmeter::ByteView bytes, Instant now);

  // Lets begin and end what is due. May throw std::system_error when the endpoint does not come
  // back.
  void timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline(Instant now) const;

 private:
  [[nodiscard]] bool passes() const { return !gone_ && !timers_.running(Timer::stall); }

  Endpoint& endpoint_;
  Faults& faults_;
  bool gone_ = false;     // unplugged or missing
  bool missing_ = false;  // as long as the fault is on
  enum class Timer : std::uint8_t { unplugged, stall, count };
  irmeter::Timers<Timer> timers_;  // as long as they run
};

}  // namespace irmetersim
