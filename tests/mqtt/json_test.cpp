#include "common/json.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace irmeterd {
namespace {

std::string fixed(std::int64_t value, int decimals) {
  return JsonWriter().fixed(value, decimals).take();
}

std::string text(std::string_view value) {
  return JsonWriter().text(value).take();
}

TEST(JsonWriter, PutsCommasBetweenMembersAndElements) {
  JsonWriter json;
  json.begin_object().key("a").integer(-1).key("b").begin_array().null().boolean(true);
  json.begin_object().end_object().begin_array().end_array().end_array().key("c").text("x");
  EXPECT_EQ(json.end_object().take(), R"({"a":-1,"b":[null,true,{},[]],"c":"x"})");
}

TEST(JsonWriter, IsEmptyAfterTake) {
  JsonWriter json;
  EXPECT_EQ(json.integer(1).take(), "1");
  EXPECT_EQ(json.integer(2).take(), "2");
}

TEST(JsonWriter, PrintsExactlyTheDecimalsAskedFor) {
  EXPECT_EQ(fixed(0, 3), "0.000");
  EXPECT_EQ(fixed(7, 3), "0.007");
  EXPECT_EQ(fixed(-5, 3), "-0.005");
  EXPECT_EQ(fixed(344180, 3), "344.180");
  EXPECT_EQ(fixed(-231, 0), "-231");
  EXPECT_EQ(fixed(1000, 3), "1.000");
}

TEST(JsonWriter, PrintsTheEndsOfTheRange) {
  EXPECT_EQ(fixed(std::numeric_limits<std::int64_t>::max(), 3), "9223372036854775.807");
  EXPECT_EQ(fixed(std::numeric_limits<std::int64_t>::min(), 3), "-9223372036854775.808");
}

TEST(JsonWriter, EscapesWhatJsonDoesNotAllow) {
  EXPECT_EQ(text("a\"b\\c\n\x01\x1f"), R"("a\"b\\c\u000a\u0001\u001f")");
  EXPECT_EQ(text(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, KeepsGoodUtf8) {
  for (const char* good : {"æøå", "€", "𝄞", "\x7f"}) {
    EXPECT_EQ(text(good), "\"" + std::string(good) + "\"");
  }
}

TEST(JsonWriter, ReplacesEveryByteThatIsNotUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(text("a\xFFz"), "\"a" + mark + "z\"");
  EXPECT_EQ(text("\xC3"), "\"" + mark + "\"");                                   // cut short
  EXPECT_EQ(text("\xC0\xAF"), "\"" + mark + mark + "\"");                        // overlong
  EXPECT_EQ(text("\xED\xA0\x80"), "\"" + mark + mark + mark + "\"");             // surrogate
  EXPECT_EQ(text("\xF4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");  // too large
}

TEST(JsonWriter, WritesParsableTextForEveryPairOfBytes) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_TRUE(nlohmann::json::accept(text(bytes))) << first << " " << second;
    }
  }
}

TEST(JsonWriter, TimeIsUtcWithMilliseconds) {
  using namespace std::chrono_literals;
  const auto day = std::chrono::sys_days{std::chrono::year{2028} / 2 / 29};
  EXPECT_EQ(JsonWriter().time(day).take(), R"("2028-02-29T00:00:00.000Z")");
  EXPECT_EQ(JsonWriter().time(day + 23h + 59min + 59s + 999ms + 999us).take(),
            R"("2028-02-29T23:59:59.999Z")");
  EXPECT_EQ(JsonWriter().time(std::chrono::system_clock::time_point{}).take(),
            R"("1970-01-01T00:00:00.000Z")");
}

}  // namespace
}  // namespace irmeterd
