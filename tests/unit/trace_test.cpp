// What the lines of a trace say.
#include "lib/trace/trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>
#include <string>

#include "lib/meter/tables.hpp"
#include "lib/trace/text.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using Lines = Trace::Lines;

class TraceLines : public ::testing::Test {
 protected:
  Trace trace{};

  Lines client(const char* hex) { return trace.client(from_hex(hex)); }
  Lines meter(const char* hex) { return trace.meter(from_hex(hex)); }
};

TEST_F(TraceLines, HaveTheBytesAndTheirMeaning) {
  EXPECT_EQ(client("EE 00 00 00 00 01 20 13 10"),
            Lines{"C> EE 00 00 00 00 01 20 13 10  # identify"});
  EXPECT_EQ(meter("06 EE 00 00 00 00 05 00 00 02 00 00 A2 5A"),
            (Lines{"M> 06  # ACK",
                   "M> EE 00 00 00 00 05 00 00 02 00 00 A2 5A  # ok, standard 0, "
                   "version 2.0"}));
  EXPECT_EQ(client("06"), Lines{"C> 06  # ACK"});
  EXPECT_EQ(client("EE 00 20 00 00 05 61 00 40 02 06 24 E2"),
            Lines{"C> EE 00 20 00 00 05 61 00 40 02 06 24 E2  # negotiate 2 packets of 64 bytes"});
  EXPECT_EQ(meter("EE 00 20 00 00 05 00 00 40 02 06 D3 48"),
            Lines{"M> EE 00 20 00 00 05 00 00 40 02 06 D3 48  # ok, 2 packets of 64 bytes"});
  EXPECT_EQ(meter("15"), Lines{"M> 15  # NAK"});
}

std::string meaning(const Lines& lines) {
  return lines.empty() ? "" : lines.back().substr(lines.back().find("# ") + 2);
}

TEST_F(TraceLines, NameANegotiationWithoutASpeed) {
  EXPECT_EQ(meaning(trace.client(encode({.payload = from_hex("60 00 40 02")}))),
            "negotiate 2 packets of 64 bytes");
  EXPECT_NE(meaning(trace.client(encode({.payload = from_hex("60 00 40")}))),
            "negotiate 2 packets of 64 bytes");
}

TEST_F(TraceLines, NameEveryRequest) {
  std::string names;
  for (const TranscriptLine& line : load_transcript("session-one-packet.txt")) {
    if (line.sender == Sender::client && line.bytes.size() > 1) {
      names += (names.empty() ? "" : ", ") + meaning(trace.client(line.bytes));
    }
  }
  EXPECT_EQ(names,
            "identify, negotiate 2 packets of 64 bytes, log on, read BT00, read BT01 0+24, "
            "read ET03 0+30, security, read BT21 0+10, read BT23 0+8, read BT28 0+40, "
            "read BT28 40+20, read BT23 0+8, read BT28 0+40, read BT28 40+20, log off, terminate");
}

TEST_F(TraceLines, SayWhatTheTablesHold) {
  std::vector<std::string> meanings;
  for (const TranscriptLine& line : load_transcript("session-once.txt")) {
    const Lines lines =
        line.sender == Sender::client ? trace.client(line.bytes) : trace.meter(line.bytes);
    if (line.sender == Sender::meter) {
      meanings.push_back(meaning(lines));
    }
  }
  EXPECT_EQ(meanings,
            (std::vector<std::string>{
                "ok, standard 0, version 2.0", "ok, 2 packets of 64 bytes", "ok",
                "first packet, 1 to follow", "last packet: ok, 79 bytes of BT00",
                "ok, 24 bytes of BT01: ELON 8333443I, firmware 3.10.21, serial number "
                "0000000012345678",
                "ok, 30 bytes of ET03: 501234567", "ok",
                "ok, 10 bytes of BT21: 15 summations, 10 present values",
                "ok, 8 bytes of BT23: 33821691 1739085",
                "ok, 40 bytes of BT28: 0 231 0 71 598 700 705 231392 233137 230613",
                "ok, 8 bytes of BT23: 33821691 1739085",
                "ok, 40 bytes of BT28: 0 231 0 71 598 700 705 231392 233137 230613", "ok", "ok"}));
}

