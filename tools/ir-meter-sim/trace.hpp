// Prints the conversation of client and meter, for a person to follow, and the faults that strike:
// the lines of lib/trace, each behind the seconds since the start. The key is not in them.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "lib/link/packet.hpp"
#include "lib/time.hpp"
#include "lib/trace/trace.hpp"

namespace irmetersim {

class Trace {
 public:
  explicit Trace(std::ostream& out) : out_(out) {}

  void from_client(irmeter::ByteView bytes, irmeter::Duration since_start) {
    print(trace_.client(bytes), since_start);
  }
  void from_meter(irmeter::ByteView bytes, irmeter::Duration since_start) {
    print(trace_.meter(bytes), since_start);
  }
  void fault(std::string_view name, irmeter::Duration since_start) {
    print({"fault: " + std::string(name)}, since_start);
  }

 private:
  void print(const irmeter::Trace::Lines& lines, irmeter::Duration since_start);

  // The most that Negotiate may be told to grant.
  static constexpr std::size_t any_packet_size = 8'192;

  std::ostream& out_;
  irmeter::Trace trace_{any_packet_size};
};

}  // namespace irmetersim
