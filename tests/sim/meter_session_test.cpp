// Which requests the simulated meter carries out, and how it refuses the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;

const Bytes ok = hex("00");
const Bytes err = hex("01");
const Bytes sns = hex("02");
const Bytes isc = hex("03");
const Bytes onp = hex("04");
const Bytes iar = hex("05");
const Bytes isss = hex("0A");

TEST(MeterSession, WantsIdentificationFirst) {
  VirtualClient client;
  for (const Bytes& early : {request::negotiate, request::log_on, request::security(demo_key),
                             request::full_read(1), request::read(1, 0, 24), request::log_off}) {
    EXPECT_EQ(client.ask(early), isss);
  }
  EXPECT_EQ(client.ask(request::terminate), ok);
}

TEST(MeterSession, WantsLogonBeforeReadsAndSecurity) {
  VirtualClient client;
  client.ask(request::identify);
  for (const Bytes& early : {request::identify, request::security(demo_key), request::full_read(1),
                             request::read(1, 0, 24), request::log_off}) {
    EXPECT_EQ(client.ask(early), isss);
  }
}

TEST(MeterSession, RefusesToStartAgainInsideASession) {
  VirtualClient client;
  client.open_session();
  for (const Bytes& late : {request::identify, request::negotiate, request::log_on}) {
    EXPECT_EQ(client.ask(late), isss);
  }
}

TEST(MeterSession, LogsOffToWhereOneCanLogOnAgain) {
  VirtualClient client;
  client.open_session();
  EXPECT_EQ(client.ask(request::log_off), ok);
  EXPECT_EQ(client.ask(request::read(1, 0, 24)), isss);
  EXPECT_EQ(client.ask(request::log_on), ok);
  EXPECT_EQ(client.ask(request::read(23, 0, 8)), isc);
  EXPECT_EQ(client.ask(request::security(demo_key)), ok);
}

TEST(MeterSession, TerminatesFromAnyState) {
  VirtualClient client;
  EXPECT_EQ(client.ask(request::terminate), ok);
  client.ask(request::identify);
  EXPECT_EQ(client.ask(request::terminate), ok);
  client.open_session();
  EXPECT_EQ(client.ask(request::terminate), ok);
  EXPECT_EQ(client.meter.state(), SessionState::base);
  EXPECT_FALSE(client.meter.authenticated());
}

TEST(MeterSession, OpensThreeTablesWithoutAKeyAndNoOther) {
  VirtualClient client;
  client.ask(request::identify);
  client.ask(request::log_on);
  EXPECT_EQ(client.table(request::read(0, 0, 3)), hex("02 2A 88"));
  EXPECT_EQ(client.table(request::read(1, 0, 4)), hex("45 4C 4F 4E"));
  EXPECT_EQ(client.table(request::read(2051, 0, 3)), hex("35 30 31"));
  for (const unsigned id : {20U, 21U, 23U, 28U, 52U}) {
    EXPECT_EQ(client.ask(request::read(id, 0, 4)), isc);
  }
}

TEST(MeterSession, CountsWrongKeysAndGrantsNothingForThem) {
  VirtualClient client;
  client.open_session();
  for (const char* wrong : {"0123456789abcdef0123", "0123456789ABCDEF0124"}) {
    EXPECT_EQ(client.ask(request::security(wrong)), isc);
    EXPECT_EQ(client.ask(request::read(23, 0, 8)), isc);
  }
  EXPECT_EQ(client.meter.invalid_passwords(), 2U);
  EXPECT_EQ(client.ask(request::security("0123456789ABCDEF012")), err);
  EXPECT_EQ(client.ask(request::security("0123456789ABCDEF01234")), err);
  EXPECT_EQ(client.meter.invalid_passwords(), 2U);
}

TEST(MeterSession, AnswersTheGoldenRequestsWithTheGoldenResponses) {
  VirtualClient client;
  const std::vector<std::pair<std::string, std::string>> conversation{
      {"EE 00 00 00 00 01 20 13 10", "EE 00 00 00 00 05 00 00 02 00 00 A2 5A"},
      {"EE 00 20 00 00 05 61 00 40 02 06 24 E2", "EE 00 20 00 00 05 00 00 40 02 06 D3 48"},
      {"EE 00 00 00 00 0D 50 00 01 72 65 61 64 65 72 20 20 20 20 0E D5",
       "EE 00 00 00 00 01 00 11 31"},
      {"EE 00 20 00 00 15 51 30 31 32 33 34 35 36 37 38 39 41 42 43 44 45 46 30 31 32 33 3F EC",
       "EE 00 20 00 00 01 00 80 51"},
      {"EE 00 00 00 00 08 3F 00 15 00 00 00 00 0A F7 F2",
       "EE 00 00 00 00 0E 00 00 0A 03 0C 00 0F 00 00 00 04 00 29 B5 1C 70"},
      {"EE 00 20 00 00 08 3F 00 01 00 00 00 00 18 C8 B8",
       "EE 00 20 00 00 1C 00 00 18 45 4C 4F 4E 38 33 33 33 34 34 33 49 31 55 31 55 00 00 00 00 12 "
       "34 56 78 FD E9 4B"},
      {"EE 00 00 00 00 02 70 05 4C B9", "EE 00 00 00 00 01 02 03 12"},
      {"EE 00 20 00 00 01 52 17 20", "EE 00 20 00 00 01 00 80 51"},
      {"EE 00 00 00 00 01 21 9A 01", "EE 00 00 00 00 01 00 11 31"},
  };
  for (const auto& [question, answer] : conversation) {
    EXPECT_EQ(client.send(hex(question)), join({hex("06"), hex(answer)}));
    client.send(hex("06"));
  }
}

