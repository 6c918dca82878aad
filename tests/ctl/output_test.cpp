// One set of facts, as text and as JSON.
#include "tools/ir-meterctl/output.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

namespace irmeterctl {
namespace {

class OutputForms : public ::testing::Test {
 protected:
  OutputForms() {
    ::setenv("TZ", "UTC-1", 1);
    ::tzset();
  }
};

TEST(Wrapping, EndsLinesBetweenWords) {
  EXPECT_EQ(in_columns("ok  device", 80, "    "), "ok  device");
  EXPECT_EQ(in_columns("one two three", 7, "  "), "one two\n  three");
  EXPECT_EQ(in_columns("  one two three", 9, "  "), "  one two\n  three");
  EXPECT_EQ(in_columns("a /a/long/path b c", 5, " "), "a\n /a/long/path\n b c");
  EXPECT_EQ(in_columns("/a/long/path b", 5, ""), "/a/long/path\nb");
  EXPECT_EQ(in_columns("äöü äöü", 7, ""), "äöü äöü");
  EXPECT_EQ(in_columns("", 7, ""), "");
}

TEST_F(OutputForms, AreTheSameFacts) {
  const Moment moment{std::chrono::milliseconds(1'700'000'000'250)};
  const Document document{{{"Name", "name", std::string("main")},
                           {"Energy", "energy_kwh", Number{12345, 3, "kWh"}},
                           {"Ready", "ready", true},
                           {"Read", "time", moment},
                           {"Power", "power_w", Unknown{}},
                           {"Factor", "factor", Number{-5, 3, ""}}},
                          "",
                          {}};
  EXPECT_EQ(to_text(document),
            "Name: main\nEnergy: 12.345 kWh\nReady: yes\nRead: 2023-11-14 23:13:20\n"
            "Power: unknown\nFactor: -0.005\n");
  EXPECT_EQ(to_json(document),
            "{\"name\":\"main\",\"energy_kwh\":12.345,\"ready\":true,"
            "\"time\":\"2023-11-14T22:13:20.250Z\",\"power_w\":null,\"factor\":-0.005}\n");
}

TEST_F(OutputForms, HaveGroupsApart) {
  const Document document{
      {{"A", "a", true}}, "list", {{{"B", "b", std::string("1")}}, {{"B", "b", std::string("2")}}}};
  EXPECT_EQ(to_text(document), "A: yes\n\nB: 1\n\nB: 2\n");
  EXPECT_EQ(to_json(document), "{\"a\":true,\"list\":[{\"b\":\"1\"},{\"b\":\"2\"}]}\n");
}

TEST_F(OutputForms, LeaveOutWhatIsForTheOtherOnly) {
  const Document document{
      {{"", "id", std::string("x")}, {"Hint", "", std::string("y")}}, "list", {}};
  EXPECT_EQ(to_text(document), "Hint: y\n");
  EXPECT_EQ(to_json(document), "{\"id\":\"x\",\"list\":[]}\n");
}

TEST_F(OutputForms, KeepForeignTextFromTheTerminal) {
  const Document document{{{"Model", "model", std::string("\x1b[2J\nState: online")}}, "", {}};
  EXPECT_EQ(to_text(document), "Model: ?[2J?State: online\n");
}

}  // namespace
}  // namespace irmeterctl
