#include "tests/soak/wires.hpp"

#include <utility>
#include <variant>

#include "lib/link/scanner.hpp"

namespace irmeter::testing {

void empty(Wire& wire) {
  Wire fresh;
  fresh.fault = std::move(wire.fault);
  fresh.in_one_piece = wire.in_one_piece;
  fresh.extra_per_byte = wire.extra_per_byte;
  fresh.keeps_what_was_sent = wire.keeps_what_was_sent;
  fresh.bytes = wire.bytes;
  wire = std::move(fresh);
}

Wire::Fault visible(Wire::Fault fault) {
  return [fault = std::move(fault)](Bytes sent) {
    Bytes damaged = fault(sent);
    PacketScanner scanner;
    scanner.push(damaged);
    scanner.gap();
    while (const auto item = scanner.next()) {
      const auto* const packet = std::get_if<ReceivedPacket>(&*item);
      if (packet != nullptr && packet->raw != sent) {
        return Bytes();
      }
    }
    return damaged;
  };
}

}  // namespace irmeter::testing
