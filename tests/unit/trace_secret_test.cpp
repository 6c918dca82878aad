// The key is not in a trace, whatever a probe makes of its echo.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lib/session/service.hpp"
#include "lib/trace/text.hpp"
#include "lib/trace/trace.hpp"
#include "tests/support/secret_forms.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using Lines = Trace::Lines;

const std::string security_line =
    "EE 00 00 00 00 15 51 ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** **  # ";

class TraceSecret : public ::testing::Test {
 protected:
  static constexpr std::string_view key = "Zq7#Xv9!Kw3$Yj5%Bn1&";

  static Bytes security_packet() {
    Packet packet;
    packet.payload = request::security(*Key::from_text(key));
    return encode(packet);
  }

  const Bytes ack{ack_byte};
  const Bytes security = security_packet();
  const Bytes ok = from_hex("EE 00 00 00 00 01 00 11 31");
  const Bytes next_request = from_hex("EE 00 00 00 00 08 3F 00 17 00 00 00 00 08 B3 D9");
  const Bytes next_answer = from_hex("EE 00 20 00 00 0C 00 00 08 FB 13 04 02 4D 89 1A 00 FC 92 F2");
  const Bytes damaged_answer =
      from_hex("EE 00 20 00 00 0C 00 00 08 FB 13 04 02 4D 89 1A 00 FC 92 F3");

  // Nothing that is not in the clear by its nature, or a count.
  void expect_discreet(const Lines& lines) const {
    const std::set<std::string> harmless{
        "C> " + security_line + "security",
        "M> " + security_line + "echo: security",
        "C> " + to_hex(next_request) + "  # read BT23 0+8",
        "M> " + to_hex(next_request) + "  # echo: read BT23 0+8",
        "M> " + to_hex(ok) + "  # ok",
        "M> " + to_hex(next_answer) + "  # ok, 8 bytes of BT23: 33821691 1739085",
        "M> 06  # ACK",
        "M> 15  # NAK",
        "C> 06  # ACK",
        "C> 15  # NAK"};
    for (const std::string& line : lines) {
      EXPECT_TRUE(harmless.count(line) == 1 || line.ends_with(", not shown")) << line;
    }
  }

  static void add(Lines& to, const Lines& lines) {
    to.insert(to.end(), lines.begin(), lines.end());
  }

  // Everything near an echo: each of its bytes lost, doubled, changed, with one in front of it, and
  // the echo cut off in front of it or behind it.
  std::vector<Bytes> damaged_echoes() const {
    std::vector<Bytes> all{security};
    for (std::size_t i = 0; i < security.size(); ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      for (const std::uint8_t other : from_hex("00 FF EE 06 15")) {
        all.push_back(security);
        all.back()[i] = other;
        all.push_back(security);
        all.back().insert(all.back().begin() + at, other);
      }
      all.push_back(security);
      all.back().erase(all.back().begin() + at);
      all.emplace_back(security.begin(), security.begin() + at);
      all.emplace_back(security.begin() + at, security.end());
    }
    for (const std::uint8_t first : from_hex("FF 00")) {  // the usual kind of damage
      all.push_back(security);
      all.back()[0] = first;
    }
    return all;
  }
};

TEST_F(TraceSecret, IsBlankedWhereItIsSent) {
  Trace trace;
  EXPECT_EQ(trace.client(security), Lines{"C> " + security_line + "security"});
}

TEST_F(TraceSecret, IsBlankedInACleanEcho) {
  Trace trace;
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(security), Lines{"M> " + security_line + "echo: security"});
  EXPECT_EQ(trace.meter(ack), Lines{"M> 06  # ACK"});
}

TEST_F(TraceSecret, IsNotInADamagedEchoInAnyPieces) {
  for (const Bytes& echo : damaged_echoes()) {
    for (std::size_t piece = 1; piece <= echo.size(); piece += 7) {
      Trace trace;
      Lines lines = trace.client(security);
      for (std::size_t at = 0; at < echo.size(); at += piece) {
        add(lines, trace.meter(ByteView(echo).subspan(at, std::min(piece, echo.size() - at))));
      }
      add(lines, trace.meter(ack));
      add(lines, trace.meter(ok));
      add(lines, trace.client(ack));
      expect_discreet(lines);
    }
  }
}

