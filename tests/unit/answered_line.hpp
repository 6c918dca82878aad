// A line whose meter is the test: it sees every packet, gives every answer, and moves the clock.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "lib/link/packet.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {

inline constexpr Duration moment = std::chrono::microseconds(1);
// For every request to have left.
inline constexpr Duration a_while = std::chrono::milliseconds(40);

inline const Bytes all_right{0x00};
inline const Bytes identification = from_hex("00 00 02 00 00");
inline const Bytes limits_granted = from_hex("00 00 40 02 06");
inline const Bytes busy_now{0x06};
inline const Bytes no_session{0x0A};

// The answer to a read.
inline Bytes whole_table(const Bytes& bytes) {
  Bytes answer{0x00, 0x00, static_cast<std::uint8_t>(bytes.size())};
  answer.insert(answer.end(), bytes.begin(), bytes.end());
  answer.push_back(table_checksum(bytes));
  return answer;
}

// Driven: a session, or what has one.
template <typename Driven>
class AnsweredLine {
 public:
  explicit AnsweredLine(Driven& driven) : driven_(driven) {}

  Instant now{std::chrono::hours(1)};
  Instant latest_answer{};
  Bytes latest_packet;

  void pass(Duration time) { pass_to(now + time); }
  // Lets every deadline until this moment come.
  void pass_to(Instant end) {
    for (int steps = 0; driven_.deadline() && *driven_.deadline() <= end; ++steps) {
      ASSERT_LT(steps, 1000);
      now = std::max(now, *driven_.deadline());
      driven_.timeout(now);
    }
    now = end;
  }
  // Wakes up at this moment, and not at the deadlines before it.
  void sleep_to(Instant end) {
    now = end;
    driven_.timeout(now);
  }

  // What was asked since, repetitions included.
  std::string sent() {
    std::string names;
    while (const auto outgoing = driven_.outgoing()) {
      if (outgoing->bytes.size() > packet_overhead) {
        latest_packet = outgoing->bytes;
        const ByteView packet(outgoing->bytes);
        names += (names.empty() ? "" : ", ") +
                 name_of(packet.subspan(packet_header_size, packet.size() - packet_overhead));
      }
    }
    return names;
  }
  // What is asked once the line is free.
  std::string asked() {
    pass(a_while);
    return sent();
  }

  void receive(const Bytes& bytes) { driven_.receive(bytes, now); }
  void acknowledge() {
    pass(a_while);
    receive({ack_byte});
  }
  void answer(const Bytes& payload) {
    acknowledge();
    receive(encode({.toggle = std::exchange(toggle_, !toggle_), .payload = payload}));
    latest_answer = now;
  }

 private:
  Driven& driven_;
  bool toggle_ = false;
};

}  // namespace irmeter::testing
