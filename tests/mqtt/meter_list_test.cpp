#include "daemon/sinks/mqtt/presence.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace irmeterd {
namespace {

using Ids = std::set<std::string>;

// Distinct ids, each of that many characters.
Ids many(std::size_t count, std::size_t size) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(100 + i);
    ids.insert(number + std::string(size - number.size(), 'x'));
  }
  return ids;
}

TEST(MeterList, IsAJsonArrayOfIds) {
  EXPECT_EQ(meter_list({"nes_2", "nes_1"}), R"(["nes_1","nes_2"])");
  EXPECT_EQ(meter_list({}), "");
}

TEST(MeterList, IsReadBackAsItWasWritten) {
  for (const Ids& ids :
       {Ids{"nes_1"}, Ids{"nes_1", "nes_2"}, Ids{}, many(max_listed_meters, max_listed_id)}) {
    const std::string list = meter_list(ids);
    EXPECT_LE(list.size(), MqttEvent::max_payload);
    EXPECT_EQ(parse_meter_list(list), ids);
  }
}

TEST(MeterList, LeavesOutWhatIsTooMuch) {
  EXPECT_EQ(parse_meter_list(meter_list(many(max_listed_meters + 1, 10))).size(),
            max_listed_meters);
  Ids ids = many(1, max_listed_id + 1);
  ids.insert("nes_1");
  EXPECT_EQ(parse_meter_list(meter_list(ids)), Ids{"nes_1"});
}

TEST(MeterList, MalformedNamesNoMeter) {
  for (const char* list : {"",
                           "[",
                           "]",
                           "[]",
                           "null",
                           "{}",
                           "nes_1",
                           "\"nes_1\"",
                           "[nes_1]",
                           R"(["nes_1")",
                           R"(["")",
                           R"(["nes_1)",
                           R"(["nes_1",])",
                           R"(["nes_1"]])",
                           R"(["nes_1"]x)",
                           R"([""])",
                           R"([,"nes_1"])",
                           R"(["nes_1" "nes_2"])",
                           R"(["nes_1","NES_2"])",
                           R"(["nes_1","a/b"])",
                           R"(["nes_1","+"])",
                           R"(["nes_1",2])",
                           R"([["nes_1"]])",
                           R"(["nes\u005f1"])",
                           R"( ["nes_1"])"}) {
    EXPECT_EQ(parse_meter_list(list), Ids{}) << list;
  }
}

TEST(MeterList, TooLongNamesNoMeter) {
  EXPECT_EQ(parse_meter_list("[\"" + std::string(max_listed_id + 1, 'x') + "\"]"), Ids{});
  std::string list = meter_list(many(max_listed_meters, 10));
  list.insert(list.size() - 1, ",\"nes_1\"");
  EXPECT_EQ(parse_meter_list(list), Ids{});
}

}  // namespace
}  // namespace irmeterd