// Over USB or TCP an echo may come in much later than its request went out.
TEST_F(TraceSecret, IsNotInADamagedEchoHoweverLate) {
  for (const Bytes& echo : damaged_echoes()) {
    for (int late = 0; late < 4; ++late) {
      Trace trace;
      Lines lines = trace.client(security);
      const auto echo_if = [&](int when) {
        if (late == when) {
          add(lines, trace.meter(echo));
        }
      };
      add(lines, trace.meter(ok));  // of a request before
      echo_if(0);
      add(lines, trace.client(security));
      add(lines, trace.meter(ok));
      add(lines, trace.client(ack));
      echo_if(1);
      add(lines, trace.client(next_request));
      echo_if(2);
      add(lines, trace.meter(ok));  // of the second Security
      echo_if(3);
      add(lines, trace.client(next_request));
      add(lines, trace.meter(next_request));
      add(lines, trace.meter(next_answer));
      expect_discreet(lines);
    }
  }
}

// The bytes of its CRC may look like an ACK.
TEST_F(TraceSecret, IsNotInAnEchoThatGoesOnAfterARepetition) {
  Trace trace;
  (void)trace.client(security);
  (void)trace.meter(ByteView(security).subspan(1, 26));
  Lines lines = trace.client(security);
  add(lines, trace.meter(ack));
  add(lines, trace.rest());
  EXPECT_EQ(lines.back(), "M> # noise, 1 byte, not shown");
}

// Damage that no check value tells makes a request of another kind.
TEST_F(TraceSecret, IsNotInADamagedEchoWithARightCrc) {
  Packet packet;
  packet.payload = request::security(*Key::from_text(key));
  packet.payload[0] = 0x50;
  Trace trace;
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(encode(packet)), Lines{"M> # 29 bytes, not shown"});
}

TEST_F(TraceSecret, IsOverWithTheAnswerToALaterRead) {
  Trace trace;
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(damaged_answer), Lines{});
  EXPECT_EQ(trace.client(next_request).front(), "M> # damaged packet, 20 bytes, not shown");
  EXPECT_EQ(trace.meter(next_answer).size(), 1U);
  (void)trace.meter(damaged_answer);
  EXPECT_EQ(trace.rest(), Lines{"M> " + to_hex(damaged_answer) + "  # damaged packet"});
}

// It is over with the whole answer to what was asked behind the key, and with nothing else.
TEST_F(TraceSecret, IsNotOverWithAnotherAnswer) {
  const auto hides = [&](const Bytes& request, const Packet& answer) {
    Trace trace;
    (void)trace.client(security);
    (void)trace.client(request);
    (void)trace.meter(encode(answer));
    (void)trace.meter(from_hex("FF"));
    return trace.rest() == Lines{"M> # noise, 1 byte, not shown"};
  };
  const Bytes read_264 = encode({.payload = request::read({64, 0, 264})});
  const auto first = [](const char* payload) {
    return Packet{.multi = true, .first = true, .sequence = 5, .payload = from_hex(payload)};
  };
  EXPECT_FALSE(hides(read_264, first("00 01 08")));
  EXPECT_FALSE(hides(next_request, first("00 00 08 01")));
  EXPECT_TRUE(hides(read_264, first("00 00 08")));
  EXPECT_TRUE(hides(next_request, first("00 01 08")));
  EXPECT_TRUE(hides(next_request, first("00 00")));
  EXPECT_TRUE(hides(next_request, first("03 00 08")));
  EXPECT_TRUE(hides(next_request, first("20 00 08")));
  EXPECT_TRUE(hides(next_request, {.multi = true, .payload = from_hex("00 00 08")}));
  EXPECT_TRUE(hides(encode({.payload = from_hex("30 00 17")}), first("00 00 08")));
  EXPECT_TRUE(hides(security, first("00 00 08")));
}

TEST_F(TraceSecret, IsNotOverWithTheAnswerToAReadBeforeIt) {
  Trace trace;
  (void)trace.client(next_request);
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(next_request), Lines{"M> # 16 bytes, not shown"}) << "nor with its echo";
  EXPECT_EQ(trace.meter(next_answer), Lines{"M> " + to_hex(next_answer) + "  # ok and 11 bytes"});
  (void)trace.meter(damaged_answer);
  EXPECT_EQ(trace.rest(), Lines{"M> # damaged packet, 20 bytes, not shown"});
}

