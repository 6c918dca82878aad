// PacketScanner on arbitrary bytes: what it finds must not depend on how they were split, every
// byte must be accounted for, and packets must survive encode() and the scanner unchanged.
//
// Input: the largest packet size, then pieces: a byte that says how long the piece is and whether
// a gap or a new packet size follows it, and its bytes.

#include <algorithm>
#include <vector>

#include "lib/link/scanner.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using fuzz::require;
using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::PacketScanner;

std::size_t packet_size(std::uint8_t choice) {
  return irmeter::packet_overhead + 1 + choice;
}

struct Piece {
  ByteView bytes;
  bool gap;
  std::size_t new_size;  // 0: as before
};

std::vector<Piece> pieces_of(fuzz::Input& input) {
  std::vector<Piece> pieces;
  while (!input.empty()) {
    const std::uint8_t head = input.byte();
    Piece piece{input.bytes(head & 0x3FU), (head & 0x80U) != 0, 0};
    if ((head & 0x40U) != 0) {
      piece.new_size = packet_size(input.byte());
    }
    pieces.push_back(piece);
  }
  return pieces;
}

// What a scanner has found, with every byte of it.
struct Findings {
  Bytes items;  // the kind of each item; behind a packet's its bytes
  std::size_t item_bytes = 0;
  std::uint64_t noise = 0;
  bool in_packet = false;
  std::size_t missing = 0;

  friend bool operator==(const Findings&, const Findings&) = default;
};

class Scan {
 public:
  explicit Scan(std::size_t size) : size_(size), scanner_(size) {}

  void push(ByteView bytes) {
    scanner_.push(bytes);
    drain();
  }
  void gap() {
    scanner_.gap();
    drain();
    require(!scanner_.in_packet(), "nothing is left unfinished after a gap");
  }
  void set_size(std::size_t size) {
    size_ = size;
    scanner_.set_max_packet_size(size);
    require(scanner_.missing() <= size_, "a packet lacks no more than the largest packet has");
    drain();
  }
  [[nodiscard]] Findings findings() {
    found_.noise = scanner_.noise();
    found_.in_packet = scanner_.in_packet();
    found_.missing = scanner_.missing();
    require(found_.missing <= size_, "a packet lacks no more than the largest packet has");
    require(found_.in_packet || found_.missing == 0, "nothing is missing outside a packet");
    return found_;
  }

 private:
  void drain() {
    while (const auto item = scanner_.next()) {
      found_.items.push_back(static_cast<std::uint8_t>(item->index()));
      if (const auto* found = std::get_if<irmeter::ReceivedPacket>(&*item)) {
        require(found->raw.size() <= size_, "no packet is larger than the largest");
        require(irmeter::encode(found->packet) == found->raw,
                "a packet encodes to the bytes it was found in");
        found_.items.insert(found_.items.end(), found->raw.begin(), found->raw.end());
        found_.item_bytes += found->raw.size();
      } else if (!std::holds_alternative<irmeter::ReceivedDamage>(*item)) {
        ++found_.item_bytes;
      }
    }
  }

  std::size_t size_;
  PacketScanner scanner_;
  Findings found_;
};

void check_splits(std::size_t size, const std::vector<Piece>& pieces) {
  Scan as_given(size);
  Scan at_once(size);  // in one push up to the next gap or change
  Scan bytewise(size);
  Bytes pending;
  std::size_t pushed = 0;
  const auto compare = [&] {
    at_once.push(pending);
    pending.clear();
    const Findings found = as_given.findings();
    require(at_once.findings() == found && bytewise.findings() == found,
            "what is found does not depend on how the bytes are split");
    return found;
  };
  for (const Piece& piece : pieces) {
    as_given.push(piece.bytes);
    for (const std::uint8_t byte : piece.bytes) {
      bytewise.push({&byte, 1});
    }
    pending.insert(pending.end(), piece.bytes.begin(), piece.bytes.end());
    pushed += piece.bytes.size();
    if (!piece.gap && piece.new_size == 0) {
      continue;
    }
    compare();
    for (Scan* scan : {&as_given, &at_once, &bytewise}) {
      if (piece.gap) {
        scan->gap();
      }
      if (piece.new_size != 0) {
        scan->set_size(piece.new_size);
      }
    }
  }
  compare();
  for (Scan* scan : {&as_given, &at_once, &bytewise}) {
    scan->gap();
  }
  const Findings found = compare();
  require(found.item_bytes + found.noise == pushed, "every byte is an item's or noise");
}

void check_round_trip(fuzz::Input input) {
  irmeter::Packet packet;
  const std::uint8_t flags = input.byte();
  packet.identity = input.byte();
  packet.toggle = (flags & 1U) != 0;
  packet.multi = (flags & 2U) != 0;
  packet.first = packet.multi && (flags & 4U) != 0;
  packet.sequence = packet.multi ? input.byte() : std::uint8_t{0};
  const ByteView payload = input.rest();
  packet.payload.assign(payload.begin(), payload.end());
  if (packet.payload.empty()) {
    return;
  }
  const Bytes bytes = irmeter::encode(packet);
  if (std::count(bytes.begin(), bytes.end() - 2, irmeter::start_of_packet) != 1) {
    return;  // a whole packet in the payload would be found first, and rightly so
  }
  PacketScanner scanner(bytes.size());
  scanner.push(bytes);
  const auto item = scanner.next();
  const auto* found = item ? std::get_if<irmeter::ReceivedPacket>(&*item) : nullptr;
  require(found != nullptr && found->packet == packet && found->raw == bytes,
          "a packet that was encoded is found as it was");
  require(!scanner.next() && !scanner.in_packet() && scanner.noise() == 0,
          "and nothing but the packet");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  check_round_trip(input);
  const std::size_t largest = packet_size(input.byte());
  check_splits(largest, pieces_of(input));
  return 0;
}
