// Requests against published packets, responses in every malformed shape.
#include "lib/session/service.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/meter/tables.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

Key key(std::string_view text) {
  auto parsed = Key::from_text(text);
  EXPECT_TRUE(parsed);
  return *parsed;
}

bool stands_in(const char* file, const Bytes& payload) {
  const auto payloads = payloads_of(load_transcript(file), Sender::client);
  return std::ranges::count(payloads, payload) != 0;
}

TEST(Request, IsTheOneOfARealSession) {
  const auto real = payloads_of(load_transcript("real-session.txt"), Sender::client);
  ASSERT_EQ(real.size(), 7U);
  EXPECT_EQ(Bytes{service_code::identification}, real[0]);
  EXPECT_EQ(request::logon(99, "fixeduser"), real[1]);
  EXPECT_EQ(request::security(key("76747b437bRebbAbq426")), real[2]);
  EXPECT_EQ(request::read({bt23, 0, 8}), real[3]);
  EXPECT_EQ(request::read({bt28, 0, 40}), real[4]);
  EXPECT_EQ(Bytes{service_code::logoff}, real[5]);
  EXPECT_EQ(Bytes{service_code::terminate}, real[6]);
}

TEST(Request, IsTheOneOfAnotherReadersTests) {
  const auto other = payloads_of(load_transcript("other-readers.txt"), Sender::client);
  ASSERT_EQ(other.size(), 4U);
  EXPECT_EQ(request::security(key("0123456789abcdefghij")), other[0]);
  EXPECT_EQ(request::read({bt28, 0x010203, 8}), other[1]);
  EXPECT_EQ(request::negotiate(64, 2), other[2]);
  EXPECT_EQ(request::logon(1, "0000"), other[3]);
}

TEST(Request, StandsAmongTheComposedPackets) {
  for (const Bytes& payload :
       {Bytes{service_code::identification}, request::negotiate(64, 2), request::logon(1, "reader"),
        request::security(key("0123456789ABCDEF0123")), request::read({bt23, 0, 8}),
        request::read({bt28, 0, 40}), request::read({bt28, 0, 52}), request::read({bt28, 0, 104}),
        request::read({bt01, 0, bt01_size}), request::read({bt21, 0, dimensions_size}),
        request::read({et03, 0, et03_size}), request::read({bt00, 0, 0}),
        Bytes{service_code::logoff}, Bytes{service_code::terminate}}) {
    EXPECT_TRUE(stands_in("packets.txt", payload)) << to_hex(payload);
  }
}

TEST(Request, PadsAndCutsTheUserNameToTenCharacters) {
  EXPECT_EQ(request::logon(1, "").size(), 13U);
  EXPECT_EQ(to_hex(request::logon(0x0102, "")), "50 01 02 20 20 20 20 20 20 20 20 20 20");
  EXPECT_EQ(request::logon(1, "0123456789"), request::logon(1, "0123456789abc"));
}

TEST(Request, OfTheReaderItselfHasASteadyUser) {
  EXPECT_EQ(to_hex(request::logon(request::user_id, request::user_name)),
            "50 00 01 69 72 2D 6D 65 74 65 72 64 20");
}

TEST(Key, IsTwentyPrintableCharacters) {
  EXPECT_TRUE(Key::from_text("0123456789ABCDEF0123"));
  EXPECT_TRUE(Key::from_text("                    "));
  for (const std::string text :
       {"", "0123456789ABCDEF012", "0123456789ABCDEF01234", "0123456789ABCDEF012\n",
        "0123456789ABCDEF01\xC3\xA9", "0123456789ABCDEF012\x7F"}) {
    EXPECT_FALSE(Key::from_text(text)) << text;
  }
  EXPECT_FALSE(Key::from_text(std::string(20, '\0')));
}

TEST(ResponseCode, HasATextForEveryCodeOfTheStandard) {
  const char* names[] = {"ok",  "err", "sns", "isc", "onp", "iar",
                         "bsy", "dnr", "dlk", "rno", "isss"};
  for (std::uint8_t code = 0; code < std::size(names); ++code) {
    const std::string text = describe(code);
    EXPECT_EQ(text.substr(0, text.find(' ')), names[code]);
    EXPECT_EQ(text.back(), ')');
  }
  EXPECT_EQ(describe(3), "isc (insufficient security clearance)");
  EXPECT_EQ(describe(0x0A), "isss (invalid service sequence state)");
}

TEST(ResponseCode, ShowsAnUnknownCodeAsItsNumber) {
  EXPECT_EQ(describe(0x0B), "code 0x0b");
  EXPECT_EQ(describe(0x1C), "code 0x1c");
  EXPECT_EQ(describe(0xFF), "code 0xff");
}