TEST(MeterSession, GrantsWhatWasAskedForUpToItsOwnLimits) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"61 00 40 02 06", "00 00 40 02 06"},
      {"61 02 00 08 06", "00 00 40 02 06"},
      {"61 00 40 01 06", "00 00 40 01 06"},
      {"61 00 30 02 06", "00 00 30 02 06"},
      {"60 00 40 02", "00 00 40 02 06"},
      {"62 00 40 02 0A 06", "00 00 40 02 06"},
      {"61 00 40 02 0A", "00 00 40 02 06"},
      {"61 00 40 02", "01"},
      {"60 00 40 02 06", "01"},
      {"61 00 08 02 06", "04"},
      {"61 00 40 00 06", "04"},
  };
  for (const auto& [asked, granted] : cases) {
    VirtualClient client;
    client.ask(request::identify);
    EXPECT_EQ(client.ask(hex(asked)), hex(granted)) << asked;
  }
}

TEST(MeterSession, CanDoWithoutNegotiate) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.negotiates = false;
  VirtualClient client(settings);
  client.ask(request::identify);
  EXPECT_EQ(client.ask(request::negotiate), sns);
  EXPECT_EQ(client.ask(request::log_on), ok);
}

TEST(MeterSession, AnswersOnlyWhatFitsTheNegotiatedPackets) {
  VirtualClient client;
  client.ask(request::identify);
  client.ask(request::log_on);
  client.ask(request::security(demo_key));
  EXPECT_EQ(client.table(request::read(28, 0, 52)).size(), 52U);
  EXPECT_EQ(client.packets.size(), 1U);
  EXPECT_FALSE(client.packets[0].multi);
  EXPECT_EQ(client.ask(request::read(28, 0, 53)), onp);
  EXPECT_EQ(client.ask(request::full_read(0)), onp);
  client.ask(request::terminate);

  client.toggle = false;
  client.open_session();
  EXPECT_EQ(client.table(request::read(28, 0, 108)).size(), 108U);
  EXPECT_EQ(client.packets.size(), 2U);
  EXPECT_EQ(client.ask(request::read(28, 0, 109)), onp);
  EXPECT_EQ(client.table(request::full_read(0)).size(), 79U);
}

TEST(MeterSession, ForgetsTheNegotiatedPacketsInTheBaseState) {
  VirtualClient client;
  client.open_session();
  client.ask(request::terminate);
  client.toggle = false;
  client.ask(request::identify);
  client.ask(request::log_on);
  EXPECT_EQ(client.ask(request::full_read(0)), onp);
}

TEST(MeterSession, SendsLongTablesInManyPacketsWhenThatIsGranted) {
  MeterSettings settings = VirtualClient::unpaced();
  settings.packet_count = 8;
  VirtualClient client(settings);
  client.ask(request::identify);
  EXPECT_EQ(client.ask(hex("61 02 00 08 06")), hex("00 00 40 08 06"));
  client.ask(request::log_on);
  client.ask(request::security(demo_key));
  EXPECT_EQ(client.table(request::full_read(23)).size(), 300U);
  ASSERT_EQ(client.packets.size(), 6U);
  for (std::size_t i = 0; i < client.packets.size(); ++i) {
    EXPECT_TRUE(client.packets[i].multi);
    EXPECT_EQ(client.packets[i].first, i == 0);
    EXPECT_EQ(client.packets[i].sequence, 5 - i);
    EXPECT_EQ(client.packets[i].toggle, client.packets[0].toggle != (i % 2 == 1));
  }
}

TEST(MeterSession, ReadsZeroesPastTheEndOfATable) {
  VirtualClient client;
  client.open_session();
  const Bytes end = client.table(request::read(1, 20, 8));
  EXPECT_EQ(end, hex("12 34 56 78 00 00 00 00"));
  EXPECT_EQ(client.table(request::read(1, 0x010203, 4)), hex("00 00 00 00"));
}

TEST(MeterSession, KnowsNoOtherServiceAndNoMalformedRequest) {
  VirtualClient client;
  client.open_session();
  for (const char* unknown : {"40 00 17 00", "4F 00 17 00 00 00 00 00", "31 00 17 00 00 00 01",
                              "3E", "53", "70 05", "71 06 01 02 03", "00", "7F"}) {
    EXPECT_EQ(client.ask(hex(unknown)), sns) << unknown;
  }
  for (const char* malformed :
       {"30", "30 00", "30 00 01 00", "3F 00 01 00 00 00 00", "52 00", "21 00"}) {
    EXPECT_EQ(client.ask(hex(malformed)), err) << malformed;
  }
  EXPECT_EQ(client.ask(request::read(1, 0, 0)), onp);
}

TEST(MeterSession, KnowsNoOtherTable) {
  VirtualClient client;
  client.open_session();
  for (const unsigned id : {2U, 24U, 54U, 2048U, 4119U, 65535U}) {
    EXPECT_EQ(client.ask(request::read(id, 0, 4)), iar);
    EXPECT_EQ(client.ask(request::full_read(id)), iar);
  }
}

}  // namespace
}  // namespace irmetersim
