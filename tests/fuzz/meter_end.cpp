#include "tests/fuzz/meter_end.hpp"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr unsigned most_deadlines = 64;

}  // namespace

void MeterEnd::answer(const Bytes& payload, unsigned framing, Input& input) {
  if (payload.empty()) {
    return;
  }
  if ((framing & echo_first) != 0) {
    echo(0, input);
  }
  if ((framing & same_toggle) == 0) {
    toggle_ = !toggle_;
  }
  Bytes line;
  if ((framing & without_ack) == 0) {
    line.push_back(irmeter::ack_byte);
  }
  const ByteView all(payload);
  if ((framing & in_two_packets) != 0 && payload.size() > 1) {
    const std::size_t half = payload.size() / 2;
    const Bytes one = packet(all.first(half), true, true, 1);
    const Bytes two = packet(all.subspan(half), true, false, 0);
    line.insert(line.end(), one.begin(), one.end());
    deliver(line, (framing & bytewise) != 0);
    meter_.wait(1ms, most_deadlines);  // for the ACK
    line = two;
  } else {
    const Bytes whole = packet(payload, false, false, 0);
    line.insert(line.end(), whole.begin(), whole.end());
  }
  if ((framing & wrong_crc) != 0) {
    line.back() ^= 1U;
  }
  if ((framing & one_byte_changed) != 0) {
    line[input.byte() % line.size()] = input.byte();
  }
  deliver(line, (framing & bytewise) != 0);
  if ((framing & twice) != 0) {
    deliver(line, (framing & bytewise) != 0);
  }
}

Bytes MeterEnd::packet(ByteView payload, bool multi, bool first, std::uint8_t sequence) const {
  return irmeter::encode({.identity = 0,
                          .toggle = first || !multi ? toggle_ : !toggle_,
                          .multi = multi,
                          .first = first,
                          .sequence = sequence,
                          .payload = Bytes(payload.begin(), payload.end())});
}

void MeterEnd::deliver(ByteView bytes, bool bytewise) {
  if (!bytewise) {
    meter_.receive(bytes);
    return;
  }
  for (const std::uint8_t byte : bytes) {
    meter_.receive({&byte, 1});
    meter_.wait(400ms, most_deadlines);
  }
}

void MeterEnd::echo(unsigned how, Input& input) {
  constexpr unsigned in_part = 8;
  constexpr unsigned of_the_key = 4;
  constexpr unsigned changed_bytes = 3;
  Bytes light = (how & of_the_key) != 0 ? meter_.key_packet() : meter_.request_packet();
  if (light.empty()) {
    return;
  }
  for (unsigned changes = how & changed_bytes; changes > 0; --changes) {
    light[input.byte() % light.size()] = input.byte();
  }
  ByteView part(light);
  if ((how & in_part) != 0) {
    part = part.subspan(input.byte() % light.size());
    part = part.first(input.byte() % (part.size() + 1));
  }
  meter_.receive(part);
}

}  // namespace fuzz