TEST(TableName, NumbersStandardAndExtendedTables) {
  EXPECT_EQ(table_name(bt00), "BT00");
  EXPECT_EQ(table_name(9), "BT09");
  EXPECT_EQ(table_name(10), "BT10");
  EXPECT_EQ(table_name(et03), "ET03");
  EXPECT_EQ(table_name(extended_table(97)), "ET97");
  EXPECT_EQ(et03, 0x0803);
}

TEST(NegotiatedLimits, AreTakenFromTheAnswer) {
  const auto granted = parse_negotiated(from_hex("00 00 40 02 06"));
  ASSERT_TRUE(granted.ok());
  EXPECT_EQ(granted->packet_size, 64);
  EXPECT_EQ(granted->packet_count, 2);
  EXPECT_EQ(granted->max_read(), 108U);
  EXPECT_EQ(parse_negotiated(from_hex("00 04 00 80 06"))->packet_size, 1024);
  EXPECT_EQ(parse_negotiated(from_hex("00 00 24 01 06"))->packet_size, 36);  // all of BT01
}

TEST(NegotiatedLimits, ReadFiftyTwoBytesByDefault) {
  EXPECT_EQ(Negotiated{}.max_read(), 52U);
}

TEST(NegotiatedLimits, RefuseAMalformedAnswer) {
  for (const char* answer :
       {"00", "00 00", "00 00 40", "00 00 40 02", "00 00 40 00 06", "00 00 00 02 06",
        "00 00 08 02 06", "00 00 23 02 06", "00 00 40 02 07", "00 00 40 02 0A"}) {
    const auto refused = parse_negotiated(from_hex(answer));
    ASSERT_FALSE(refused.ok()) << answer;
    EXPECT_FALSE(refused.error().what.empty());
  }
}

TEST(TableResponse, GivesTheBytesBetweenCountAndChecksum) {
  const auto real = payloads_of(load_transcript("real-session.txt"), Sender::meter);
  const auto registers = parse_table(real[3]);
  ASSERT_TRUE(registers.ok());
  EXPECT_EQ(Bytes(registers->begin(), registers->end()), from_hex("FB 13 04 02 4D 89 1A 00"));
  const auto present_values = parse_table(real[4]);
  ASSERT_TRUE(present_values.ok());
  EXPECT_EQ(present_values->size(), 40U);
  EXPECT_TRUE(parse_table(from_hex("00 00 00 00")).ok());
}

TEST(TableResponse, IsRefusedWhenACountOrTheChecksumIsWrong) {
  for (const char* answer :
       {"00", "00 00", "00 00 01", "00 00 01 01", "00 00 01 01 01", "00 00 02 01 FF",
        "00 00 00 01 FF", "00 01 01 01 FF", "00 00 01 01 FE", "00 00 01 01 FF 00",
        "00 00 08 FB 13 04 02 4D 89 1A 00", "00 FF FF 01"}) {
    const auto refused = parse_table(from_hex(answer));
    ASSERT_FALSE(refused.ok()) << answer;
    EXPECT_FALSE(refused.error().what.empty());
  }
}

TEST(TableResponse, MissesNoFlippedBitOfACapturedTable) {
  const Bytes response = from_hex("00 00 08 FB 13 04 02 4D 89 1A 00 FC");
  for (std::size_t bit = 8; bit < response.size() * 8; ++bit) {
    Bytes flipped = response;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(parse_table(flipped).ok()) << bit;
  }
}

TEST(TableResponse, IsRefusedInEveryTruncation) {
  const Bytes response = from_hex("00 00 08 FB 13 04 02 4D 89 1A 00 FC");
  for (std::size_t size = 0; size < response.size(); ++size) {
    EXPECT_FALSE(parse_table(ByteView(response).first(size)).ok()) << size;
  }
}

TEST(IdentificationResponse, NeedsNoMoreThanStandardVersionAndRevision) {
  for (const char* answer : {"00 00 02 00", "00 00 02 00 00", "00 00 10 00 07 FF 01",
                             "00 02 01 00 99 12 34", "00 00 02 00 07"}) {
    EXPECT_TRUE(parse_identification(from_hex(answer))) << answer;
  }
  EXPECT_TRUE(
      parse_identification(payloads_of(load_transcript("real-session.txt"), Sender::meter)[0]));
  for (const char* answer : {"00", "00 00", "00 00 02"}) {
    EXPECT_FALSE(parse_identification(from_hex(answer))) << answer;
  }
}

}  // namespace
}  // namespace irmeter::testing
