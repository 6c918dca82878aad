// Prints the conversation of client and meter, for a person to follow: the lines of lib/trace.hpp,
// each behind the seconds since the start. The key is not in them.
#pragma once

#include <ostream>

#include "lib/link/packet.hpp"
#include "lib/time.hpp"
#include "lib/trace/trace.hpp"

namespace irmetersim {

class Trace {
 public:
  explicit Trace(std::ostream& out);

  void from_client(irmeter::ByteView bytes, irmeter::Duration since_start);
  void from_meter(irmeter::ByteView bytes, irmeter::Duration since_start);

 private:
  void print(const irmeter::Trace::Lines& lines, irmeter::Duration since_start);

  std::ostream& out_;
  irmeter::Trace trace_;
};

}  // namespace irmetersim