TEST_F(TraceLines, NameARefusal) {
  EXPECT_EQ(meaning(meter("EE 00 20 00 00 01 03 1B 63")), "isc (insufficient security clearance)");
}

TEST_F(TraceLines, SayWhatIsWrongWithATable) {
  (void)client("EE 00 00 00 00 08 3F 00 17 00 00 00 00 08 B3 D9");
  Packet packet;
  packet.payload = from_hex("00 00 08 FB 13 04 02 4D 89 1A 00 FD");
  EXPECT_EQ(meaning(trace.meter(encode(packet))),
            "ok, but the checksum of the table data is wrong");
  packet.payload = from_hex("00 00 01 42 BE");
  EXPECT_EQ(meaning(trace.meter(encode(packet))), "ok, 1 byte, not those of BT23 0+8");
}

// A response of 0x1F is one, that of 0x20 is a request that has come back.
TEST_F(TraceLines, TellAResponseByItsFirstByte) {
  EXPECT_EQ(meaning(trace.meter(encode({.payload = {0x1F}}))), "code 0x1f");
  EXPECT_EQ(meaning(trace.meter(encode({.payload = {0x20}}))), "echo: identify");
}

TEST_F(TraceLines, CountThePacketsOfAMessageDown) {
  (void)trace.client(encode({.payload = request::read({bt23, 0, 8})}));
  const auto shown = [&](bool first, std::uint8_t sequence, const char* payload) {
    return meaning(trace.meter(encode(
        {.multi = true, .first = first, .sequence = sequence, .payload = from_hex(payload)})));
  };
  EXPECT_EQ(shown(true, 2, "00 00 08 FB 13"), "first packet, 2 to follow");
  EXPECT_EQ(shown(false, 1, "04 02 4D"), "1 to follow");
  EXPECT_EQ(shown(false, 0, "89 1A 00 FC"), "last packet: ok, 8 bytes of BT23: 33821691 1739085");
  EXPECT_EQ(shown(true, 2, "00 00 08 FB 13"), "first packet, 2 to follow");
  EXPECT_EQ(shown(false, 0, "04"), "part of a message whose beginning is missing");
  EXPECT_EQ(shown(false, 1, "04"), "part of a message whose beginning is missing");
  EXPECT_EQ(shown(true, 0, "05"), "last packet: iar (inappropriate action requested)");
}

TEST_F(TraceLines, HaveNothingOfARequestButItsBeginning) {
  EXPECT_EQ(trace.client(encode({.multi = true, .sequence = 0, .payload = {0x20, 0x21}})),
            Lines{"C> EE 00 80 00 00 02 ** ** ** **  # continued"});
  EXPECT_EQ(trace.client(encode({.payload = {0x40, 0x21}})),
            Lines{"C> EE 00 00 00 00 02 40 ** ** **  # another request"});
}

TEST_F(TraceLines, ShowAnAckOnceThePacketBeforeItWasWhole) {
  EXPECT_EQ(client("FF"), Lines{"C> # noise, 1 byte, not shown"});
  EXPECT_EQ(client("06"), Lines{"C> # noise, 1 byte, not shown"});
  (void)client("EE 00 00 00 00 01 20 13 10");
  EXPECT_EQ(client("06"), Lines{"C> 06  # ACK"});
  EXPECT_EQ(meter("FF 06"), Lines{}) << "there was a request that is not shown";
  (void)meter("EE 00 00 00 00 01 00 11 31");
  EXPECT_EQ(meter("06"), Lines{"M> 06  # ACK"});
}

TEST_F(TraceLines, ShowNoiseOnceSomethingFollowsIt) {
  EXPECT_EQ(meter("FF 00"), Lines{});
  EXPECT_EQ(meter("55"), Lines{});
  EXPECT_EQ(meter("06"), (Lines{"M> FF 00 55  # noise", "M> 06  # ACK"}));
  EXPECT_EQ(meter("FF"), Lines{});
  EXPECT_EQ(client("06"), Lines{"C> 06  # ACK"});
  EXPECT_EQ(client("15"), (Lines{"M> FF  # noise", "C> 15  # NAK"}));
  EXPECT_EQ(meter("FE"), Lines{});
  EXPECT_EQ(trace.rest(), Lines{"M> FE  # noise"});
  EXPECT_EQ(trace.rest(), Lines{});
}

