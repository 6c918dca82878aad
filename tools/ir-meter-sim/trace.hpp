// Prints the packets that pass between client and meter, for a person to follow the conversation.
// The key in a Security request is never printed.
#pragma once

#include <ostream>

#include "lib/packet.hpp"
#include "lib/time.hpp"

namespace irmetersim {

class Trace {
 public:
  explicit Trace(std::ostream& out);

  void from_client(irmeter::ByteView bytes, irmeter::Duration since_start);
  void from_meter(irmeter::ByteView bytes, irmeter::Duration since_start);

 private:
  struct Side {
    const char* label;
    irmeter::PacketScanner scanner;
  };
  void print(Side& side, irmeter::ByteView bytes, irmeter::Duration since_start);

  std::ostream& out_;
  Side client_;
  Side meter_;
};

}  // namespace irmetersim