TEST_F(TraceSecret, IsNotInPacketsThatBelongToNothing) {
  const auto part = [](bool first, std::uint8_t sequence) {
    return encode({.multi = true, .first = first, .sequence = sequence, .payload = {0x03, 0x50}});
  };
  Trace trace;
  EXPECT_TRUE(trace.meter(part(false, 1)).front().ends_with("whose beginning is missing"));
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(part(false, 1)), Lines{"M> # 10 bytes, not shown"});
  EXPECT_TRUE(trace.meter(part(true, 2)).front().ends_with("first packet, 2 to follow"));
  EXPECT_TRUE(trace.meter(part(false, 1)).front().ends_with("# 1 to follow"));
  EXPECT_EQ(trace.meter(part(false, 1)), Lines{"M> # 10 bytes, not shown"});
}

// What was nothing before the key was sent is nothing of its echo.
TEST_F(TraceSecret, LeavesAnAckBehindEarlierNoise) {
  Trace trace;
  (void)trace.meter(from_hex("FF"));
  (void)trace.client(security);
  EXPECT_EQ(trace.meter(ack), Lines{"M> 06  # ACK"});
  (void)trace.meter(from_hex("FF"));
  EXPECT_EQ(trace.meter(ack), Lines{});
  (void)trace.meter(ok);
  EXPECT_EQ(trace.meter(ack), Lines{"M> 06  # ACK"});
}

TEST_F(TraceSecret, IsNotInNoiseThatHasThreeOfItsCharacters) {
  Trace trace(default_packet_size, *Key::from_text(key));
  (void)trace.meter(from_hex("FF 58 76 FF"));
  EXPECT_EQ(trace.rest(), Lines{"M> FF 58 76 FF  # noise"});
  (void)trace.meter(from_hex("FF 58 76 39 FF"));
  EXPECT_EQ(trace.rest(), Lines{"M> # noise, 5 bytes, not shown"});
}

TEST_F(TraceSecret, IsNotInThePacketsOfOneResponse) {
  Trace trace(default_packet_size, *Key::from_text(key));
  const auto part = [&](bool first, std::uint8_t sequence, const char* payload) {
    return trace.meter(encode(
        {.multi = true, .first = first, .sequence = sequence, .payload = from_hex(payload)}));
  };
  EXPECT_EQ(part(true, 2, "00 5A 71 37").size(), 1U);
  EXPECT_EQ(part(false, 1, "23 58"), Lines{"M> # 10 bytes, not shown"});
  EXPECT_TRUE(part(true, 1, "00 5A 71 37").front().ends_with("first packet, 1 to follow"));
}

// Neither is it after that, from a probe that is later still, or a meter that has kept it.
TEST_F(TraceSecret, IsNotInWhatComesInWhenNobodyWaitsForIt) {
  std::vector<Bytes> late = damaged_echoes();
  for (const std::uint8_t code : from_hex("00 03 50")) {
    Packet packet;
    packet.payload = request::security(*Key::from_text(key));
    packet.payload[0] = code;
    late.push_back(encode(packet));
  }
  for (const Bytes& bytes : late) {
    Trace trace(default_packet_size, *Key::from_text(key));
    (void)trace.client(security);
    (void)trace.meter(ok);
    (void)trace.client(next_request);
    (void)trace.meter(next_answer);
    Lines lines = trace.meter(bytes);
    add(lines, trace.client(next_request));
    add(lines, trace.rest());
    for (const std::string& line : lines) {
      irmeterd::expect_without(line, key, "line");
    }
  }
}

TEST_F(TraceSecret, IsNotInAClientsDamagedPacketNorInItsEcho) {
  for (const Bytes& damaged : damaged_echoes()) {
    if (damaged == security) {
      continue;
    }
    Trace trace(8192);
    Lines lines = trace.client(damaged);
    add(lines, trace.meter(damaged));
    add(lines, trace.client(next_request));
    add(lines, trace.rest());
    expect_discreet(lines);
  }
}

TEST_F(TraceSecret, IsNotInRequestsNobodyKnows) {
  for (unsigned code = 0x20; code <= 0xFF; ++code) {
    Packet packet;
    packet.payload = request::security(*Key::from_text(key));
    packet.payload[0] = static_cast<std::uint8_t>(code);
    packet.multi = code % 2 == 1;  // and not the first of its message
    if (packet.multi || !is_public(packet.payload)) {
      Trace trace;
      Lines lines = trace.client(encode(packet));
      add(lines, trace.meter(encode(packet)));
      for (const std::string& line : lines) {
        irmeterd::expect_without(line, key, "line");
      }
    }
  }
}

}  // namespace
}  // namespace irmeter::testing