TEST_F(TraceLines, DoNotGatherNoiseForEver) {
  EXPECT_EQ(trace.meter(Bytes(63, 0xFF)), Lines{});
  EXPECT_EQ(trace.meter(Bytes(1, 0xFF)).size(), 1U);
  EXPECT_EQ(trace.meter(Bytes(1000, 0xFF)).size(), 1U);
  EXPECT_EQ(trace.rest(), Lines{});
}

TEST_F(TraceLines, ShowADamagedPacketWhole) {
  EXPECT_EQ(meter("FF EE 00 00 00 00 05 00 00 02 00 00 A2 5B"), Lines{"M> FF  # noise"});
  EXPECT_EQ(client("15"),
            (Lines{"M> EE 00 00 00 00 05 00 00 02 00 00 A2 5B  # damaged packet", "C> 15  # NAK"}));
}

TEST_F(TraceLines, ShowDamagedPacketsTogetherThatNothingSeparates) {
  EXPECT_EQ(meter("EE 00 00 00 00 01 00 11 32 EE 00 00 00 00 01 00 11 33"), Lines{});
  EXPECT_EQ(trace.rest(), Lines{"M> EE 00 00 00 00 01 00 11 32 EE 00 00 00 00 01 00 11 33  "
                                "# damaged packet"});
  (void)meter("FF");
  EXPECT_EQ(trace.rest(), Lines{"M> FF  # noise"});
}

TEST_F(TraceLines, ShowAPacketThatWasCutShortBeforeTheNextRequest) {
  EXPECT_EQ(meter("EE 00 00 00 00 05 00 00"), Lines{});
  EXPECT_EQ(client("06"), Lines{"C> 06  # ACK"});
  EXPECT_EQ(client("EE 00 00 00 00 01 20 13 10"),
            (Lines{"M> EE 00 00 00 00 05 00 00  # damaged packet",
                   "C> EE 00 00 00 00 01 20 13 10  # identify"}));
}

TEST_F(TraceLines, TellAnEchoFromAnAnswer) {
  (void)client("EE 00 00 00 00 01 20 13 10");
  EXPECT_EQ(meter("EE 00 00 00 00 01 20 13 10"),
            Lines{"M> EE 00 00 00 00 01 20 13 10  # echo: identify"});
}

