// The C12.18 session as a meter keeps it: which service is allowed when, and who may read what.
//
//   base --identify--> id --log on--> session;  log off: back to id;  terminate: back to base
//
// Requests and responses are the payloads of packets; time-outs are the link's business, which
// ends in reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lib/link/packet.hpp"

namespace irmetersim {

using irmeter::Bytes;
using irmeter::ByteView;

// The first byte of every response.
enum class Response : std::uint8_t {
  ok = 0x00,
  err = 0x01,   // malformed
  sns = 0x02,   // service not supported
  isc = 0x03,   // insufficient security clearance
  onp = 0x04,   // operation not possible
  iar = 0x05,   // inappropriate action requested: no such table
  bsy = 0x06,   // device busy
  dnr = 0x07,   // data not ready
  dlk = 0x08,   // data locked
  rno = 0x09,   // renegotiate
  isss = 0x0A,  // invalid service sequence state
};

[[nodiscard]] inline Bytes answer(Response response) {
  return {static_cast<std::uint8_t>(response)};
}

enum class SessionState : std::uint8_t { base, id, session };

inline constexpr std::size_t key_size = 20;

// The key a simulated meter has unless it is given another one. It looks like hexadecimal digits,
// as real keys do, and like them it is text.
inline constexpr const char* demo_key = "0123456789ABCDEF0123";

struct SessionSettings {
  std::string key = demo_key;    // 20 characters
  bool negotiates = true;        // otherwise Negotiate is answered with sns
  std::size_t packet_size = 64;  // the most that Negotiate grants, 64..8192 bytes
  std::size_t packet_count = 2;  // the most that Negotiate grants, 1..255
};

// Where reads get their bytes: a whole table by its number, or nothing if there is none.
using TableSource = std::function<std::optional<Bytes>(std::uint16_t id)>;

class MeterSession {
 public:
  // identification: the body of the identification response.
  MeterSession(const SessionSettings& settings, Bytes identification, TableSource tables);

  // Carries out a request and returns the response to it.
  [[nodiscard]] Bytes handle(ByteView request);

  // Back to the base state, as after six silent seconds.
  void reset();

  [[nodiscard]] SessionState state() const { return state_; }
  [[nodiscard]] bool authenticated() const { return authenticated_; }

  // The limits of a message as agreed on; the defaults of the standard until then.
  [[nodiscard]] std::size_t packet_size() const { return packet_size_; }
  [[nodiscard]] std::size_t packet_count() const { return packet_count_; }

  // The number that the present user, or the last one, has logged on with.
  [[nodiscard]] std::uint16_t user() const { return user_; }
  // Wrong keys since the start; a real meter raises an alarm at the first.
  [[nodiscard]] unsigned invalid_passwords() const { return invalid_passwords_; }

 private:
  [[nodiscard]] Bytes identify(ByteView body);
  [[nodiscard]] Bytes negotiate(ByteView body);
  [[nodiscard]] Bytes log_on(ByteView body);
  [[nodiscard]] Bytes check_key(ByteView body);
  [[nodiscard]] Bytes log_off(ByteView body);
  [[nodiscard]] Bytes terminate(ByteView body);
  [[nodiscard]] Bytes read(ByteView body);

  SessionSettings settings_;
  Bytes identification_;
  TableSource tables_;
  SessionState state_ = SessionState::base;
  bool authenticated_ = false;
  std::size_t packet_size_ = irmeter::default_packet_size;
  std::size_t packet_count_ = irmeter::default_packet_count;
  std::uint16_t user_ = 0;
  unsigned invalid_passwords_ = 0;
};

}  // namespace irmetersim
