// What is light of what a serial server sends, and which servers give themselves away.
#include "common/line/server_talk.hpp"

#include <gtest/gtest.h>

#include <random>

#include "lib/link/packet.hpp"
#include "tests/support/failure.hpp"

namespace irmeterd {
namespace {

using irmeter::Bytes;
using irmeter::Failure;
using irmeter::Fault;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

// The answer to a request, as it is and as telnet sends it.
Bytes packet_with_ff() {
  return irmeter::encode({.payload = {0x00, 0x00, 0x04, 0xFF, 0xFF, 0xFF, 0xFE, 0x05}});
}
Bytes doubled(const Bytes& bytes) {
  Bytes twice;
  for (const std::uint8_t byte : bytes) {
    twice.insert(twice.end(), byte == 0xFF ? 2 : 1, byte);
  }
  return twice;
}

class ServerTalkTest : public ::testing::Test {
 protected:
  // All at once, and byte by byte.
  void expect(const Bytes& bytes, const Bytes& light, const std::optional<Failure>& failure) {
    for (const std::size_t size : {bytes.size(), std::size_t{1}}) {
      ServerTalk talk("tcp://pi:22");
      Bytes heard;
      std::optional<Failure> failed;
      for (std::size_t at = 0; at < bytes.size() && !failed; at += size) {
        auto piece = talk.received(irmeter::ByteView(bytes).subspan(at, size));
        heard.insert(heard.end(), piece.light.begin(), piece.light.end());
        failed = piece.failure;
      }
      ASSERT_EQ(failed.has_value(), failure.has_value()) << size;
      if (!failure) {
        EXPECT_EQ(heard, light) << size;
      } else if (size > 1) {
        EXPECT_EQ(failed, failure);
      } else {
        EXPECT_EQ(failed->fault, failure->fault);
      }
    }
  }
};

TEST_F(ServerTalkTest, OfABannerIsNotLightAndWhatComesBehindItIs) {
  const Bytes banner = bytes_of("ser2net port 2001 device /dev/ttyUSB0 [9600N81] (Debian)\r\n\r\n");
  expect(banner, {}, std::nullopt);
  Bytes answer = banner;
  const Bytes light{0x06, 0xEE, 0x00, 0x41, 0x42};
  answer.insert(answer.end(), light.begin(), light.end());
  expect(answer, light, std::nullopt);
  expect({0xFF, 0x00, 0x00, 0x41}, {0xFF, 0x00, 0x00, 0x41}, std::nullopt);  // a damaged echo
  expect({0xFF, 0xFB, 0x80, 0x41}, {0xFF, 0xFB, 0x80, 0x41}, std::nullopt);
}

TEST_F(ServerTalkTest, OfOtherServicesIsKnown) {
  const auto other = [](const std::string& how) {
    return Failure{Fault::other_service, "tcp://pi:22" + how};
  };
  expect(bytes_of("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), {},
         other(", which says \"SSH-2.0-OpenSSH_9.2p1 Debian-2\""));
  expect(bytes_of("\r\nraspberrypi login: "), {}, other(", which says \"raspberrypi login:\""));
  for (const char* text : {"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n", "220 mail ESMTP\r\n",
                           "RFB 003.008\n", "+OK POP3 ready\r\n", "Username: "}) {
    ServerTalk talk("tcp://pi:22");
    const auto failure = talk.received(bytes_of(text)).failure;
    ASSERT_TRUE(failure) << text;
    EXPECT_EQ(failure->fault, Fault::other_service) << text;
  }
  ServerTalk talk("tcp://pi:22");
  EXPECT_EQ(talk.received(Bytes{0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46}).failure,
            other(", which speaks TLS"));
  talk.connected();
  EXPECT_EQ(talk.received(Bytes{0xFF, 0xFD, 0x18, 0xFF, 0xFD, 0x20}).failure,
            other(", which asks for a terminal"));
}

// A banner may come late, but a second answer in text is none.
TEST_F(ServerTalkTest, ThatAnswersEveryRequestInTextIsKnown) {
  ServerTalk talk("tcp://pi:22");
  for (int request = 0; request < 2; ++request) {
    talk.sent();
    EXPECT_FALSE(talk.received(bytes_of("-ERR unknown\r\n")).failure);
    EXPECT_FALSE(talk.received(bytes_of("command\r\n")).failure);
  }
  talk.sent();
  EXPECT_EQ(talk.received(bytes_of("-ERR unknown\r\n")).failure,
            (Failure{Fault::other_service, "tcp://pi:22, which says \"-ERR unknown\""}));
  talk.connected();
  EXPECT_EQ(talk.quotation(), "");
}

TEST_F(ServerTalkTest, ThatHasNothingToDoWithASerialPortTellsWhyNothingAnswers) {
  const auto why = [](const std::string& text) {
    ServerTalk talk("tcp://pi:22");
    talk.sent();
    EXPECT_FALSE(talk.received(bytes_of(text)).failure) << text;
    return talk.why_silent();
  };
  EXPECT_EQ(why("OK MPD 0.23.5\n"),
            (Failure{Fault::other_service,
                     "tcp://pi:22, which says \"OK MPD 0.23.5\" and then nothing"}));
  EXPECT_TRUE(why("\r\n:server NOTICE * :*** Looking up your hostname"));
  for (const char* text :
       {"", "\r\n", "UU", "~ U\r\n", "ser2net port 2001 device /dev/ttyUSB0 [9600N81]\r\n",
        "Serial to Ethernet, channel 1\r\n", "The meter in the cellar\r\n"}) {
    EXPECT_FALSE(why(text)) << text;
  }
  // Something else answers.
  ServerTalk talk("tcp://pi:22");
  (void)talk.received(bytes_of("Hello there\r\n"));
  EXPECT_TRUE(talk.why_silent());
  (void)talk.received(Bytes{0x06, 0xEE});
  EXPECT_FALSE(talk.why_silent());
}

TEST_F(ServerTalkTest, OfTelnetIsKnown) {
  const Failure telnet{Fault::telnet, "tcp://pi:22"};
  expect({0xFF, 0xFB, 0x03, 0xFF, 0xFB, 0x01, 0xFF, 0xFE, 0x01, 0xFF, 0xFD, 0x00}, {}, telnet);
  expect({0xFF, 0xFD, 0x2C}, {}, telnet);              // RFC 2217
  expect({0xFF, 0xFA, 0x2C, 0x6B, 0x00}, {}, telnet);  // its state of the modem lines
  expect({'h', 'i', '\r', '\n', 0xFF, 0xFB, 0x00}, {}, telnet);
  Bytes repeated{0x06};
  for (int time = 0; time < 2; ++time) {
    const Bytes packet = doubled(packet_with_ff());
    repeated.insert(repeated.end(), packet.begin(), packet.end());
  }
  expect(repeated, {}, telnet);
}

// Negative values have two FF in a row, and a meter's packets come in damaged.
TEST_F(ServerTalkTest, OfARawServerIsNeverTelnet) {
  std::mt19937_64 random(1);
  for (int run = 0; run < 200; ++run) {
    ServerTalk talk("tcp://pi:22");
    for (int packets = 0; packets < 50; ++packets) {
      Bytes payload(4 + random() % 40);
      for (std::uint8_t& byte : payload) {
        byte = random() % 3 == 0 ? 0xFF : static_cast<std::uint8_t>(random());
      }
      payload[0] = 0;
      Bytes packet = irmeter::encode({.payload = payload});
      if (random() % 3 == 0) {
        packet[random() % packet.size()] ^= 0x10;
      }
      packet.insert(packet.begin(), irmeter::ack_byte);
      ASSERT_EQ(talk.received(packet).failure, std::nullopt);
    }
  }
}

}  // namespace
}  // namespace irmeterd
