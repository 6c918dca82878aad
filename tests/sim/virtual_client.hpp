// A simulated meter with a clock of its own and a client that says exactly what a test wants.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "lib/link/scanner.hpp"
#include "lib/time.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmetersim {

// Bytes from text like "EE 00 20".
inline Bytes hex(const std::string& text) {
  Bytes bytes;
  std::istringstream in(text);
  for (unsigned value = 0; in >> std::hex >> value;) {
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return bytes;
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

namespace request {
inline const Bytes identify{0x20};
inline const Bytes terminate{0x21};
inline const Bytes negotiate = hex("61 00 40 02 06");
inline const Bytes log_on = hex("50 00 01 72 65 61 64 65 72 20 20 20 20");
inline const Bytes log_off{0x52};
inline Bytes security(const std::string& key) {
  Bytes bytes(1 + key.size(), 0x51);
  std::copy(key.begin(), key.end(), bytes.begin() + 1);
  return bytes;
}
inline Bytes full_read(unsigned id) {
  return {0x30, static_cast<std::uint8_t>(id >> 8U), static_cast<std::uint8_t>(id)};
}
inline Bytes read(unsigned id, unsigned offset, unsigned count) {
  return {0x3F,
          static_cast<std::uint8_t>(id >> 8U),
          static_cast<std::uint8_t>(id),
          static_cast<std::uint8_t>(offset >> 16U),
          static_cast<std::uint8_t>(offset >> 8U),
          static_cast<std::uint8_t>(offset),
          static_cast<std::uint8_t>(count >> 8U),
          static_cast<std::uint8_t>(count)};
}
}  // namespace request

class VirtualClient {
 public:
  explicit VirtualClient(const MeterSettings& settings = unpaced()) : meter(settings) {}

  // Settings for tests that do not care for the time bytes take.
  static MeterSettings unpaced() {
    MeterSettings settings;
    settings.link.baud = 0;
    return settings;
  }

  // Sends bytes as they are and returns what the meter says within the given time.
  Bytes send(const Bytes& bytes, Duration wait = std::chrono::milliseconds(100)) {
    meter.receive(bytes, now);
    return pass(wait);
  }

  // Lets time go by and returns what the meter says meanwhile.
  Bytes pass(Duration wait) {
    const Instant end = now + wait;
    Bytes said = meter.transmit();
    while (meter.deadline() && *meter.deadline() <= end) {
      now = *meter.deadline();
      meter.timeout(now);
      said = join({said, meter.transmit()});
    }
    now = end;
    return said;
  }

  // Sends a request in a packet, acknowledges every packet of the response, and returns the
  // payload. Empty when there was no complete response.
  Bytes ask(const Bytes& payload) {
    irmeter::Packet packet;
    packet.toggle = std::exchange(toggle, !toggle);
    packet.payload = payload;
    irmeter::PacketScanner scanner(8'192);
    scanner.push(send(irmeter::encode(packet)));
    Bytes response;
    packets.clear();
    while (auto item = scanner.next()) {
      if (auto* found = std::get_if<irmeter::ReceivedPacket>(&*item)) {
        packets.push_back(found->packet);
        response = join({response, found->packet.payload});
        scanner.push(send({irmeter::ack_byte}));
      }
    }
    return !packets.empty() && packets.back().sequence == 0 ? response : Bytes();
  }

  // The bytes of a read of an existing table, its count and checksum verified.
  Bytes table(const Bytes& read_request) {
    const Bytes response = ask(read_request);
    if (response.size() < 4 || response[0] != 0 ||
        response.size() != 4U + (std::size_t{response[1]} << 8U | response[2])) {
      throw std::runtime_error("not a read response");
    }
    const Bytes data(response.begin() + 3, response.end() - 1);
    if (irmeter::table_checksum(data) != response.back()) {
      throw std::runtime_error("wrong checksum");
    }
    return data;
  }

  // Up to and including Security.
  void open_session() {
    for (const Bytes& step :
         {request::identify, request::negotiate, request::log_on, request::security(demo_key)}) {
      if (ask(step)[0] != 0) {
        throw std::runtime_error("cannot open a session");
      }
    }
  }

  Instant now{std::chrono::hours(1)};
  SimulatedMeter meter;
  bool toggle = false;
  std::vector<irmeter::Packet> packets;  // of the latest response
};

}  // namespace irmetersim
