// A data link with a clock that the test moves by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "lib/link/link.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline const Bytes ident_request = from_hex("EE 00 00 00 00 01 20 13 10");
inline const Bytes ident_answer = from_hex("EE 00 00 00 00 05 00 00 02 00 00 A2 5A");
inline const Bytes ident_payload = from_hex("00 00 02 00 00");
inline const Bytes ack{ack_byte};
inline const Bytes nak{nak_byte};

class LinkTest : public ::testing::Test {
 protected:
  Link link;
  Instant now{seconds(1000)};

  void send(const Bytes& payload) { link.send(payload, now, {}); }
  void receive(const Bytes& bytes) { link.receive(bytes, now); }
  void receive(const char* hex) { receive(from_hex(hex)); }

  // Lets every deadline within this time come.
  void pass(Duration time) {
    const Instant end = now + time;
    for (int steps = 0; link.deadline() && *link.deadline() <= end; ++steps) {
      ASSERT_LT(steps, 1000);
      now = std::max(now, *link.deadline());
      link.timeout(now);
    }
    now = end;
  }

  // Everything that was sent since, as text.
  std::string sent() {
    std::string text;
    while (const auto outgoing = link.outgoing()) {
      text += (text.empty() ? "" : " | ") + to_hex(outgoing->bytes);
    }
    return text;
  }

  std::optional<Bytes> response() {
    const auto outcome = link.outcome();
    const Bytes* bytes = outcome ? std::get_if<Bytes>(&*outcome) : nullptr;
    return bytes != nullptr ? std::optional(*bytes) : std::nullopt;
  }

  std::optional<Fault> failure() {
    const auto outcome = link.outcome();
    const auto* reason = outcome ? std::get_if<Fault>(&*outcome) : nullptr;
    return reason != nullptr ? std::optional(*reason) : std::nullopt;
  }
};

}  // namespace irmeter::testing