TEST_F(TraceLines, SayWhenTheBeginningOfAMessageIsMissing) {
  EXPECT_EQ(meaning(meter("EE 00 80 00 00 1B 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                          "00 00 00 00 00 00 00 00 9C C7 A6")),
            "part of a message whose beginning is missing");
}

TEST_F(TraceLines, TakeNothingForTheRestOfAMessageThatIsComplete) {
  const auto shown = [&](const Packet& packet) { return meaning(trace.meter(encode(packet))); };
  const Packet last{.multi = true, .sequence = 0, .payload = {0x01}};
  EXPECT_EQ(shown({.multi = true, .first = true, .sequence = 1, .payload = {0x00}}),
            "first packet, 1 to follow");
  EXPECT_TRUE(shown(last).starts_with("last packet: "));
  EXPECT_EQ(shown(last), "part of a message whose beginning is missing");
}

TEST_F(TraceLines, AreTheSameHoweverTheBytesAreSplit) {
  for (const char* file : {"session-once.txt", "session-kept.txt", "echo.txt"}) {
    Trace whole;
    Trace split;
    Lines of_whole;
    Lines of_split;
    const auto add = [](Lines& to, const Lines& lines) {
      to.insert(to.end(), lines.begin(), lines.end());
    };
    for (const TranscriptLine& line : load_transcript(file)) {
      if (line.sender == Sender::client) {
        add(of_whole, whole.client(line.bytes));
        add(of_split, split.client(line.bytes));
        continue;
      }
      add(of_whole, whole.meter(line.bytes));
      for (const std::uint8_t byte : line.bytes) {
        add(of_split, split.meter({&byte, 1}));
      }
    }
    EXPECT_EQ(of_whole, of_split) << file;
    EXPECT_GT(of_whole.size(), 10U) << file;
  }
}

Bytes bytes_of(const std::string& text) {
  std::istringstream stream(text);
  Bytes bytes;
  for (const TranscriptLine& line : read_transcript(stream, "trace")) {
    bytes.insert(bytes.end(), line.bytes.begin(), line.bytes.end());
  }
  return bytes;
}

TEST_F(TraceLines, AreTheTranscriptTheyWereMadeFrom) {
  for (const char* file : {"session-once.txt", "session-kept.txt", "session-one-packet.txt"}) {
    std::string text;
    Bytes bytes;
    for (const TranscriptLine& line : load_transcript(file)) {
      bytes.insert(bytes.end(), line.bytes.begin(), line.bytes.end());
      for (const std::string& shown :
           line.sender == Sender::client ? trace.client(line.bytes) : trace.meter(line.bytes)) {
        text += "trace: main " + shown + "\n";
      }
    }
    EXPECT_EQ(bytes_of(text), bytes) << file;
  }
}

// Bytes that packets are made of, at random, with whole packets among them.
Bytes noise(std::mt19937& random) {
  constexpr std::array<std::uint8_t, 8> likely{0xEE, 0xEE, 0x00, 0x00, 0x01, 0x06, 0x15, 0x80};
  Bytes bytes;
  for (std::size_t i = 0; i < 300; ++i) {
    if (random() % 20 == 0) {
      const Bytes packet = from_hex("EE 00 20 00 00 01 00 80 51");
      bytes.insert(bytes.end(), packet.begin(), packet.end());
    }
    bytes.push_back(random() % 4 == 0 ? static_cast<std::uint8_t>(random())
                                      : likely[random() % likely.size()]);
  }
  return bytes;
}

TEST_F(TraceLines, HaveEveryByteOfAnyNoiseInItsOrder) {
  std::mt19937 random(1);
  for (int run = 0; run < 300; ++run) {
    const Bytes bytes = noise(random);
    std::string text;
    const auto add = [&](const Lines& lines) {
      for (const std::string& line : lines) {
        text += line + "\n";
      }
    };
    for (ByteView left = bytes; !left.empty();) {
      const std::size_t piece = std::min<std::size_t>(left.size(), 1 + random() % 40);
      add(trace.meter(left.first(piece)));
      left = left.subspan(piece);
      if (random() % 10 == 0) {
        add(trace.rest());
      }
    }
    add(trace.rest());
    ASSERT_EQ(bytes_of(text), bytes);
  }
}

TEST(TraceTexts, OfRequestsAreOfTheirService) {
  for (unsigned code = 0; code < 256; ++code) {
    const Bytes request{static_cast<std::uint8_t>(code)};
    const std::string expected = code == 0x20   ? "identify"
                                 : code == 0x21 ? "terminate"
                                 : code == 0x50 ? "log on"
                                 : code == 0x51 ? "security"
                                 : code == 0x52 ? "log off"
                                 : code == 0x70 ? "wait"
                                                : "another request";
    EXPECT_EQ(describe_request(request), expected) << code;
    EXPECT_EQ(is_public(request), (expected != "another request" && code != 0x51) ||
                                      (code >= 0x30 && code <= 0x3F) ||
                                      (code >= 0x60 && code <= 0x6B))
        << code;
  }
}

TEST(TraceTexts, OfReadsSayWhatIsRead) {
  const std::vector<std::pair<const char*, const char*>> examples{
      {"30 08 03", "read ET03"},
      {"30 00 17 00", "another request"},
      {"30 00", "another request"},
      {"31 00 17", "another request"},
      {"3F 08 03 01 02 03 04 05", "read ET03 66051+1029"},
      {"3F 08 03 01 02 03 04", "another request"},
      {"3F 08 03 01 02 03 04 05 06", "another request"},
      {"3E 08 03 01 02 03 04 05", "another request"},
      {"60 01 02 01", "negotiate 1 packet of 258 bytes"},
      {"6B 00 40 00 06", "negotiate 0 packets of 64 bytes"},
      {"6C 00 40 02 06", "another request"},
      {"5F 00 40 02 06", "another request"}};
  for (const auto& [request, text] : examples) {
    EXPECT_EQ(describe_request(from_hex(request)), text) << request;
    EXPECT_EQ(asked_for(from_hex(request)).has_value(), text == std::string("read ET03 66051+1029"))
        << request;
  }
}

// "00", the count, these bytes and their checksum.
Bytes table_granted(const char* hex) {
  const Bytes data = from_hex(hex);
  Bytes response{0, static_cast<std::uint8_t>(data.size() >> 8U),
                 static_cast<std::uint8_t>(data.size())};
  response.insert(response.end(), data.begin(), data.end());
  response.push_back(table_checksum(data));
  return response;
}

TEST(TraceTexts, OfTablesSayWhatTheyHold) {
  const struct {
    TableRead read;
    const char* data;
    const char* text;
  } examples[]{{{bt23, 0, 8}, "01 00 00 00 FF FF FF FF", "ok, 8 bytes of BT23: 1 -1"},
               {{bt23, 4, 7}, "01 00 00 00 FF FF FF", "ok, 7 bytes of BT23: 1"},
               {{bt23, 4, 1}, "01", "ok, 1 byte of BT23"},
               {{bt28, 40, 4}, "02 00 00 00", "ok, 4 bytes of BT28: 2"},
               {{bt22, 0, 4}, "02 00 00 00", "ok, 4 bytes of BT22"},
               {{bt20, 0, 10},
                "03 0C 00 0F 00 00 00 04 00 29",
                "ok, 10 bytes of BT20: 15 summations, 41 present values"},
               {{bt21, 0, 10},
                "03 0C 00 0F 00 00 00 04 00 29",
                "ok, 10 bytes of BT21: 15 summations, 41 present values"},
               {{bt21, 0, 9}, "03 0C 00 0F 00 00 00 04 00", "ok, 9 bytes of BT21"},
               {{bt21, 1, 10}, "03 0C 00 0F 00 00 00 04 00 29", "ok, 10 bytes of BT21"},
               {{et03, 0, 2}, "41 42", "ok, 2 bytes of ET03: AB"},
               {{et03, 1, 2}, "41 42", "ok, 2 bytes of ET03"},
               {{bt01, 0, 2}, "41 42", "ok, 2 bytes of BT01"}};
  for (const auto& [read, data, text] : examples) {
    EXPECT_EQ(describe_response(table_granted(data), request::read(read)), text);
  }
  EXPECT_EQ(describe_response(table_granted("41 42"), request::read({et03, 1, 3})),
            "ok, 2 bytes, not those of ET03 1+3");
  EXPECT_EQ(describe_response(table_granted("41 42"), from_hex("30 08 03")), "ok, 2 bytes of ET03");
  EXPECT_EQ(describe_response(table_granted("41 42"), from_hex("31 08 03 00 01")), "ok, 2 bytes");
  EXPECT_EQ(describe_response(table_granted("41 42"), from_hex("31 08 03")), "ok, 2 bytes");
}

TEST(TraceTexts, OfOtherResponsesSayWhatTheirRequestTells) {
  const std::vector<std::pair<const char*, std::pair<const char*, const char*>>> examples{
      {"20", {"00", "ok"}},
      {"20", {"00 00", "ok and 1 byte"}},
      {"20", {"00 01 02", "ok and 2 bytes"}},
      {"20", {"00 01 02 03", "ok, standard 1, version 2.3"}},
      {"20", {"00 01 02 03 04", "ok, standard 1, version 2.3"}},
      {"21", {"00 01 02 03 04", "ok and 4 bytes"}},
      {"60", {"00 01 02", "ok and 2 bytes"}},
      {"60", {"00 01 02 01", "ok, 1 packet of 258 bytes"}},
      {"6B", {"00 01 02 02 06", "ok, 2 packets of 258 bytes"}},
      {"6C", {"00 01 02 02 06", "ok and 4 bytes"}},
      {"50", {"00 01", "ok and 1 byte"}},
      {"50", {"01 01", "err (rejected)"}},
      {"", {"00 01", "ok and 1 byte"}},
      {"30 00 17", {"00 01", "ok, but the answer to a read is too short"}},
      {"2F 00 17", {"00 01", "ok and 1 byte"}},
      {"40 00 17", {"00 01", "ok and 1 byte"}}};
  for (const auto& [request, of_response] : examples) {
    const auto& [response, text] = of_response;
    EXPECT_EQ(describe_response(from_hex(response), from_hex(request)), text)
        << request << ": " << response;
  }
}

}  // namespace
}  // namespace irmeter::testing
