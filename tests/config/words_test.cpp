// Durations, times of the day, fuses, addresses, and the words around them in messages.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "common/config/checks.hpp"
#include "common/config/url.hpp"
#include "common/config/words.hpp"

namespace irmeterd {
namespace {

using std::chrono::milliseconds;

TEST(Duration, IsAWholeNumberWithAUnit) {
  const std::pair<std::string_view, std::int64_t> durations[] = {
      {"0s", 0},
      {"500ms", 500},
      {"10s", 10'000},
      {"2m", 120'000},
      {"1h", 3'600'000},
      {"007s", 7'000},
      {"4294967295h", 4'294'967'295 * 3'600'000},
  };
  for (const auto& [text, expected] : durations) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(*duration, milliseconds(expected)) << text;
  }
}

TEST(Duration, IsNothingElse) {
  for (const std::string_view text :
       {"", "s", "10", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5s", "1e3ms", "10S", "1d", "1h30m",
        "0x10s", "4294967296s", "99999999999999999999999ms"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
}

TEST(DayRange, IsTwoTimesOfTheDayAlsoOverMidnight) {
  const std::pair<std::string_view, std::pair<int, int>> ranges[] = {
      {"02:10-02:18", {130, 138}},
      {"00:00-23:59", {0, 1439}},
      {"23:50-00:10", {1430, 10}},
      {"23:00-00:00", {1380, 0}},
  };
  for (const auto& [text, times] : ranges) {
    const auto range = parse_day_range(text);
    ASSERT_TRUE(range.ok()) << text << " " << range.error().what;
    EXPECT_EQ(range->begin, std::chrono::minutes(times.first)) << text;
    EXPECT_EQ(range->end, std::chrono::minutes(times.second)) << text;
  }
}

TEST(DayRange, IsNothingElse) {
  for (const std::string_view text :
       {"", "-", "02:10", "02:10-", "2:10-02:18", "02:10-02:1", "02:10-02:180", "02:10 - 02:18",
        " 02:10-02:18", "02.10-02.18", "0210-0218", "02:1a-02:18", "+2:10-02:18", "02:10:02:18",
        "02:10-24:00", "24:00-02:10", "02:60-03:10", "02:10-02:99", "02:10-02:10"}) {
    EXPECT_FALSE(parse_day_range(text).ok()) << text;
  }
}

TEST(MainFuse, IsPhasesAndAmperes) {
  const std::pair<std::string_view, irmeter::MainFuse> fuses[] = {
      {"3x63A", {3, 63}}, {"1x1A", {1, 1}}, {"3x4000A", {3, 4000}}, {"1x035A", {1, 35}}};
  for (const auto& [text, expected] : fuses) {
    const auto fuse = parse_main_fuse(text);
    ASSERT_TRUE(fuse.ok()) << text << " " << fuse.error().what;
    EXPECT_EQ(*fuse, expected) << text;
  }
}

TEST(MainFuse, IsNothingElse) {
  for (const std::string_view text :
       {"",      "x",     "xA",     "63",   "63A",     "3x63",           "3x63 A",        "3 x 63A",
        "3X63A", "3x63a", "3x63AA", "x63A", "3xA",     "3x-63A",         "+3x63A",        "3x6.3A",
        "0x63A", "2x63A", "4x63A",  "3x0A", "3x4001A", "3x99999999999A", "4294967299x63A"}) {
    EXPECT_FALSE(parse_main_fuse(text).ok()) << text;
  }
}

TEST(TcpUrl, HasAHostAndAPort) {
  const std::pair<std::string_view, Endpoint> urls[] = {
      {"tcp://gateway.lan:4001", {"gateway.lan", 4001}},
      {"tcp://192.0.2.7:1", {"192.0.2.7", 1}},
      {"tcp://[2001:db8::1]:65535", {"2001:db8::1", 65535}},
      {"tcp://[fe80::1%eth0]:23/", {"fe80::1%eth0", 23}},
  };
  for (const auto& [text, expected] : urls) {
    const auto endpoint = parse_tcp_url(text);
    ASSERT_TRUE(endpoint.ok()) << text << " " << endpoint.error().what;
    EXPECT_EQ(*endpoint, expected) << text;
  }
}

TEST(TcpUrl, SaysWhatItLacks) {
  const std::pair<std::string_view, std::string_view> urls[] = {
      {"/dev/ttyUSB0", "does not begin with tcp://"},
      {"tcp://", "has no host"},
      {"tcp://:4001", "has no host"},
      {"tcp://host", "has no port"},
      {"tcp://host/", "has no port"},
      {"tcp://host:", "has a port that is not a number from 1 to 65535"},
      {"tcp://host:0", "has a port that is not a number from 1 to 65535"},
      {"tcp://host:65536", "has a port that is not a number from 1 to 65535"},
      {"tcp://host:4001x", "has a port that is not a number from 1 to 65535"},
      {"tcp://host:-1", "has a port that is not a number from 1 to 65535"},
      {"tcp://host:1/path", "has more than a host and a port in it"},
      {"tcp://host:1?x", "has more than a host and a port in it"},
      {"tcp://me:secret@host:1",
       "has a user or password in it, where only a host and a port belong"},
      {"tcp://ho st:1", "has a host that is neither a host name nor an address"},
      {"tcp://h\xC3\xB6st:1", "has a host that is neither a host name nor an address"},
      {"tcp://2001:db8::1:4001",
       "has an IPv6 address without brackets, such as [::1], or a colon too many"},
      {"tcp://[]:1", "has no IPv6 address in its brackets"},
      {"tcp://[host]:1", "has no IPv6 address in its brackets"},
      {"tcp://[::1", "has no IPv6 address in its brackets"},
      {std::string_view("tcp://[::1\0]:1", 14), "has no IPv6 address in its brackets"},
      {"tcp://[fe80::1%]:1", "has no IPv6 address in its brackets"},
      {"tcp://[fe80::1%e\vth0]:1", "has no IPv6 address in its brackets"},
      {"tcp://[fe80::1%longer-than-any-0]:1", "has no IPv6 address in its brackets"},
      {"tcp://[::1]", "has no port"},
      {"tcp://[::1]4001", "has a port that is not a number from 1 to 65535"},
  };
  for (const auto& [text, expected] : urls) {
    const auto endpoint = parse_tcp_url(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint.error().what, expected) << text;
  }
}

TEST(MqttUrl, HasAPortByItsScheme) {
  const std::pair<std::string_view, MqttUrl> urls[] = {
      {"mqtt://localhost", {{"localhost", 1883}, false}},
      {"mqtt://localhost:1884/", {{"localhost", 1884}, false}},
      {"mqtts://[::1]", {{"::1", 8883}, true}},
      {"mqtts://broker.example:1", {{"broker.example", 1}, true}},
  };
  for (const auto& [text, expected] : urls) {
    const auto url = parse_mqtt_url(text);
    ASSERT_TRUE(url.ok()) << text << " " << url.error().what;
    EXPECT_EQ(*url, expected) << text;
  }
  for (const std::string_view text :
       {"", "localhost", "tcp://a", "MQTT://a", "mqtt:/a", "mqtt://"}) {
    EXPECT_FALSE(parse_mqtt_url(text).ok()) << text;
  }
}

TEST(Endpoint, IsWrittenWithBracketsAroundIpv6) {
  EXPECT_EQ((Endpoint{"host", 1883}.text()), "host:1883");
  EXPECT_EQ((Endpoint{"::1", 1883}.text()), "[::1]:1883");
}

TEST(InQuotes, IsOneShortLineOfWholeCharacters) {
  EXPECT_EQ(in_quotes(""), "\"\"");
  EXPECT_EQ(in_quotes(std::string_view("a\n\0\x7Fz", 5)), "\"a???z\"");
  EXPECT_EQ(in_quotes(std::string(60, 'a')), "\"" + std::string(60, 'a') + "\"");
  EXPECT_EQ(in_quotes(std::string(61, 'a')), "\"" + std::string(60, 'a') + "...\"");
  EXPECT_EQ(in_quotes(std::string(59, 'a') + "\xC3\xB6"), "\"" + std::string(59, 'a') + "...\"");
}

TEST(Nearest, FindsASlipAndNothingFarther) {
  constexpr std::array<std::string_view, 4> words{"url", "username", "topic_prefix", "dtr"};
  EXPECT_EQ(nearest("ulr", words), "");
  EXPECT_EQ(nearest("uri", words), "url");
  EXPECT_EQ(nearest("user", words), "username");
  EXPECT_EQ(nearest("user_name", words), "username");
  EXPECT_EQ(nearest("topicprefix", words), "topic_prefix");
  EXPECT_EQ(nearest("Topic-Prefix", words), "");
  EXPECT_EQ(nearest("", words), "");
}

}  // namespace
}  // namespace irmeterd
